-- What a webhook is, and what waits for it.
-- KEYS: webhook outbox
-- ARGV: most
-- USES:
-- RETURN: {'OK', record, entries, now} | {'UNKNOWN'}
--   record: fields and values; entries: each its id, and its fields and values
local record = redis.call('HGETALL', webhook)
if #record == 0 then return {'UNKNOWN'} end
local told = redis.call('HGET', webhook, 'told')
return {'OK', record, redis.call('XRANGE', outbox, '(' .. told, '+', 'COUNT', tonumber(most)), string.format('%d', now)}
