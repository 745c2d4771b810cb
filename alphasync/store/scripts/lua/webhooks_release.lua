-- Have told an account's webhooks all that can be told now.
-- KEYS: webhooks sender outbox
-- ARGV: server
-- USES: int
-- RETURN: {'OK', wait} | {'MORE'}: something has come meanwhile | {'LOST'}
--   wait: ms until there is something to do, or -1 where nothing waits
if redis.call('GET', sender) ~= server then return {'LOST'} end
local wait = -1
for _, id in ipairs(redis.call('ZRANGE', webhooks, 0, -1)) do
  local w = redis.call('HMGET', string.gsub(webhooks, 'webhooks$', 'webhook:') .. id, 'off', 'told', 'next_at')
  if w[1] == '' and #redis.call('XRANGE', outbox, '(' .. w[2], '+', 'COUNT', 1) > 0 then
    local left = tonumber(w[3]) - now
    if left <= 0 then return {'MORE'} end
    if wait < 0 or left < wait then wait = left end
  end
end
redis.call('DEL', sender)
return {'OK', int(wait)}
