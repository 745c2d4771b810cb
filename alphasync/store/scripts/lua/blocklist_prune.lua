-- Drop the entries of a blocklist that are past their life, the oldest first and no more than a page of them.
-- KEYS: sent tally
-- ARGV:
-- USES: int
-- RETURN: {'OK'} | {'MORE'}: there are more of them; ask again
local lifetime = redis.call('HGET', tally, 'lifetime')
if not lifetime then return {'OK'} end
local past = redis.call('ZCOUNT', sent, '-inf', int(now - math.max(SENT_TTL, tonumber(lifetime))))
if past > 0 then redis.call('ZREMRANGEBYRANK', sent, 0, math.min(past, PAGE_PRUNED_MAX) - 1) end
if redis.call('EXISTS', sent) == 0 then redis.call('DEL', tally) end
return {past > PAGE_PRUNED_MAX and 'MORE' or 'OK'}
