-- Take a recipient off the list of whom no run contacts.
-- KEYS: meta log never never_notes record devices
-- ARGV: channel recipient head by
-- USES: int emit audit
-- RETURN: {'OK', removed, count}: 1, or 0 where they were not on it
local removed = redis.call('ZREM', never, recipient)
local count = int(redis.call('ZCARD', never))
if removed == 1 then
  redis.call('HDEL', never_notes, recipient)
  -- Notes without a list would say that the list is lost.
  if count == '0' then redis.call('DEL', never_notes) end
  emit(meta, log, channel, '', '', head .. ',"added":0,"removed":1,"count":' .. count)
  audit(record, devices, by, 'do_not_contact_removed', {'count', '1'})
end
return {'OK', int(removed), count}
