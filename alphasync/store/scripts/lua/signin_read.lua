-- What a login got. A run of it may use it for a while after its end, a run and a plan also where its
-- operator has signed out and left it to them.
-- KEYS: signin
-- ARGV: used_by
--   used_by: "operator" | "plan" | "run"
-- USES:
-- RETURN: {'OK', operator, token, limited, profiles} | {'GONE'}
local s = redis.call('HMGET', signin, 'operator', 'token', 'limited', 'profiles', 'expires', 'left')
if not s[1] or (used_by ~= 'run' and tonumber(s[5]) <= now) then return {'GONE'} end
if used_by == 'operator' and s[6] then return {'GONE'} end
return {'OK', s[1], s[2], s[3], s[4]}
