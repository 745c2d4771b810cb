-- Keep how a device is reached while no console is open.
-- KEYS: pushes
-- ARGV: device_id subscription most lasts
--   lasts: ms that the subscriptions are kept after the last one
-- USES:
-- RETURN: {'OK'} | {'FULL'}
if redis.call('HEXISTS', pushes, device_id) == 0 and redis.call('HLEN', pushes) >= tonumber(most) then return {'FULL'} end
redis.call('HSET', pushes, device_id, subscription)
redis.call('PEXPIRE', pushes, lasts)
return {'OK'}
