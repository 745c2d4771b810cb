-- Keep what a call with an idempotency key was answered, or with '' forget that there was one.
-- KEYS: answers answer_times
-- ARGV: key fingerprint answer
-- USES:
-- RETURN: {'OK'} | {'GONE'}: others have made it go, or it is another call's by now
local kept = redis.call('HGET', answers, key)
if kept ~= fingerprint .. ' ' then return {'GONE'} end
if answer == '' then
  redis.call('HDEL', answers, key)
  redis.call('ZREM', answer_times, key)
else
  redis.call('HSET', answers, key, fingerprint .. ' ' .. answer)
end
return {'OK'}
