-- Take over what a dead server held; exactly one server wins.
-- KEYS: leases holdings dead_holdings
-- ARGV: dead ttl keep
-- USES: int
-- RETURN: {'OK', members, silent_since, absent_since} | {'ALIVE'}: it is back, or another server
--   was faster
--   silent_since: ms of its last sign of life, 0 when it resigned
--   absent_since: ms from which on no device could come back to it, 1 when that is not known
local expiry = tonumber(redis.call('ZSCORE', leases, dead) or now)
if expiry >= now then return {'ALIVE'} end
redis.call('ZREM', leases, dead)
local members = redis.call('SMEMBERS', dead_holdings)
if #members > 0 then
  redis.call('SUNIONSTORE', holdings, holdings, dead_holdings)
  redis.call('PEXPIRE', holdings, keep)
  redis.call('DEL', dead_holdings)
end
local silent_since = math.max(0, expiry - tonumber(ttl))
return {'OK', members, int(silent_since), int(math.max(1, -expiry, silent_since))}
