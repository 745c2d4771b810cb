-- Put on record that somebody was refused something. Of the same within an hour the first is an entry, the
-- tenth, the hundredth and so on, each with how many they were until then; and so many at most of one action and code:
-- whoever asks on and on pushes nothing else out, and strangers' wrong logins leave room for the operator's own.
-- KEYS: record devices refusals
-- ARGV: action target detail code origin most by
--   detail, code: each of a closed set; origin: where it came from, encrypted; '' for as the login of `by`
-- USES: int audit
-- RETURN: {'OK'} | {'COUNTED'}
if AUDIT_MAX == 0 then return {'COUNTED'} end
local count = redis.call('HINCRBY', refusals, action .. ' ' .. detail .. ' ' .. code, 1)
if redis.call('PTTL', refusals) < 0 then redis.call('PEXPIRE', refusals, REFUSALS_TTL) end
local rest = count
while rest % 10 == 0 do rest = rest / 10 end
if rest ~= 1 or redis.call('HINCRBY', refusals, 'entries ' .. action .. ' ' .. code, 1) > tonumber(most) then return {'COUNTED'} end
local about = {'target', target, 'detail', detail, 'outcome', code, 'count', int(count)}
if origin ~= '' then about[9], about[10] = 'origin', origin end
audit(record, devices, by, action, about)
return {'OK'}
