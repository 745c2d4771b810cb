-- Have another device gone, of the operator `only_of` or with '' of anybody, as if it had left on
-- purpose: what depends on it ends, and its proof is void. What stays is a mark, by which its session is refused wherever it is, and by which
-- who asks again is answered the same.
-- KEYS: meta log devices runs record
-- ARGV: channel device_id only_of reason head left_head all_head by
-- USES: int is_others device_key end_runs_of missing_of new_of unlist_device audit
-- RETURN: {'OK', later, session} | {'UNKNOWN'}: the account has none such, or none that may be signed out
--   | {'MORE'}: it has more runs than one script may end; ask again
--   later: ms after which devices_tell is to be called, or 0; session: '' where it has none
local device = device_key(devices, device_id)
local d = redis.call('HMGET', device, 'operator', 'session', 'away_until', 'token', 'ended_session', 'name')
if not d[1] or is_others(d[1], only_of) then return {'UNKNOWN'} end
if d[5] then return {'OK', '0', d[5]} end
if not d[2] or (d[2] == '' and tonumber(d[3]) <= now) then return {'UNKNOWN'} end
if not end_runs_of(meta, log, channel, runs, device_id, reason, head) then return {'MORE'} end
redis.call('ZREM', missing_of(devices, d[4]), device_id)
redis.call('ZREM', new_of(devices, d[4]), device_id)
redis.call('ZREM', devices, device)
redis.call('DEL', device)
redis.call('HSET', device, 'operator', d[1], 'session', 'signed out', 'ended_session', d[2])
redis.call('PEXPIRE', device, RETRY_TTL)
local later = unlist_device(meta, log, channel, devices, device_id, left_head, all_head)
audit(record, devices, by, 'device_signed_out',
  {'target', d[1], 'target_device', device_id, 'detail', d[6] or ''})
return {'OK', int(later), d[2]}
