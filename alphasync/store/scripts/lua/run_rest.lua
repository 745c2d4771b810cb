-- A cycle of a continuous run is through, or the next one could not begin: wait until the next. Asked for
-- again, as by who takes the run over meanwhile, it says the same time.
-- KEYS: meta log lock run runs
-- ARGV: channel profile run_id fence pause missed message head
--   pause: ms; missed: how many times in a row the next one could not begin
-- USES: int keep_running owns tell carry
-- RETURN: {'OK', next_at, now} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
local r = redis.call('HMGET', run, 'next_at', 'missed')
local next_at = r[1] or ''
if next_at == '' or r[2] ~= missed then
  carry(run)
  next_at = int(now + pause)
  redis.call('HSET', run, 'next_at', next_at, 'missed', missed, 'cursor', '', 'last', '', 'before_last', '')
  tell(meta, log, channel, profile, run, message, head)
end
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK', next_at, int(now)}
