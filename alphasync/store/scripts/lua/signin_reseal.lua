-- Keep what a login got encrypted with another key. Nothing of how long it lives.
-- KEYS: signin
-- ARGV: was token origin
--   origin: '' where it stays, as there is none that could be read
-- USES:
-- RETURN: {'OK'} | {'CHANGED'}
if redis.call('HGET', signin, 'token') ~= was then return {'CHANGED'} end
redis.call('HSET', signin, 'token', token)
if origin ~= '' then redis.call('HSET', signin, 'origin', origin) end
return {'OK'}
