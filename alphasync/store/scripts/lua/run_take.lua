-- Make a run the asking device's and its operator's, and tell all devices; clients that know nothing of
-- this learn it by the progress. Its lock stays held, and its runner goes on.
-- KEYS: meta log lock run record devices
-- ARGV: channel profile only_of device operator sign_in identity message head progress_head by
--   only_of: as of run_stop
-- USES: emit is_others counters tell audit
-- RETURN: {'OK'}: it is so, now or before | {'NOT_RUNNING'} | {'OTHERS'}
local r = redis.call('HMGET', run, 'status', 'device', 'run_id', 'type', 'operator')
if r[1] ~= 'running' then return {'NOT_RUNNING'} end
if is_others(run, only_of) then return {'OTHERS'} end
if r[2] == device then return {'OK'} end
if redis.call('HGET', lock, 'run_id') == r[3] then redis.call('HSET', lock, 'device', device) end
redis.call('HSET', run, 'device', device, 'operator', operator, 'sign_in', sign_in,
  'identity', identity, 'away', '')
emit(meta, log, channel, profile, '',
  head .. ',"fromDeviceId":"' .. r[2] .. '",' .. identity .. ',' .. counters(run))
tell(meta, log, channel, profile, run, message, progress_head)
audit(record, devices, by, 'run_taken_over',
  {'profile', profile, 'type', r[4] or '', 'run', r[3], 'target', r[5] or ''})
return {'OK'}
