-- Put a planned run on record, and tell all devices. The same one asked for again, because the answer was
-- lost, is the one that there is.
-- KEYS: meta log runs plan record devices signin signed_out
-- ARGV: channel profile type plan_id sign_in device operator identity start_at latest text attachments options most head by begun_at
--   options: a JSON object, or '' where there are none; head: begins the event, without a field
-- USES: is_signed_out int emit admitted plans_of is_in_time plan_members audit
-- RETURN: {'SIGNED_OUT'}: as of run_start | {'OK', plan_id} | {'WRONG_TIME'}: in the past, or too far ahead
--   | {'FULL'}: the account has its most plans
if is_signed_out(signin, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
local ending = ':' .. profile
for _, other in ipairs(redis.call('ZRANGE', plans_of(runs), 0, -1)) do
  if string.sub(other, -#ending) == ending and redis.call('HGET', other, 'start_at') == start_at then
    local p = redis.call('HMGET', other, 'plan_id', 'profile', 'type', 'operator', 'latest', 'text',
      'attachments', 'options')
    if p[2] == profile and p[3] == type and p[4] == operator and p[5] == latest and p[6] == text
      and p[7] == attachments and p[8] == options then
      return {'OK', p[1]}
    end
  end
end
if not is_in_time(start_at) then return {'WRONG_TIME'} end
if not admitted(plans_of(runs), plan, PLAN_TTL, most) then return {'FULL'} end
redis.call('HSET', plan, 'plan_id', plan_id, 'profile', profile, 'type', type, 'device', device,
  'operator', operator, 'sign_in', sign_in, 'identity', identity, 'planned_at', int(now),
  'start_at', start_at, 'latest', latest, 'text', text, 'attachments', attachments,
  'options', options, 'waiting_for', '')
redis.call('PEXPIRE', plan, PLAN_TTL)
emit(meta, log, channel, profile, '', head .. plan_members(plan))
audit(record, devices, by, 'run_planned', {'profile', profile, 'type', type, 'plan', plan_id})
return {'OK', plan_id}
