-- Count a try to log in, where no limit is reached: each in a fixed window that starts with its
-- first try. From an address that is known for the account, or from a device that has
-- proven that it is, what others do does not count.
-- KEYS: pair account address overall known
-- ARGV: proven pair_max account_max address_max overall_max window
-- USES: int
-- RETURN: {'OK'} | {'REFUSED', ms until the window ends}
local is_known = proven == '1' or redis.call('EXISTS', known) == 1
local limits = {{pair, pair_max}, {address, address_max}}
if not is_known then
  limits[3] = {account, account_max}
  limits[4] = {overall, overall_max}
end
for _, limit in ipairs(limits) do
  if tonumber(redis.call('GET', limit[1]) or 0) >= tonumber(limit[2]) then
    return {'REFUSED', int(math.max(0, redis.call('PTTL', limit[1])))}
  end
end
for _, counter in ipairs({pair, account, address, overall}) do
  if redis.call('INCR', counter) == 1 then redis.call('PEXPIRE', counter, window) end
end
return {'OK'}
