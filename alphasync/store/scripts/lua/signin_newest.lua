-- The newest login of an operator that is for this profile, or with profile '' for all that the one
-- of `signin` is for. Few are looked at: their profiles may be many.
-- KEYS: signin signins
-- ARGV: profile tried most
-- USES:
-- RETURN: {'OK', key, token} | {'NONE'}
local wanted = profile == '' and redis.call('HGET', signin, 'profiles') or ''
for _, other in ipairs(redis.call('ZREVRANGE', signins, 0, tonumber(most) - 1)) do
  if not string.find(tried, other .. '\n', 1, true) then
    local s = redis.call('HMGET', other, 'token', 'limited', 'expires')
    if s[1] and tonumber(s[3]) > now then
      local covers = s[2] == ''
      if not covers then
        local profiles = redis.call('HGET', other, 'profiles')
        if profile == '' then
          covers = wanted == profiles
        else
          covers = string.find(profiles, '\n' .. profile .. '\n', 1, true) ~= nil
        end
      end
      if covers then return {'OK', other, s[1]} end
    end
  end
end
return {'NONE'}
