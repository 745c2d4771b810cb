-- Put down something for one webhook alone, behind all that waits: a trial, or what it was told before.
-- KEYS: webhook outbox record devices
-- ARGV: id kind message profile data host by
-- USES: put_out asked_for audit
-- RETURN: {'OK'} | {'UNKNOWN'} | {'FULL'}: as much waits for it alone as may
if redis.call('EXISTS', webhook) == 0 then return {'UNKNOWN'} end
local asked = asked_for(webhook, outbox)
if #asked >= WEBHOOK_ASKED_MAX then return {'FULL'} end
asked[#asked + 1] = put_out(outbox, kind, message, profile, data, id)
redis.call('HSET', webhook, 'asked', table.concat(asked, ' '))
audit(record, devices, by, 'webhook_sent', {'detail', host})
return {'OK'}
