-- Keep what a login got encrypted with another key. Nothing of how long it lives.
-- KEYS: signin
-- ARGV: was token
-- USES:
-- RETURN: {'OK'} | {'CHANGED'}
if redis.call('HGET', signin, 'token') ~= was then return {'CHANGED'} end
redis.call('HSET', signin, 'token', token)
return {'OK'}
