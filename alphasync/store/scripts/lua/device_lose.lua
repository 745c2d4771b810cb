-- The transport of a session broke, or its server died: the device has a grace to come back, in
-- which its runs go on. No grace runs while there is nobody to come back to: whoever takes a device
-- over that is away gives it what was left of its grace when the server before was gone. One that
-- came back before its server was known to be dead, with nothing but its token, was taken for a new
-- device: that one goes on with the runs. Of several that are missing those that hold runs come
-- first, so that one without any leaves the new device to the others.
-- KEYS: meta log device devices runs
-- ARGV: channel device_id session owner grace signed_out server silent_since absent_since listed_most head back_head updated_head left_head all_head
--   signed_out: '1' where the transport broke because the device's token ended, or ''
--   silent_since: ms, when the dead owner gave its last sign of life; 0 where nothing died
--   absent_since: ms, from when on no device could come back to the owner; 0 where it is there
--   left_head: of the event that it is not here any more, with a field; updated_head, all_head: without
-- USES: int mark_runs hand_runs device_key left_of miss new_of list_device unlist_device
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

-- Of those that came since then the first one: a client is back sooner than a person opens a page.
local function successor()
  local new = new_of(devices, d[4])
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', new, silent_since, '+inf', 'LIMIT', 0, TRIES_MAX)) do
    local o = redis.call('HMGET', device_key(devices, id), 'token', 'session', 'replica', 'new_at')
    local is_here = o[1] == d[4] and o[2] ~= '' and o[3] ~= owner
    if is_here and tonumber(o[4]) >= tonumber(silent_since) then return id end
  end
end

local come = tonumber(silent_since) > 0 and successor()
if come and hand_runs(meta, log, channel, runs, device_id, come, back_head) > 0 then
  redis.call('DEL', device)
  redis.call('ZREM', devices, device)
  redis.call('HSET', device_key(devices, come), 'new_at', 0)
  redis.call('ZREM', new_of(devices, d[4]), come)
  return {'SUCCEEDED', unlist()}
end

redis.call('HSET', device, 'session', '', 'replica', server, 'away_until', int(now + grace),
  'grace', grace, 'signed_out', signed_out)
miss(devices, d[4], device_id, now + grace)
mark_runs(meta, log, channel, runs, device_id, '1', head)
local later = list_device(meta, log, channel, devices, device_id, d[6], d[7], d[8],
  'away', listed_most, updated_head, updated_head, all_head)
return {'AWAY', int(later), grace}
