-- Keep a device session alive.
-- KEYS: device devices
-- ARGV: device_id session
-- USES: index roster_of note_device
-- RETURN: {'OK'} | {'UNKNOWN'}
local d = redis.call('HMGET', device, 'session', 'noted')
if d[1] ~= session then return {'UNKNOWN'} end
redis.call('PEXPIRE', device, DEVICE_TTL)
index(devices, device, DEVICE_TTL)
redis.call('PEXPIRE', roster_of(devices), DEVICE_TTL)
local noted = note_device(device, device_id, d[2])
if noted ~= d[2] then redis.call('HSET', device, 'noted', noted) end
return {'OK'}
