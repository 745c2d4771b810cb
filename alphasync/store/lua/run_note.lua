-- Show a line of text on all devices while nothing is sent; keeps the lock alive.
-- KEYS: meta log lock run runs
-- ARGV: channel profile run_id fence message head
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
tell(meta, log, channel, profile, run, message, head)
touch_run(runs, run)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
