-- Take a planned run back without having started it, and tell all devices.
-- KEYS: meta log runs plan record devices
-- ARGV: channel profile type plan_id only_of code head by
--   only_of: as of plan_change; code: '' where a person takes it back, else why it cannot start: then it does
--     not end before its time
-- USES: end_plan is_others audit
-- RETURN: {'OK'} | {'GONE'} | {'OTHERS'} | {'NOT_YET', start_at}
local p = redis.call('HMGET', plan, 'start_at', 'operator')
if not p[1] then return {'GONE'} end
if is_others(p[2], only_of) then return {'OTHERS'} end
if code ~= '' and now < tonumber(p[1]) then return {'NOT_YET', p[1]} end
end_plan(meta, log, channel, profile, runs, plan, head)
audit(record, devices, by, code == '' and 'plan_cancelled' or 'plan_not_started',
  {'profile', profile, 'type', type, 'plan', plan_id, 'target', p[2] or '', 'detail', code})
return {'OK'}
