-- A person decided about recipients who may have been messaged: the next run may message them
-- again, or they count as messaged.
-- KEYS: meta log uncertain sent tally
-- ARGV: channel profile action recipient head
--   recipient: '' for all of them
-- RETURN: {'OK', count}
local chosen = recipient == '' and redis.call('HKEYS', uncertain) or {recipient}
local count = 0
for _, id in ipairs(chosen) do
  local claimed_at = redis.call('HGET', uncertain, id)
  if claimed_at then
    redis.call('HDEL', uncertain, id)
    if action == 'resend' then unblock(sent, tally, id) end
    count = count + 1
  end
end
if count > 0 then
  emit(meta, log, channel, profile, '', head .. ',"count":' .. int(count))
end
return {'OK', int(count)}
