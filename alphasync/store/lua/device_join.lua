-- Register a device and read the snapshot it starts from. A device that takes an earlier identity
-- up again proves it with the hash of its resume token; one that offers none is the device of its
-- token that is missing: of several the one that holds a run, then the one that was lost last.
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
  local missing, found = {}, nil
  for _, key in ipairs(indexed(devices)) do
    local d = redis.call('HMGET', key, 'token', 'session', 'away_until', 'id')
    if d[2] == session then
      found = {key = key, id = d[4]}  -- asked again, because the answer was lost
      break
    elseif mode == 'new' and d[1] == token and d[2] == '' and tonumber(d[3]) > now then
      missing[#missing + 1] = {key = key, id = d[4], away_until = tonumber(d[3]), holds = 0}
    end
  end
  if not found and #missing > 1 then
    local holders = {}
    for _, key in ipairs(indexed(runs)) do
      local r = redis.call('HMGET', key, 'status', 'device')
      if r[1] == 'running' then holders[r[2]] = 1 end
    end
    for _, d in ipairs(missing) do d.holds = holders[d.id] or 0 end
    local function comes_before(a, b)
      if a.holds ~= b.holds then return a.holds > b.holds end
      return a.away_until > b.away_until
    end
    table.sort(missing, comes_before)
  end
  found = found or missing[1]
  if mode == 'find' and not found then return {'UNKNOWN'} end
  if found then
    if found.id ~= device_id then how = 'resumed' end
    device, device_id = found.key, found.id
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
