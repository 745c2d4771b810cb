-- Put on record how many recipients the run has and how many of them are skipped
-- or cannot be messaged, and tell all. Those who cannot be have no id by which to list them.
-- KEYS: meta log lock run runs reasons
-- ARGV: channel profile run_id fence cycle total skipped failed unnamed honours message head
--   cycle: of a continuous run, else ''; what the one before came to is added to those before it
--   total: of a run that another server goes on with, which is one whose `skipped` is '': how many are still
--   to be claimed. Meanwhile a person may have decided about some of those counted.
--   skipped, failed: '' leaves the counter as it is; unnamed: how many of these have not been listed
-- USES: int keep_running owns tell carry analytics_of
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
carry(run)
if cycle ~= '' and redis.call('HGET', run, 'cycle') ~= cycle then
  for _, outcome in ipairs({'sent', 'failed', 'uncertain'}) do
    redis.call('HINCRBY', run, 'past_' .. outcome, redis.call('HGET', run, outcome))
  end
  redis.call('HDEL', analytics_of(run) .. ':open', run_id)
  redis.call('HSET', run, 'cycle', cycle, 'next_at', '', 'missed', 0, 'sent', 0, 'skipped', 0,
    'failed', 0, 'uncertain', 0, 'carried', '', 'cursor', '', 'last', '', 'before_last', '')
end
if skipped == '' then
  local c = redis.call('HMGET', run, 'sent', 'skipped', 'failed', 'uncertain', 'inflight')
  total = int(total + c[1] + c[2] + c[3] + c[4] + (c[5] ~= '' and 1 or 0))
else
  redis.call('HSET', run, 'skipped', skipped)
end
redis.call('HSET', run, 'total', total, 'honours', honours)
if failed ~= '' then
  redis.call('HSET', run, 'failed', failed)
  -- A run over those who failed before leaves the others of them as they are.
  if redis.call('HGET', run, 'only') ~= 'failed' then redis.call('HDEL', reasons, '') end
  if tonumber(unnamed) > 0 then
    redis.call('HSET', reasons, '', unnamed)
    redis.call('PEXPIRE', reasons, FAILED_TTL)
  end
end
tell(meta, log, channel, profile, run, message, head)
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK'}
