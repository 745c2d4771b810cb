-- End logins of an operator: from now on nobody comes with their tokens. All devices are told; by that each
-- server knows whom to disconnect, also one that has to read it from the log.
-- KEYS: meta log runs signins all_signins signed_out record devices
-- ARGV: channel operator chosen spared others mode again lasts reason interrupted_head head by
--   chosen: their ids, each followed by a line feed; '' for all of the operator's but the one of `spared`
--   others: '1' where also the tokens end that were made until now and not by a login; else ''
--   mode: "revoked": their runs are interrupted, and what the gateway gave is forgotten
--     | "left": the operator has signed out: runs that need no device go on, and plans stay, with it
--   again: '1' where an earlier call with these was answered MORE; else ''
-- USES: int emit running_of end_run signin_key wanted_logins audit
-- RETURN: {'OK', now, ids} | {'MORE', now, ids}: there are more runs than one script may end; ask again with these
local ids = {}
if chosen == '' and again == '' then
  for _, key in ipairs(redis.call('ZRANGE', signins, 0, -1)) do
    local sid = string.match(key, '[^:]*$')
    if sid ~= spared then ids[#ids + 1] = sid end
  end
else
  for sid in string.gmatch(chosen, '[^\n]+') do
    local s = redis.call('HMGET', signin_key(all_signins, sid), 'operator', 'left')
    if again == '1' or (s[1] == operator and not s[2]) then ids[#ids + 1] = sid end
  end
end
if #ids == 0 and others == '' then return {'OK', int(now), ids} end

local ended = {}
for _, sid in ipairs(ids) do ended[sid] = true end
if again == '' then
  audit(record, devices, by, mode == 'left' and 'signed_out' or 'sessions_ended',
    {'target', operator, 'count', int(#ids)})
  local wanted = mode == 'left' and wanted_logins(runs) or {}
  for _, sid in ipairs(ids) do
    local signin = signin_key(all_signins, sid)
    if wanted[sid] then
      redis.call('HSET', signin, 'left', '1')
    else
      redis.call('DEL', signin)
    end
    redis.call('ZREM', signins, signin)
    redis.call('ZREM', all_signins, signin)
  end
  if #ids > 0 then redis.call('HSET', signed_out, 'logins', int(now)) end
  if others == '1' then redis.call('HSET', signed_out, 'others', int(now)) end
  redis.call('PEXPIRE', signed_out, lasts)
  local named = #ids > 0 and '"' .. table.concat(ids, '","') .. '"' or ''
  emit(meta, log, channel, '', '', head .. ',"sessions":[' .. named .. ']')
end

if mode == 'revoked' then
  local count = 0
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'status', 'sign_in', 'operator')
    local of_others = others == '1' and r[2] == '' and r[3] == operator
    if r[1] == 'running' and (ended[r[2]] or of_others) then
      if count == PAGE_ENDS_MAX then return {'MORE', int(now), ids} end
      end_run(meta, log, channel, runs, run, 'interrupted', reason, interrupted_head)
      count = count + 1
    end
  end
end
return {'OK', int(now), ids}
