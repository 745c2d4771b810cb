-- Note what became of an attempt to tell a webhook something, while this server is the one that does.
-- KEYS: webhook tries sender
-- ARGV: server lease told attempts wait off report kept lasts
--   told: the id up to which it has been told, or '' for as before; wait: ms until the next attempt, 0 for none
--   off: why it is told nothing any more, or ''; report: of the attempt, or ''; kept: attempts on record
-- USES: int
-- RETURN: {'OK'} | {'LOST'}: another server does it now, or there is no such webhook
if redis.call('GET', sender) ~= server or redis.call('EXISTS', webhook) == 0 then return {'LOST'} end
redis.call('PEXPIRE', sender, lease)
if told ~= '' then redis.call('HSET', webhook, 'told', told) end
local since = redis.call('HGET', webhook, 'failing_since')
if attempts == '0' then since = '' elseif since == '' then since = int(now) end
redis.call('HSET', webhook, 'tries', attempts, 'failing_since', since, 'next_at', wait == '0' and 0 or int(now + tonumber(wait)))
if off ~= '' then redis.call('HSET', webhook, 'off', off) end
if report ~= '' then
  redis.call('XADD', tries, 'MAXLEN', tonumber(kept), '*', 'report', report)
  redis.call('PEXPIRE', tries, lasts)
end
return {'OK'}
