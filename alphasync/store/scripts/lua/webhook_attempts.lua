-- The last attempts to tell a webhook something, newest first.
-- KEYS: tries
-- ARGV: most
-- USES:
-- RETURN: {'OK', reports}
local reports = {}
for at, each in ipairs(redis.call('XREVRANGE', tries, '+', '-', 'COUNT', tonumber(most))) do reports[at] = each[2][2] end
return {'OK', reports}
