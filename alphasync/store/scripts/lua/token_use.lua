-- Who a service token is, for whoever has its secret. That it was used is noted once in a while.
-- secret: a hash; noted_every: ms
-- KEYS: signin
-- ARGV: secret noted_every
-- USES: int
-- RETURN: {'OK', operator, role, limited, profiles, made, ends} | {'UNKNOWN'}: not there, ended, or another secret
local s = redis.call('HMGET', signin, 'secret', 'expires', 'seen', 'operator', 'role', 'limited', 'profiles',
  'opened', 'ends')
if not s[1] or s[1] ~= secret or tonumber(s[2]) <= now then return {'UNKNOWN'} end
if s[3] == '' or now - tonumber(s[3]) >= tonumber(noted_every) then redis.call('HSET', signin, 'seen', int(now)) end
return {'OK', s[4], s[5], s[6], s[7], s[8], s[9]}
