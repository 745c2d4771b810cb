-- Prove that a server lives, for all its runs and devices at once, and learn which servers do
-- not. An expired lease that nobody has taken over yet may be renewed. What else a server asks for
-- as long as it lives is answered, too: one with nothing to do sends hardly anything else.
-- KEYS: leases holdings plans webhooks tide
-- ARGV: mode server ttl keep echo rises
--   mode: "register" | "renew"; keep: ms that the registry outlives the last server
--   echo: a channel on which the server hears itself, or ''; rises: "yes" | "no", whether to count the tide up
-- USES: int
-- RETURN: {'OK', ms until the next lease of another server ends or '', expired servers, noted, plan, webhook, count}
--   | {'LOST'}; noted: "some" | "none", whether anything is noted as held by this server
--   plan, webhook: ms until the next planned run, or account with webhooks, is to be looked at, or ''
--   count: of the tide, or ''
local expiry = redis.call('ZSCORE', leases, server)
if mode == 'renew' and not expiry then return {'LOST'} end
redis.call('ZADD', leases, int(now + ttl), server)
redis.call('PEXPIRE', leases, keep)
if echo ~= '' then redis.pcall(PUBLISH_WITH, echo, 'renewed') end  -- without that right it is still alive
local noted = redis.call('PEXPIRE', holdings, keep) == 1 and 'some' or 'none'
local function next_of(due)
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
  return first and int(math.max(0, tonumber(first) - now)) or ''
end
local plan, webhook = next_of(plans), next_of(webhooks)
local count = rises == 'yes' and int(redis.call('INCR', tide)) or ''
-- A clock that was set back: a lease that seems to last longer is of before, and ends in its time.
for _, other in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. int(now + ttl), '+inf')) do
  redis.call('ZADD', leases, int(now + ttl), other)
end
-- Who was late itself has been cut off together with the others: they get a chance to renew too.
if mode == 'renew' and tonumber(expiry) < now then return {'OK', '', {}, noted, plan, webhook, count} end
local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', '(' .. int(now))
local following = redis.call('ZRANGEBYSCORE', leases, '(' .. int(now), '+inf', 'WITHSCORES')
for i = 1, #following, 2 do
  if following[i] ~= server then
    return {'OK', int(tonumber(following[i + 1]) - now), expired, noted, plan, webhook, count}
  end
end
return {'OK', '', expired, noted, plan, webhook, count}
