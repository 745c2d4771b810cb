-- A runner finds that its run is not on record any more, or only as it was before: Redis has lost its
-- data or a key of it, or was put back from an older copy. The run ends for all devices, and is put on
-- record as ended for those that come later. What became of its last recipient counts all the same.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons
-- ARGV: channel profile type run_id device operator fence stub identity text attachments step started_at total messaged passed refused doubtful settled outcome claimed_at why failed_most reason head all_reason all_head
--   step: the last one that was answered
--   messaged, passed, refused, doubtful: the counters without the last recipient
--   all_reason, all_head: where the list of those messaged is gone, too, or the end of it
-- USES: int block settle end_run analytics_of hour_of
-- RETURN: {'OK'} | {'ON_RECORD'}: it has ended, or another one has begun
local r = redis.call('HMGET', run, 'run_id', 'fence', 'status', 'step')
local older = r[1] == run_id and r[3] == 'running' and (tonumber(r[2]) < tonumber(fence)
  or (r[2] == fence and tonumber(r[4]) < tonumber(step)))
if r[1] and not older then return {'ON_RECORD'} end
local claims = tonumber(messaged) + tonumber(doubtful) + (settled ~= '' and 1 or 0)
if redis.call('ZCOUNT', sent, started_at, '+inf') < claims then
  reason, head = all_reason, all_head
end
-- What an older record says besides is as old: devices know by the event alone what is on record now.
redis.call('DEL', run)
local carried = redis.call('HGET', analytics_of(run) .. ':open', run_id) or ''
redis.call('HSET', run, 'run_id', run_id, 'status', 'running', 'profile', profile, 'type', type,
  'device', device, 'operator', operator, 'sign_in', '', 'replica', '', 'fence', fence, 'lock', lock,
  'stub', stub, 'identity', identity, 'text', text, 'attachments', attachments,
  'started_at', started_at, 'total', total, 'sent', messaged, 'skipped', passed,
  'failed', refused, 'uncertain', doubtful, 'message', '', 'inflight', settled,
  'inflight_name', settled, 'cursor', '', 'last', settled, 'before_last', '',
  'claimed_at', claimed_at, 'honours', '', 'away', '', 'stopped_by', '', 'reason', '',
  'duration', 0, 'step', 0, 'cycle', '', 'revision', 0,
  'hour', int(hour_of(now)), 'carried', string.match(carried, '^(.*) ') or '', 'carried_at', '0 ' .. int(now))
if settled ~= '' and outcome ~= 'failed' and outcome ~= 'released' then
  block(sent, tally, settled, claimed_at)
end
settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most)
end_run(meta, log, channel, runs, run, 'interrupted', reason, head)
return {'OK'}
