-- Take it on to tell an account's webhooks: one server does at a time.
-- KEYS: webhooks sender
-- ARGV: server lease
--   lease: ms
-- USES:
-- RETURN: {'OK', ids} | {'HELD'}: another server does | {'NONE'}: there are none any more
if redis.call('EXISTS', webhooks) == 0 then return {'NONE'} end
local holder = redis.call('GET', sender)
if holder and holder ~= server then return {'HELD'} end
redis.call('SET', sender, server, 'PX', lease)
return {'OK', redis.call('ZRANGE', webhooks, 0, -1)}
