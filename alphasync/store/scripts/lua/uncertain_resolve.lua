-- A person decided about recipients who may have been messaged: the next run may message them
-- again, or they count as messaged.
-- KEYS: meta log uncertain sent tally
-- ARGV: channel profile action recipient cursor before head
--   recipient: '' for all of them; cursor, before: '0' and 0, or as returned by the call before
-- USES: int emit unblock
-- RETURN: {'OK', count} | {'MORE', count, cursor}: to be called again, and nobody has been told yet
local chosen, behind = {recipient}, '0'
if recipient == '' then
  local page = redis.call('HSCAN', uncertain, cursor, 'COUNT', PAGE_ENDS_MAX)
  chosen, behind = {}, tostring(page[1])
  for i = 1, #page[2], 2 do chosen[#chosen + 1] = page[2][i] end
end
local count = tonumber(before)
for _, id in ipairs(chosen) do
  local claimed_at = redis.call('HGET', uncertain, id)
  if claimed_at then
    redis.call('HDEL', uncertain, id)
    if action == 'resend' then unblock(sent, tally, id) end
    count = count + 1
  end
end
if behind ~= '0' then return {'MORE', int(count), behind} end
if count > 0 then
  emit(meta, log, channel, profile, '', head .. ',"count":' .. int(count))
end
return {'OK', int(count)}
