-- Keep a service token: a login of its own, with what the gateway gave to the login that it is made with.
-- That one's end is not its end.
-- secret: a hash; profiles: the only ones it is for, each between line feeds, where it is limited; origin: who made
-- it, and from where, encrypted; lifetime: ms, or '' for until it is revoked
-- KEYS: signin tokens maker signed_out record devices
-- ARGV: sign_in begun_at id secret operator role name limited profiles origin lifetime linger most by
-- USES: is_signed_out int audit
-- RETURN: {'OK', now, ends}: ends is '' without a lifetime | {'FULL'}: the account has its most
--   | {'SIGNED_OUT'}: the login that it is made with has ended
if is_signed_out(maker, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
local prefix = string.sub(signin, 1, -#id - 1)
for _, other in ipairs(redis.call('ZRANGE', tokens, 0, -1)) do
  if redis.call('EXISTS', prefix .. other) == 0 then redis.call('ZREM', tokens, other) end
end
if redis.call('ZCARD', tokens) >= tonumber(most) then return {'FULL'} end
local ends = lifetime ~= '' and int(now + tonumber(lifetime)) or ''
redis.call('HSET', signin, 'operator', operator, 'token', redis.call('HGET', maker, 'token') or '',
  'limited', limited, 'profiles', profiles, 'origin', origin, 'opened', int(now), 'seen', '',
  'expires', ends ~= '' and ends or '9007199254740991', 'ends', ends, 'secret', secret, 'role', role, 'name', name)
if ends ~= '' then redis.call('PEXPIRE', signin, int(lifetime + tonumber(linger))) end
redis.call('ZADD', tokens, int(now), id)
audit(record, devices, by, 'token_made', {'target', operator, 'target_device', 'api:' .. id, 'detail', name})
return {'OK', int(now), ends}
