-- Take over what a dead replica held; exactly one replica wins.
-- KEYS: leases holdings dead_holdings
-- ARGV: dead ttl keep
-- RETURN: {'OK', members, ms of its last sign of life or 0 when it resigned}
--   | {'ALIVE'}: it is back, or another replica was faster
local expiry = redis.call('ZSCORE', leases, dead)
if not expiry or tonumber(expiry) >= now then return {'ALIVE'} end
redis.call('ZREM', leases, dead)
local members = redis.call('SMEMBERS', dead_holdings)
if #members > 0 then
  redis.call('SUNIONSTORE', holdings, holdings, dead_holdings)
  redis.call('PEXPIRE', holdings, keep)
  redis.call('DEL', dead_holdings)
end
return {'OK', members, int(math.max(0, tonumber(expiry) - tonumber(ttl)))}
