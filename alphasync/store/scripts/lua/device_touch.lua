-- Keep a device session alive.
-- KEYS: device devices
-- ARGV: session
-- USES: index
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('HGET', device, 'session') ~= session then return {'UNKNOWN'} end
redis.call('PEXPIRE', device, DEVICE_TTL)
index(devices, device, DEVICE_TTL)
return {'OK'}
