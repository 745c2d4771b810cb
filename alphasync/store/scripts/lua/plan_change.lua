-- Change a planned run, and tell all devices.
-- KEYS: meta log runs plan record devices
-- ARGV: channel profile type plan_id only_of start_at latest text attachments head by
--   only_of: the operator whose it has to be; '' for anybody's; the next four '' where they stay; head: begins the event, with a field in it
-- USES: emit is_others index plans_of is_in_time plan_members audit
-- RETURN: {'OK'}: it is so, now or before | {'GONE'} | {'OTHERS'}: it is another operator's | {'WRONG_TIME'}: in the past, or too far ahead
local p = redis.call('HMGET', plan, 'start_at', 'latest', 'text', 'attachments', 'operator')
if not p[1] then return {'GONE'} end
if is_others(p[5], only_of) then return {'OTHERS'} end
local names, changed = {'start_at', 'latest', 'text', 'attachments'}, false
local wanted = {start_at, latest, text, attachments}
for i = 1, 4 do
  if wanted[i] == '' then wanted[i] = p[i] end
  changed = changed or wanted[i] ~= p[i]
end
if not changed then return {'OK'} end
if wanted[1] ~= p[1] and not is_in_time(wanted[1]) then return {'WRONG_TIME'} end
for i = 1, 4 do redis.call('HSET', plan, names[i], wanted[i]) end
if wanted[1] ~= p[1] then redis.call('HSET', plan, 'waiting_for', '') end
redis.call('PEXPIRE', plan, PLAN_TTL)
index(plans_of(runs), plan, PLAN_TTL)
emit(meta, log, channel, profile, '', head .. ',' .. plan_members(plan))
audit(record, devices, by, 'plan_changed',
  {'profile', profile, 'type', type, 'plan', plan_id, 'target', p[5] or ''})
return {'OK'}
