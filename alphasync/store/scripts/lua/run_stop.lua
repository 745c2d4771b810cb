-- Stop a run, whichever device started it, free its lock and tell all devices.
-- KEYS: meta log run runs
-- ARGV: channel only_of device message head
--   only_of: the operator whose it has to be; '' for anybody's
-- USES: int end_run is_others
-- RETURN: {'OK'} | {'NOT_RUNNING'} | {'OTHERS'}: it is another operator's
if redis.call('HGET', run, 'status') ~= 'running' then return {'NOT_RUNNING'} end
if is_others(run, only_of) then return {'OTHERS'} end
end_run(meta, log, channel, runs, run, 'stopped', message, head .. ',"stoppedAt":' .. int(now), device)
return {'OK'}
