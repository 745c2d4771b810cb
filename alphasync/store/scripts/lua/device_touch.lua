-- Keep a device session alive.
-- KEYS: device devices
-- ARGV: device_id session
-- USES: index roster_of note_device
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('HGET', device, 'session') ~= session then return {'UNKNOWN'} end
redis.call('PEXPIRE', device, DEVICE_TTL)
index(devices, device, DEVICE_TTL)
redis.call('PEXPIRE', roster_of(devices), DEVICE_TTL)
note_device(device, device_id)
return {'OK'}
