-- Take the processing lock, put a new run on record and tell all devices. The run's first revision
-- is its fencing token: later holders of the lock have a higher one.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons never never_notes starts devices record signin signed_out
-- ARGV: channel profile type sign_in device operator detached only run_id server stub identity text attachments options runs_most running_most head lost_head lost_reason by begun_at
--   detached: '1' where the run goes on without its device, or any; else ''
--   only: 'failed' where it is over those who are listed as failed; else ''
-- USES: is_signed_out int begin_run audit
-- RETURN: {'SIGNED_OUT'}: the token stands for nothing any more; its session has not heard of it yet
--   | {'OK', fence, now, honours} | {'HELD', device} | {'FULL'}: the account has its most runs on record
--   | {'BUSY'}: it has its most running runs
--   | {'LIST_LOST'}: who was messaged is not known any more
--   | {'NEVER_LOST'}: nor is who is not to be contacted
--   | {'NOTHING_FAILED'}: nobody is listed as failed
--   honours: as the listing said from which they came who failed, else ''
if is_signed_out(signin, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
-- An earlier version that takes a run over knows nothing of `only` or of options: it would message everybody,
-- or under other idempotency keys. It
-- finds no record that it can read, and leaves the run to the next server.
local kept_attachments = (only == 'failed' or options ~= '') and 'attachments_with_options' or 'attachments'
local outcome, value, honours = begin_run(
  {meta = meta, log = log, channel = channel, profile = profile, lock = lock, run = run, runs = runs,
    sent = sent, tally = tally, uncertain = uncertain, failed = failed, reasons = reasons, only = only,
    never = never, never_notes = never_notes, starts = starts, devices = devices,
    runs_most = runs_most, running_most = running_most},
  {'run_id', run_id, 'profile', profile, 'type', type, 'device', device, 'operator', operator,
    'sign_in', sign_in, 'detached', detached, 'only', only, 'replica', server, 'stub', stub,
    'identity', identity, 'text', text, kept_attachments, attachments, 'options', options},
  run_id, device, head, lost_head, lost_reason)
if outcome ~= 'OK' then return {outcome, value} end
audit(record, devices, by, 'run_started', {'profile', profile, 'type', type, 'run', run_id})
return {'OK', value, int(now), honours}
