-- Stop a run, whichever device started it, free its lock and tell all devices.
-- KEYS: meta log run runs
-- ARGV: channel device message head
-- USES: int end_run
-- RETURN: {'OK'} | {'NOT_RUNNING'}
if redis.call('HGET', run, 'status') ~= 'running' then return {'NOT_RUNNING'} end
end_run(meta, log, channel, runs, run, 'stopped', message, head .. ',"stoppedAt":' .. int(now), device)
return {'OK'}
