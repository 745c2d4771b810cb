-- Keep the lock and the record of a run that lives, however long its gateway takes.
-- KEYS: lock run runs
-- ARGV: run_id fence
-- USES: keep_running touch_run owns
-- RETURN: {'OK'} | {'PAUSED'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
redis.call('PEXPIRE', lock, LOCK_TTL)
touch_run(runs, run)
keep_running(runs, run, fence)
return {redis.call('HGET', run, 'paused') == '1' and 'PAUSED' or 'OK'}
