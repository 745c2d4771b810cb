-- Revoke a service token: from now on nobody comes with it, and what it has started ends.
-- KEYS: meta log runs signin tokens signed_out record devices
-- ARGV: channel id lasts reason interrupted_head by
-- USES: int running_of end_run audit
-- RETURN: {'OK'} | {'MORE'}: it has more runs than one script may end; ask again | {'UNKNOWN'}
local s = redis.call('HMGET', signin, 'name', 'operator', 'left')
if not s[1] then return {'UNKNOWN'} end
if not s[3] then
  audit(record, devices, by, 'token_revoked', {'target', s[2], 'target_device', 'api:' .. id, 'detail', s[1]})
  -- Good for nothing any more; it goes with the last of its runs, so that who was cut off before can revoke it again.
  redis.call('HSET', signin, 'left', '1', 'expires', int(now), 'secret', '')
  -- By this note whatever it has on its way just now is refused, also when it has gone.
  redis.call('HSET', signed_out, 'logins', int(now))
  redis.call('PEXPIRE', signed_out, lasts)
end
local count = 0
for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
  local r = redis.call('HMGET', run, 'status', 'sign_in')
  if r[1] == 'running' and r[2] == id then
    if count == PAGE_ENDS_MAX then return {'MORE'} end
    end_run(meta, log, channel, runs, run, 'interrupted', reason, interrupted_head)
    count = count + 1
  end
end
redis.call('DEL', signin)
redis.call('ZREM', tokens, id)
return {'OK'}
