-- The transport of a session broke, or its replica died: the device has a grace to come back, in
-- which its runs go on. No grace runs while there is nobody to come back to: whoever takes a device
-- over that is away gives it what was left of its grace when the replica before was gone. One that came back before its replica was known to be dead, with nothing but
-- its token, was taken for a new device: that one goes on with the runs.
-- KEYS: meta log device devices runs
-- ARGV: channel device_id session owner grace replica silent_since absent_since head back_head
--   silent_since: ms, when the dead owner gave its last sign of life; 0 where nothing died
--   absent_since: ms, from when on no device could come back to the owner; 0 where it is there
-- RETURN: {'AWAY', ms until the grace ends} | {'ELSEWHERE'}: another session has the device
--   | {'SUCCEEDED'}
local d = redis.call('HMGET', device, 'session', 'replica', 'away_until', 'token')
if d[1] == '' and (d[2] == owner or d[2] == replica) and tonumber(d[3]) > 0 then
  local left = tonumber(d[3]) - now
  if d[2] ~= replica and tonumber(absent_since) > 0 then
    left = math.min(tonumber(d[3]) - tonumber(absent_since), tonumber(grace))
  end
  left = math.max(0, left)
  redis.call('HSET', device, 'replica', replica, 'away_until', int(now + left))
  return {'AWAY', int(left)}
end
if d[1] ~= session or d[2] ~= owner then return {'ELSEWHERE'} end

-- As at a join: exactly one device of the token is missing, and exactly one has come since.
local missing, come = 0, {}
for _, key in ipairs(tonumber(silent_since) > 0 and indexed(devices) or {}) do
  local o = redis.call('HMGET', key, 'token', 'session', 'replica', 'new_at', 'id', 'away_until')
  if o[1] == d[4] then
    if o[2] == '' then
      if tonumber(o[6]) > now then missing = missing + 1 end
    elseif o[3] == owner then
      missing = missing + 1
    elseif tonumber(o[4]) >= tonumber(silent_since) then
      come[#come + 1] = o[5]
    end
  end
end
if missing == 1 and #come == 1 then
  redis.call('DEL', device)
  redis.call('ZREM', devices, device)
  hand_runs(meta, log, channel, runs, device_id, come[1], back_head)
  return {'SUCCEEDED'}
end

redis.call('HSET', device, 'session', '', 'replica', replica, 'away_until', int(now + grace))
mark_runs(meta, log, channel, runs, device_id, '1', head)
return {'AWAY', grace}
