-- Show a line of text on all devices while nothing is sent; keeps the lock alive.
-- KEYS: meta log lock run runs
-- ARGV: channel profile run_id fence message waiting_for head
-- USES: keep_running touch_run owns tell
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
tell(meta, log, channel, profile, run, message, head, waiting_for)
touch_run(runs, run)
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
