-- Keep the lock and the record of a run that lives, however long its gateway takes, or a pause: with the
-- account's revision, or a run paused over a weekend would go on with lower ones than it had.
-- KEYS: meta lock run runs never
-- ARGV: run_id fence
-- USES: keep_running owns
-- RETURN: {'OK', device, operator, sign_in, never} | {'PAUSED', device, operator, sign_in, never}: whose the
--   run is by now; never: '1' where the recipient in flight is not to be contacted, else ''
--   | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
redis.call('PEXPIRE', lock, LOCK_TTL)
redis.call('PEXPIRE', meta, META_TTL)
keep_running(runs, run, fence)
local r = redis.call('HMGET', run, 'paused', 'device', 'operator', 'sign_in', 'inflight')
return {r[1] == '1' and 'PAUSED' or 'OK', r[2], r[3], r[4] or '', redis.call('ZSCORE', never, r[5]) and '1' or ''}
