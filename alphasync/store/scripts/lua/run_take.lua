-- Make a run the asking device's and its operator's, and tell all devices; clients that know nothing of
-- this learn it by the progress. Its lock stays held, and its runner goes on.
-- KEYS: meta log lock run record devices signin signed_out
-- ARGV: channel profile sign_in only_of device operator identity message head progress_head by begun_at
--   only_of: as of run_stop
-- USES: is_signed_out emit is_others counters tell audit
-- RETURN: {'SIGNED_OUT'}: as of run_start | {'OK'}: it is so, now or before | {'NOT_RUNNING'} | {'OTHERS'}
if is_signed_out(signin, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
local r = redis.call('HMGET', run, 'status', 'device', 'run_id', 'type', 'operator')
if r[1] ~= 'running' then return {'NOT_RUNNING'} end
if is_others(r[5], only_of) then return {'OTHERS'} end
if r[2] == device then return {'OK'} end
if redis.call('HGET', lock, 'run_id') == r[3] then redis.call('HSET', lock, 'device', device) end
redis.call('HSET', run, 'device', device, 'operator', operator, 'sign_in', sign_in,
  'identity', identity, 'away', '', 'device_name', '')
emit(meta, log, channel, profile, '',
  head .. ',"fromDeviceId":"' .. r[2] .. '",' .. identity .. ',' .. counters(run))
tell(meta, log, channel, profile, run, message, progress_head)
audit(record, devices, by, 'run_taken_over',
  {'profile', profile, 'type', r[4] or '', 'run', r[3], 'target', r[5] or ''})
return {'OK'}
