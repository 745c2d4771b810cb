-- What a login got. A run of it may use it for a while after its end.
-- KEYS: signin
-- ARGV: for_run
-- USES:
-- RETURN: {'OK', operator, token, limited, profiles} | {'GONE'}
local s = redis.call('HMGET', signin, 'operator', 'token', 'limited', 'profiles', 'expires')
if not s[1] or (for_run == '' and tonumber(s[5]) <= now) then return {'GONE'} end
return {'OK', s[1], s[2], s[3], s[4]}
