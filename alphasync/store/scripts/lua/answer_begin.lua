-- A call with an idempotency key begins, unless one under it has.
-- fingerprint: a digest of what is asked for; most: keys that are remembered
-- KEYS: answers answer_times
-- ARGV: key fingerprint most
-- USES: int
-- RETURN: {'NEW'} | {'KNOWN', answer} | {'PENDING'}: it is being carried out | {'OTHER'}: it was for something else
local kept = redis.call('HGET', answers, key)
local since = kept and redis.call('ZSCORE', answer_times, key)
if since and now - tonumber(since) < ANSWERS_TTL then
  local asked, answer = string.match(kept, '^(%x+) (.*)$')
  if asked ~= fingerprint then return {'OTHER'} end
  if answer ~= '' then return {'KNOWN', answer} end
  -- A server that was lost says nothing any more.
  if now - tonumber(since) < ANSWER_TIMEOUT then return {'PENDING'} end
end
redis.call('HSET', answers, key, fingerprint .. ' ')
-- Later than any other, also in the same millisecond: this one must not be the one to go.
local latest = redis.call('ZREVRANGE', answer_times, 0, 0, 'WITHSCORES')[2] or 0
redis.call('ZADD', answer_times, int(math.max(now, tonumber(latest) + 1)), key)
local surplus = math.min(redis.call('ZCARD', answer_times) - tonumber(most), 100)
if surplus > 0 then
  for _, oldest in ipairs(redis.call('ZRANGE', answer_times, 0, surplus - 1)) do
    redis.call('HDEL', answers, oldest)
    redis.call('ZREM', answer_times, oldest)
  end
end
redis.call('PEXPIRE', answers, ANSWERS_TTL)
redis.call('PEXPIRE', answer_times, ANSWERS_TTL)
return {'NEW'}
