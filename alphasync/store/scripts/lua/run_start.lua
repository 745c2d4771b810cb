-- Take the processing lock, put a new run on record and tell all devices. The run's first revision
-- is its fencing token: later holders of the lock have a higher one.
-- KEYS: meta log lock run runs sent tally uncertain never never_notes
-- ARGV: channel profile type device operator sign_in detached run_id server stub identity text attachments runs_most running_most head lost_head lost_reason
--   detached: '1' where the run goes on without its device, or any; else ''
-- USES: int begin_run
-- RETURN: {'OK', fence, now} | {'HELD', device} | {'FULL'}: the account has its most runs on record
--   | {'BUSY'}: it has its most running runs
--   | {'LIST_LOST'}: who was messaged is not known any more
--   | {'NEVER_LOST'}: nor is who is not to be contacted
local outcome, value = begin_run(
  {meta = meta, log = log, channel = channel, profile = profile, lock = lock, run = run, runs = runs,
    sent = sent, tally = tally, uncertain = uncertain, never = never,
    never_notes = never_notes, runs_most = runs_most, running_most = running_most},
  {'run_id', run_id, 'profile', profile, 'type', type, 'device', device, 'operator', operator,
    'sign_in', sign_in, 'detached', detached, 'replica', server, 'stub', stub, 'identity', identity,
    'text', text, 'attachments', attachments},
  run_id, device, head, lost_head, lost_reason)
return {outcome, value, outcome == 'OK' and int(now) or nil}
