-- Keep what a login got from the gateway. Of one operator's the oldest make room for the newest.
-- profiles: the only ones it is for, each between line feeds, where it is limited.
-- KEYS: signin signins
-- ARGV: operator token limited profiles lifetime lasts linger most
-- USES: int
-- RETURN: {'OK', ms that it lives unless it is prolonged}
local lives = math.min(tonumber(lifetime), tonumber(lasts))
redis.call('HSET', signin, 'operator', operator, 'token', token, 'limited', limited,
  'profiles', profiles, 'expires', int(now + lives), 'ends', int(now + tonumber(lasts)))
redis.call('PEXPIRE', signin, int(lives + tonumber(linger)))
-- Later than any other, also in the same millisecond: the newest must not be the one to go.
local latest = redis.call('ZREVRANGE', signins, 0, 0, 'WITHSCORES')[2] or 0
redis.call('ZADD', signins, int(math.max(now, tonumber(latest) + 1)), signin)
redis.call('PEXPIRE', signins, int(tonumber(lasts) + tonumber(linger)))
local surplus = redis.call('ZCARD', signins) - tonumber(most)
if surplus > 0 then
  for _, other in ipairs(redis.call('ZRANGE', signins, 0, tonumber(most))) do
    if redis.call('EXISTS', other) == 0 then surplus = surplus - redis.call('ZREM', signins, other) end
  end
end
if surplus > 0 then
  for _, oldest in ipairs(redis.call('ZRANGE', signins, 0, surplus - 1)) do
    redis.call('DEL', oldest)
    redis.call('ZREM', signins, oldest)
  end
end
return {'OK', int(lives)}
