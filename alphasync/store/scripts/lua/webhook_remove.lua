-- Remove a webhook: it is told nothing any more. With the last one goes what was to be told.
-- KEYS: webhooks webhook tries outbox record devices
-- ARGV: id host by
-- USES: audit
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('ZREM', webhooks, id) == 0 then return {'UNKNOWN'} end
redis.call('DEL', webhook, tries)
if redis.call('EXISTS', webhooks) == 0 then redis.call('DEL', outbox) end
audit(record, devices, by, 'webhook_removed', {'detail', host})
return {'OK'}
