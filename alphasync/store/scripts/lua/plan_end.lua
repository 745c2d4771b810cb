-- Take a planned run back without having started it, and tell all devices.
-- KEYS: meta log runs plan
-- ARGV: channel profile only_due head
--   only_due: '1' where it is not to end before its time; else ''
-- USES: end_plan
-- RETURN: {'OK'} | {'GONE'} | {'NOT_YET', start_at}
local start_at = redis.call('HGET', plan, 'start_at')
if not start_at then return {'GONE'} end
if only_due == '1' and now < tonumber(start_at) then return {'NOT_YET', start_at} end
end_plan(meta, log, channel, profile, runs, plan, head)
return {'OK'}
