-- Stop a run, whichever device started it, free its lock and tell all devices.
-- KEYS: meta log run runs record devices
-- ARGV: channel only_of device message head by
--   only_of: the operator whose it has to be; '' for anybody's
-- USES: int end_run is_others audit
-- RETURN: {'OK'} | {'NOT_RUNNING'} | {'OTHERS'}: it is another operator's
local r = redis.call('HMGET', run, 'status', 'profile', 'type', 'run_id', 'operator')
if r[1] ~= 'running' then return {'NOT_RUNNING'} end
if is_others(r[5], only_of) then return {'OTHERS'} end
end_run(meta, log, channel, runs, run, 'stopped', message, head .. ',"stoppedAt":' .. int(now), device)
audit(record, devices, by, 'run_stopped',
  {'profile', r[2] or '', 'type', r[3] or '', 'run', r[4] or '', 'target', r[5] or ''})
return {'OK'}
