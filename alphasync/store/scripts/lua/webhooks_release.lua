-- Have told an account's webhooks all that can be told now.
-- KEYS: webhooks sender outbox
-- ARGV: server idle
--   idle: ms after which they are to be looked at again where nothing waits
-- USES: int
-- RETURN: {'OK', at}: when they are to be looked at again | {'MORE'}: something has come meanwhile | {'LOST'}
if redis.call('GET', sender) ~= server then return {'LOST'} end
local at = now + tonumber(idle)
for _, id in ipairs(redis.call('ZRANGE', webhooks, 0, -1)) do
  local w = redis.call('HMGET', string.gsub(webhooks, 'webhooks$', 'webhook:') .. id, 'off', 'told', 'next_at')
  if w[1] == '' and #redis.call('XRANGE', outbox, '(' .. w[2], '+', 'COUNT', 1) > 0 then
    if tonumber(w[3]) <= now then return {'MORE'} end
    at = math.min(at, tonumber(w[3]))
  end
end
redis.call('DEL', sender)
return {'OK', int(at)}
