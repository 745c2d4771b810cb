-- Let a login live on, up to the end that was set when it was made.
-- KEYS: signin
-- ARGV: lifetime linger
-- USES: int
-- RETURN: {'OK', ms that it lives} | {'GONE'}
local s = redis.call('HMGET', signin, 'expires', 'ends')
if not s[1] or tonumber(s[1]) <= now then return {'GONE'} end
local lives = math.min(tonumber(lifetime), tonumber(s[2]) - now)
if lives <= 0 then return {'GONE'} end
redis.call('HSET', signin, 'expires', int(now + lives))
redis.call('PEXPIRE', signin, int(lives + tonumber(linger)))
return {'OK', int(lives)}
