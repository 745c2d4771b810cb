-- Which plans are to be looked at now, of all accounts. Others see them again after a while, should
-- whoever has asked not come to it.
-- KEYS: due
-- ARGV: most retry
--   retry: ms after which they are to be looked at again
-- USES: int
-- RETURN: {'OK', notes}
local found = redis.call('ZRANGEBYSCORE', due, '-inf', int(now), 'LIMIT', 0, tonumber(most))
for _, note in ipairs(found) do
  redis.call('ZADD', due, int(now + tonumber(retry)), note)
end
return {'OK', found}
