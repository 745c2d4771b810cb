-- Count a try in a fixed window that starts with the first one.
-- KEYS: tries
-- ARGV: limit window
-- RETURN: {'OK'} | {'REFUSED', ms until the window ends}
local count = redis.call('INCR', tries)
if count == 1 then redis.call('PEXPIRE', tries, window) end
if count > tonumber(limit) then return {'REFUSED', int(redis.call('PTTL', tries))} end
return {'OK'}
