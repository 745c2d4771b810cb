-- Make a webhook: from now on it is told what happens.
-- KEYS: webhooks webhook outbox record devices signin signed_out
-- ARGV: sign_in begun_at id url host events limited profiles secret operator most by
--   profiles: those that it is told of, where it is limited to some
-- USES: int audit is_signed_out
-- RETURN: {'OK', made_at} | {'FULL'}: the account has its most | {'SIGNED_OUT'}: who makes it is nobody any more
if is_signed_out(signin, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
if redis.call('ZCARD', webhooks) >= tonumber(most) then return {'FULL'} end
redis.call('ZADD', webhooks, int(now), id)
local newest = redis.call('XREVRANGE', outbox, '+', '-', 'COUNT', 1)[1]
redis.call('HSET', webhook, 'url', url, 'events', events, 'limited', limited, 'profiles', profiles, 'secret', secret,
  'operator', operator, 'made_at', int(now), 'off', '', 'told', newest and newest[1] or '0-0', 'tries', 0,
  'failing_since', '', 'next_at', 0)
audit(record, devices, by, 'webhook_made', {'detail', host})
return {'OK', int(now)}
