-- Call a device otherwise, from now on and when it comes back. Whose it may be: `only_of`, or '' for anybody's.
-- KEYS: meta log devices record
-- ARGV: channel device_id only_of name listed_most joined_head updated_head all_head by
-- USES: int is_others device_key list_device audit
-- RETURN: {'OK', later} | {'UNKNOWN'}: the account has none such, or none that may be renamed
--   later: ms after which devices_tell is to be called, or 0
local device = device_key(devices, device_id)
local d = redis.call('HMGET', device, 'operator', 'session', 'away_until', 'who', 'name', 'since')
local is_away = d[2] == ''
if not d[1] or is_others(d[1], only_of) or not d[4] or (is_away and tonumber(d[3]) <= now) then return {'UNKNOWN'} end
redis.call('HSET', device, 'name', name, 'named', '1')
local later = list_device(meta, log, channel, devices, device_id, name, d[4], d[6],
  is_away and 'away' or 'here', listed_most, joined_head, updated_head, all_head)
-- One's own is on no record: who may only look could push out with it what others did.
if d[5] ~= name and d[1] ~= cjson.decode(by).operator then
  audit(record, devices, by, 'device_renamed', {'target', d[1], 'target_device', device_id, 'detail', name})
end
return {'OK', int(later)}
