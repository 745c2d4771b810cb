-- Register a device and read the snapshot it starts from. A device that takes an earlier identity
-- up again proves it with the hash of its resume token; one that offers none, but has the token of
-- exactly one device that is missing, is that one.
-- KEYS: meta log device devices runs drafts
-- ARGV: channel mode device_id proof name operator session replica token back_head
--   mode: "new" | "resume" | "restore" (the session is registered; only its record was lost)
--     | "find" (the session may be on record, as whichever device)
-- RETURN: {'OK', how, device_id, name, superseded_session, epoch, revision, runs, drafts}
--   how: "new" | "resumed"; {'UNKNOWN'} | {'SUPERSEDED'}
local how = 'new'
if mode == 'resume' then
  if redis.call('HGET', device, 'proof') ~= proof then return {'UNKNOWN'} end
  how = 'resumed'
elseif mode == 'restore' then
  local holder = redis.call('HGET', device, 'session')
  if holder and holder ~= '' and holder ~= session then return {'SUPERSEDED'} end
else
  local missing = {}
  for _, key in ipairs(indexed(devices)) do
    local d = redis.call('HMGET', key, 'token', 'session', 'away_until', 'id')
    if d[2] == session then
      missing = {{key, d[4]}}  -- asked again, because the answer was lost
      break
    elseif mode == 'new' and d[1] == token and d[2] == '' and tonumber(d[3]) > now then
      missing[#missing + 1] = {key, d[4]}
    end
  end
  if mode == 'find' and #missing == 0 then return {'UNKNOWN'} end
  if #missing == 1 then
    if missing[1][2] ~= device_id then how = 'resumed' end
    device, device_id = missing[1][1], missing[1][2]
  end
end

local before = redis.call('HMGET', device, 'session', 'name')
if name == '' and before[2] then name = before[2] end
redis.call('HSET', device, 'id', device_id, 'proof', proof, 'name', name, 'operator', operator,
  'session', session, 'replica', replica, 'token', token, 'away_until', 0,
  'new_at', how == 'new' and mode == 'new' and int(now) or 0)
redis.call('PEXPIRE', device, DEVICE_TTL)
index(devices, device, DEVICE_TTL)
mark_runs(meta, log, channel, runs, device_id, '', back_head)

return with_snapshot({'OK', how, device_id, name, before[1] or ''}, meta, log, runs, drafts)
