-- The transport of a session broke, or its server died: the device has a grace to come back, in
-- which its runs go on. No grace runs while there is nobody to come back to: whoever takes a device
-- over that is away gives it what was left of its grace when the server before was gone. One that
-- came back before its server was known to be dead, with nothing but its token, was taken for a new
-- device: that one goes on with the runs. Of several that are missing those that hold runs come
-- first, so that one without any leaves the new device to the others.
-- KEYS: meta log device devices runs
-- ARGV: channel device_id session owner grace signed_out server silent_for silent_since absent_since listed_most head back_head updated_head left_head all_head
--   signed_out: '1' where the transport broke because the device's token ended, or ''
--   silent_for: ms since the device gave its last sign of life to an owner that is there
--   silent_since: ms, when the dead owner gave its last sign of life; 0 where nothing died
--   absent_since: ms, from when on no device could come back to the owner; 0 where it is there
--   left_head: of the event that it is not here any more, with a field; updated_head, all_head: without
-- USES: int mark_runs left_of miss successor_of give_runs list_device unlist_device
-- RETURN: {'AWAY', later, ms until the grace ends} | {'ELSEWHERE', later}: another session has the device
--   | {'SUCCEEDED', later}; later: ms after which devices_tell is to be called, or 0
local d = redis.call('HMGET', device, 'session', 'replica', 'away_until', 'token', 'grace', 'name', 'who', 'since')
if d[1] == '' and (d[2] == owner or d[2] == server) and tonumber(d[3]) > 0 then
  local left = left_of(device, d[3])
  if d[2] ~= server and tonumber(absent_since) > 0 then
    left = math.min(tonumber(d[3]) - tonumber(absent_since), tonumber(d[5] or grace))
  end
  left = math.max(0, left)
  redis.call('HSET', device, 'replica', server, 'away_until', int(now + left))
  miss(devices, d[4], device_id, now + left)
  return {'AWAY', '0', int(left)}
end

local function unlist()
  return int(unlist_device(meta, log, channel, devices, device_id, left_head, all_head))
end

if not d[1] then return {'ELSEWHERE', unlist()} end  -- its record is gone: so is the device
if d[1] ~= session or d[2] ~= owner then return {'ELSEWHERE', '0'} end

local is_dead = tonumber(silent_since) > 0
local heard_at = is_dead and tonumber(silent_since) or now - tonumber(silent_for)
-- Who has come since then may be another one, where it may come back itself: it has its grace first.
local come = is_dead and successor_of(devices, d[4], device_id, heard_at, owner)
if come and give_runs(meta, log, channel, device, devices, runs, device_id, d[4], come, back_head) then
  return {'SUCCEEDED', unlist()}
end

redis.call('HSET', device, 'session', '', 'replica', server, 'away_until', int(now + grace),
  'grace', grace, 'signed_out', signed_out, 'heard_at', int(heard_at))
miss(devices, d[4], device_id, now + grace)
mark_runs(meta, log, channel, runs, device_id, '1', head)
local later = list_device(meta, log, channel, devices, device_id, d[6], d[7], d[8],
  'away', listed_most, updated_head, updated_head, all_head)
return {'AWAY', int(later), grace}
