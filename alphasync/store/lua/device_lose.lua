-- The transport of a session broke, or its replica died: the device has a grace to come back, in
-- which its runs go on.
-- KEYS: meta log device runs
-- ARGV: channel device_id session owner grace replica head
-- RETURN: {'AWAY', ms until the grace ends} | {'ELSEWHERE'}: another session has the device
local d = redis.call('HMGET', device, 'session', 'replica', 'away_until')
if d[1] == '' and (d[2] == owner or d[2] == replica) and tonumber(d[3]) > 0 then
  redis.call('HSET', device, 'replica', replica)
  return {'AWAY', int(math.max(0, tonumber(d[3]) - now))}
end
if d[1] ~= session or d[2] ~= owner then return {'ELSEWHERE'} end
redis.call('HSET', device, 'session', '', 'replica', replica, 'away_until', int(now + grace))
mark_runs(meta, log, channel, runs, device_id, '1', head)
return {'AWAY', grace}
