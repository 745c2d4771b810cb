-- Put down something for one webhook alone, behind all that waits: a trial, or what it was told before.
-- KEYS: webhook outbox record devices
-- ARGV: id kind message profile data host by
-- USES: put_out audit
-- RETURN: {'OK'} | {'UNKNOWN'}
if redis.call('EXISTS', webhook) == 0 then return {'UNKNOWN'} end
put_out(outbox, kind, message, profile, data, id)
audit(record, devices, by, 'webhook_sent', {'detail', host})
return {'OK'}
