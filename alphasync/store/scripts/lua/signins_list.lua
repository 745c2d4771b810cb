-- Logins that have not ended, newest first.
-- KEYS: signins devices
-- ARGV: before most
--   signins: of an operator, or of all; before: '' for the newest, else where the page before ended
-- USES: device_key
-- RETURN: {'OK', logins, next}: a login as {id, operator, origin, opened, seen, expires,
--   device, device_name, 'here' | ''}; next: '' where there are no more
local found = redis.call('ZREVRANGEBYSCORE', signins, before == '' and '+inf' or '(' .. before, '-inf',
  'WITHSCORES', 'LIMIT', 0, tonumber(most))
local logins = {}
for i = 1, #found, 2 do
  local key = found[i]
  local s = redis.call('HMGET', key, 'operator', 'origin', 'opened', 'seen', 'expires', 'device',
    'device_name')
  if not s[1] then
    redis.call('ZREM', signins, key)
  elseif tonumber(s[5]) > now then
    local here = s[6] and redis.call('HGET', device_key(devices, s[6]), 'session') or ''
    local opened = s[3] or found[i + 1]  -- of an earlier version's nothing else is known
    logins[#logins + 1] = {string.match(key, '[^:]*$'), s[1], s[2] or '', opened,
      s[4] or opened, s[5], s[6] or '', s[7] or '', (here and here ~= '') and 'here' or ''}
  end
end
return {'OK', logins, #found == 2 * tonumber(most) and found[#found] or ''}
