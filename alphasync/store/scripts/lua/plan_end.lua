-- Take a planned run back without having started it, and tell all devices.
-- KEYS: meta log runs plan
-- ARGV: channel profile only_of only_due head
--   only_of: as of plan_change; only_due: '1' where it is not to end before its time; else ''
-- USES: end_plan is_others
-- RETURN: {'OK'} | {'GONE'} | {'OTHERS'} | {'NOT_YET', start_at}
local start_at = redis.call('HGET', plan, 'start_at')
if not start_at then return {'GONE'} end
if is_others(plan, only_of) then return {'OTHERS'} end
if only_due == '1' and now < tonumber(start_at) then return {'NOT_YET', start_at} end
end_plan(meta, log, channel, profile, runs, plan, head)
return {'OK'}
