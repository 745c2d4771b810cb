-- Take a try back that was not a wrong one; a right one also ends the count of the slips before it,
-- and makes its address known.
-- KEYS: pair account address overall known
-- ARGV: outcome known_for
-- USES:
-- RETURN: {'OK'}
for _, counter in ipairs({pair, account, address, overall}) do
  local count = tonumber(redis.call('GET', counter) or 0)
  if count > 1 then redis.call('DECR', counter) elseif count == 1 then redis.call('DEL', counter) end
end
if outcome == 'right' then
  redis.call('DEL', pair)
  redis.call('SET', known, '1', 'PX', known_for)
end
return {'OK'}
