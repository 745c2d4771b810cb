-- A device is gone, on purpose or because its grace is over: the runs that depend on it end. A session
-- that was superseded by a newer one of the same device, or a device that is back, ends nothing. Who
-- leaves on purpose is forgotten: who comes back is a new device. After a grace the record stays for
-- whoever has its proof. One that came back with nothing but its token, before it was known that it was
-- gone, was taken for a new device: when the grace is over, that one goes on with the runs.
-- KEYS: meta log device devices runs
-- ARGV: channel device_id session reason head signed_out_reason signed_out_head back_head left_head all_head
--   session: the one that ended, or '' for a device whose grace is over
--   signed_out_*: instead where that grace had begun when its token ended
--   left_head: of the event that it is not here any more, with a field; all_head: without one
-- USES: int end_runs_of left_of missing_of new_of successor_of give_runs unlist_device
-- RETURN: {'OK', later, count of runs ended} | {'SUPERSEDED'} | {'WAIT', ms until the grace ends}
--   | {'SUCCEEDED', later}: another device has the runs
--   | {'MORE'}: it has more runs than one script may end; ask again
--   later: ms after which devices_tell is to be called, or 0
local d = redis.call('HMGET', device, 'session', 'away_until', 'token', 'signed_out', 'heard_at')
if d[1] and d[1] ~= session then return {'SUPERSEDED'} end
if session == '' and d[2] and tonumber(d[2]) > now then
  local left = left_of(device, d[2])
  redis.call('HSET', device, 'away_until', int(now + left))
  return {'WAIT', int(left)}
end
local come = session == '' and d[5] and successor_of(devices, d[3], device_id, tonumber(d[5]))
if come and give_runs(meta, log, channel, device, devices, runs, device_id, d[3], come, back_head) then
  redis.call('ZREM', missing_of(devices, d[3]), device_id)
  return {'SUCCEEDED', int(unlist_device(meta, log, channel, devices, device_id, left_head, all_head))}
end
if session == '' and d[4] == '1' then reason, head = signed_out_reason, signed_out_head end
local ended = end_runs_of(meta, log, channel, runs, device_id, reason, head)
if not ended then return {'MORE'} end
redis.call('ZREM', missing_of(devices, d[3]), device_id)
if session ~= '' then
  redis.call('DEL', device)
  redis.call('ZREM', devices, device)
  redis.call('ZREM', new_of(devices, d[3]), device_id)
elseif d[1] then
  redis.call('HSET', device, 'away_until', 0)
end
local later = unlist_device(meta, log, channel, devices, device_id, left_head, all_head)
return {'OK', int(later), int(ended)}
