-- Have a webhook told nothing for a while, or go on: with what still waits for it, at once.
-- KEYS: webhook record devices
-- ARGV: off host by
--   off: "1", or '' to go on
-- USES: audit
-- RETURN: {'OK'} | {'UNKNOWN'}
local before = redis.call('HGET', webhook, 'off')
if not before then return {'UNKNOWN'} end
redis.call('HSET', webhook, 'off', off)
if off == '' then redis.call('HSET', webhook, 'tries', 0, 'next_at', 0, 'failing_since', '') end
if (off == '') ~= (before == '') then
  audit(record, devices, by, 'webhook_changed', {'detail', host .. (off == '' and ' on' or ' off')})
end
return {'OK'}
