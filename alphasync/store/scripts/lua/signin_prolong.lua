-- Let a login live on, up to the end that was set when it was made.
-- KEYS: signin
-- ARGV: lifetime linger
-- USES: int
-- RETURN: {'OK', ms that it lives, '1' where that is more than it had, else '0'} | {'GONE'}
local s = redis.call('HMGET', signin, 'expires', 'ends', 'left')
if not s[1] or s[3] or tonumber(s[1]) <= now then return {'GONE'} end
local lives = math.min(tonumber(lifetime), tonumber(s[2]) - now)
if lives <= 0 then return {'GONE'} end
redis.call('HSET', signin, 'expires', int(now + lives), 'seen', int(now))
redis.call('PEXPIRE', signin, int(lives + tonumber(linger)))
local more = lives == tonumber(lifetime) or now + lives > tonumber(s[1])
return {'OK', int(lives), more and '1' or '0'}
