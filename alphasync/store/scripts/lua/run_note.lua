-- Show a line of text on all devices while nothing is sent; keeps the lock alive.
-- KEYS: meta log lock run runs
-- ARGV: channel profile run_id fence message waiting_for wait head
--   wait: ms until the run goes on, where that is known; else ''
-- USES: int keep_running owns tell waited tell_outside
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
if wait ~= '' then head = head .. ',"waitUntil":' .. int(now + tonumber(wait)) end
local since = redis.call('HGET', run, 'waits_since') or ''
if wait == '' and waiting_for == '' then
  if since ~= '' then waited(run, since) end
elseif since == '' then
  redis.call('HSET', run, 'waits_since', int(now))
  redis.call('HINCRBY', run, 'waits', 1)
end
if waiting_for == 'sign_in' and redis.call('HGET', run, 'waiting_for') ~= 'sign_in' then
  tell_outside(run, 'run.needs_attention', 'sign_in_' .. int(now), {why = 'sign_in'})
end
tell(meta, log, channel, profile, run, message, head, waiting_for)
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
