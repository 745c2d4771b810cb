-- Say on which terms a server works, and learn those of the others that live. Of those that do not
-- nothing stays: there are as many as servers were there since the last one said it.
-- KEYS: leases terms
-- ARGV: server own keep
-- USES:
-- RETURN: {'OK', names, terms}: of the other servers that live
local names, others = {}, {}
for _, name in ipairs(redis.call('HKEYS', terms)) do
  local until_when = tonumber(redis.call('ZSCORE', leases, name) or 0)
  if until_when < now then
    redis.call('HDEL', terms, name)
  elseif name ~= server then
    names[#names + 1] = name
    others[#others + 1] = redis.call('HGET', terms, name)
  end
end
redis.call('HSET', terms, server, own)
redis.call('PEXPIRE', terms, keep)
return {'OK', names, others}
