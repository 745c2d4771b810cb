-- Pause a run, or let it go on, and tell all devices. Its lock stays held, and its runner claims nobody
-- while it is paused.
-- KEYS: meta log run record devices
-- ARGV: channel only_of paused head by
--   only_of: as of run_stop; paused: '1' | ''
-- USES: int emit is_others audit
-- RETURN: {'OK'}: it is so, now or before | {'NOT_RUNNING'} | {'OTHERS'}
local r = redis.call('HMGET', run, 'status', 'paused', 'profile', 'identity', 'type', 'run_id', 'operator',
  'paused_at')
if r[1] ~= 'running' then return {'NOT_RUNNING'} end
if is_others(r[7], only_of) then return {'OTHERS'} end
if (r[2] or '') == paused then return {'OK'} end
local revision = emit(meta, log, channel, r[3], '', head .. ',' .. r[4])
redis.call('HSET', run, 'paused', paused, 'paused_at', paused == '1' and int(now) or '', 'revision', revision)
if paused == '1' then
  redis.call('HINCRBY', run, 'pauses', 1)
elseif (r[8] or '') ~= '' then
  redis.call('HINCRBY', run, 'paused_for', int(math.max(0, now - tonumber(r[8]))))
end
audit(record, devices, by, paused == '1' and 'run_paused' or 'run_resumed',
  {'profile', r[3], 'type', r[5] or '', 'run', r[6] or '', 'target', r[7] or ''})
return {'OK'}
