-- Remove a webhook: it is told nothing any more. What waits for it alone goes, and with the last one what was to be told.
-- KEYS: webhooks webhook tries outbox record devices
-- ARGV: id host by
-- USES: asked_for audit
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('ZREM', webhooks, id) == 0 then return {'UNKNOWN'} end
for _, asked in ipairs(asked_for(webhook, outbox)) do redis.call('XDEL', outbox, asked) end
redis.call('DEL', webhook, tries)
if redis.call('EXISTS', webhooks) == 0 then redis.call('DEL', outbox) end
audit(record, devices, by, 'webhook_removed', {'detail', host})
return {'OK'}
