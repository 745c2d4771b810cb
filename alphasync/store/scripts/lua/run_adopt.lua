-- Take over a run whose runner is gone. A detached one, and one whose device is there, or in its grace,
-- goes on under a new fencing token; else it ends. A grace is over when somebody has said so
-- (device_leave), which ends the runs: by the clock alone it may have run out while there was no server
-- to come back to. The recipient in flight is uncertain, unless the gateway honours idempotency keys:
-- then the new runner asks again under the same key, with a claim of its own: what the former one heard
-- of its try, should it wake, says nothing of this one. Of a run that was ended with a recipient in flight
-- nobody will hear any more what became of them: they are uncertain, too.
-- KEYS: meta log lock run runs sent device uncertain failed reasons
-- ARGV: channel run_id owner server message head reason interrupted_head doubt_message doubted settled_head
--   doubted: why the recipient in flight is uncertain
-- USES: int emit keep_running keep_ended doubt counters end_run
-- RETURN: {'ADOPTED', fence, fields, now} | {'INTERRUPTED'} | {'GONE'}: not that replica's any more
--   | {'MOVED'}: it is another device's by now than `device`: ask again with that one
local r = redis.call('HMGET', run, 'status', 'replica', 'device', 'profile', 'inflight', 'honours',
  'run_id', 'identity', 'detached', 'claimed_at')
-- Asked again, because the answer was lost.
if r[1] == 'running' and r[2] == server and r[7] == run_id then
  return {'ADOPTED', redis.call('HGET', run, 'fence'), redis.call('HGETALL', run), int(now)}
end
if r[2] ~= owner or r[7] ~= run_id then return {'GONE'} end
if r[1] ~= 'running' then
  if r[5] ~= '' then
    doubt(run, uncertain, failed, reasons, doubted)
    local revision = emit(meta, log, channel, r[4], '',
      settled_head .. ',' .. r[8] .. ',' .. counters(run))
    redis.call('HSET', run, 'message', doubt_message, 'revision', revision)
    keep_ended(runs, run)
  end
  return {'GONE'}
end
if string.sub(device, -#r[3] - 1) ~= ':' .. r[3] then return {'MOVED'} end
local d = redis.call('HMGET', device, 'session', 'away_until')
local goes_on = r[9] == '1' or (d[1] and (d[1] ~= '' or tonumber(d[2]) > 0))
local asks_again = goes_on and r[5] ~= '' and (r[6] or '') ~= ''
if r[5] ~= '' and not asks_again then doubt(run, uncertain, failed, reasons, doubted) end
if not goes_on then
  end_run(meta, log, channel, runs, run, 'interrupted', reason, interrupted_head)
  return {'INTERRUPTED'}
end
if asks_again then
  local claimed_at = int(math.max(now, r[10] + 1))
  redis.call('ZADD', sent, 'XX', claimed_at, r[5])
  redis.call('HSET', run, 'claimed_at', claimed_at)
end
local fence = emit(meta, log, channel, r[4], '', head .. ',' .. r[8] .. ',' .. counters(run))
redis.call('HSET', lock, 'device', r[3], 'run_id', r[7], 'fence', fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
redis.call('HSET', run, 'replica', server, 'fence', fence, 'step', 0, 'message', message, 'waiting_for', '',
  'revision', fence)
keep_running(runs, run, fence)
return {'ADOPTED', fence, redis.call('HGETALL', run), int(now)}
