-- Keep a device session alive.
-- KEYS: device devices
-- ARGV: session
-- USES: index roster_of
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('HGET', device, 'session') ~= session then return {'UNKNOWN'} end
redis.call('PEXPIRE', device, DEVICE_TTL)
index(devices, device, DEVICE_TTL)
redis.call('PEXPIRE', roster_of(devices), DEVICE_TTL)
return {'OK'}
