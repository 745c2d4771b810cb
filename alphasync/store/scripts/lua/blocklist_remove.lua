-- Forget that one recipient was messaged. The recipient in flight stays, so that nobody claims them a second
-- time; about one who may have been messaged a person decides otherwise, as the run counts them.
-- KEYS: meta log sent tally uncertain run record devices
-- ARGV: channel profile type recipient head by
-- USES: int emit unblock audit
-- RETURN: {'OK', removed, count}: 1, or 0 where they were not on the list | {'IN_FLIGHT'} | {'UNCERTAIN'}
if redis.call('HGET', run, 'inflight') == recipient then return {'IN_FLIGHT'} end
if redis.call('HEXISTS', uncertain, recipient) == 1 then return {'UNCERTAIN'} end
-- Where the list is lost, nothing is taken from it: it stays known as lost.
local removed = redis.call('ZSCORE', sent, recipient) and 1 or 0
if removed == 1 then unblock(sent, tally, recipient) end
local count = int(redis.call('ZCARD', sent))
if removed == 1 then
  emit(meta, log, channel, profile, '', head .. ',"count":' .. count)
  audit(record, devices, by, 'blocklist_removed', {'profile', profile, 'type', type, 'count', '1'})
end
return {'OK', int(removed), count}
