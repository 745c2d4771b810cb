-- Take a try back that was not a wrong one; a right one also ends the count of the slips before it,
-- and makes its address known, and whose
-- e-mail address it was with.
-- KEYS: pair account address overall known whose
-- ARGV: outcome known_for tenant operator
--   tenant, operator: '' unless it was right
-- USES:
-- RETURN: {'OK'}
for _, counter in ipairs({pair, account, address, overall}) do
  local count = tonumber(redis.call('GET', counter) or 0)
  if count > 1 then redis.call('DECR', counter) elseif count == 1 then redis.call('DEL', counter) end
end
if outcome == 'right' then
  redis.call('DEL', pair)
  redis.call('SET', known, '1', 'PX', known_for)
  redis.call('HSET', whose, 'account', tenant, 'operator', operator)
  redis.call('PEXPIRE', whose, known_for)
end
return {'OK'}
