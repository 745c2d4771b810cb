-- Put on record how many recipients the run has and how many of them are skipped, and tell all.
-- KEYS: meta log lock run runs
-- ARGV: channel profile run_id fence total skipped honours message head
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
redis.call('HSET', run, 'total', total, 'skipped', skipped, 'honours', honours)
tell(meta, log, channel, profile, run, message, head)
touch_run(runs, run)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
