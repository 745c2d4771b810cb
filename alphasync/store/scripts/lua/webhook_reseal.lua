-- Keep a webhook's secret encrypted with another key.
-- KEYS: webhook
-- ARGV: was secret
-- USES:
-- RETURN: {'OK'} | {'CHANGED'}
if redis.call('HGET', webhook, 'secret') ~= was then return {'CHANGED'} end
redis.call('HSET', webhook, 'secret', secret)
return {'OK'}
