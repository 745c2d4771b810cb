-- Keep what a login got from the gateway.
-- profiles: the only ones it is for, each between line feeds, where it is limited; origin: who signed in, and
-- from where, encrypted.
-- KEYS: signin signins all_signins record
-- ARGV: operator token limited profiles origin lifetime lasts linger most by
-- USES: int audit
-- RETURN: {'OK', ms that it lives unless it is prolonged, now, ids of the oldest ones that are too many}
local lives = math.min(tonumber(lifetime), tonumber(lasts))
redis.call('HSET', signin, 'operator', operator, 'token', token, 'limited', limited,
  'profiles', profiles, 'origin', origin, 'opened', int(now),
  'seen', int(now), 'expires', int(now + lives), 'ends', int(now + tonumber(lasts)))
redis.call('PEXPIRE', signin, int(lives + tonumber(linger)))
for _, set in ipairs({signins, all_signins}) do
  -- Later than any other, also in the same millisecond: the newest must not be the one to go.
  local latest = redis.call('ZREVRANGE', set, 0, 0, 'WITHSCORES')[2] or 0
  redis.call('ZADD', set, int(math.max(now, tonumber(latest) + 1)), signin)
  redis.call('PEXPIRE', set, int(tonumber(lasts) + tonumber(linger)))
  -- Nobody else looks for those that have run out; each login drops more of them than it adds.
  for _, other in ipairs(redis.call('ZRANGE', set, 0, 9)) do
    if redis.call('EXISTS', other) == 0 then redis.call('ZREM', set, other) end
  end
end
audit(record, '', by, 'signed_in', {})
local surplus = redis.call('ZCARD', signins) - tonumber(most)
if surplus > 0 then
  for _, other in ipairs(redis.call('ZRANGE', signins, 0, tonumber(most))) do
    if redis.call('EXISTS', other) == 0 then
      redis.call('ZREM', all_signins, other)
      surplus = surplus - redis.call('ZREM', signins, other)
    end
  end
end
local oldest = {}
if surplus > 0 then
  for _, other in ipairs(redis.call('ZRANGE', signins, 0, surplus - 1)) do
    oldest[#oldest + 1] = string.match(other, '[^:]*$')
  end
end
return {'OK', int(lives), int(now), oldest}
