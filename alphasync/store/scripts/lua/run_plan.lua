-- Put on record how many recipients the run has and how many of them are skipped
-- or cannot be messaged, and tell all. Those who cannot be have no id by which to list them.
-- KEYS: meta log lock run runs reasons
-- ARGV: channel profile run_id fence cycle total skipped failed honours message head
--   cycle: of a continuous run, else ''; what the one before came to is added to those before it
--   skipped, failed: '' leaves the counter as it is
-- USES: keep_running touch_run owns tell
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
if cycle ~= '' and redis.call('HGET', run, 'cycle') ~= cycle then
  for _, outcome in ipairs({'sent', 'failed', 'uncertain'}) do
    redis.call('HINCRBY', run, 'past_' .. outcome, redis.call('HGET', run, outcome))
  end
  redis.call('HSET', run, 'cycle', cycle, 'next_at', '', 'missed', 0, 'sent', 0, 'skipped', 0,
    'failed', 0, 'uncertain', 0, 'cursor', '', 'last', '', 'before_last', '')
end
redis.call('HSET', run, 'total', total, 'honours', honours)
if skipped ~= '' then redis.call('HSET', run, 'skipped', skipped) end
if failed ~= '' then
  redis.call('HSET', run, 'failed', failed)
  if tonumber(failed) > 0 then
    redis.call('HSET', reasons, '', failed)
    redis.call('PEXPIRE', reasons, FAILED_TTL)
  end
end
tell(meta, log, channel, profile, run, message, head)
touch_run(runs, run)
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
