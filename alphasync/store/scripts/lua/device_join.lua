-- Register a device and read the snapshot it starts from. A device that takes an earlier identity
-- up again proves it with the hash of its resume token; one that offers none is the device of its
-- token that is missing: of several the one that holds a run, then the one that was lost last.
-- KEYS: meta log device devices runs drafts signin signed_out
-- ARGV: channel device_id sign_in mode proof name usual_name operator who session server token begun_at most listed_most back_head joined_head updated_head all_head
--   mode: "new" | "resume" | "restore" (the session is registered; only its record was lost)
--   name: what it is called, unless it was renamed; '' for what it was called before, or else usual_name
--   who: the JSON members that say whose it is; *_head: begin an event, without a field
-- USES: is_signed_out int index admitted running_of depends_on with_snapshot mark_runs device_key missing_of new_of list_device note_device
-- RETURN: {'SIGNED_OUT'}: the token stands for nothing any more
--   | {'OK', how, device_id, name, superseded_session, later, epoch, revision, runs, drafts, plans, rest, listed}
--   how: "new" | "resumed"; later: ms after which devices_tell is to be called, or 0
--   rest: as of snapshot_read; {'UNKNOWN'} | {'SUPERSEDED'}
--   | {'FULL'}: the account has its most devices
local has_ended, has_login = is_signed_out(signin, signed_out, sign_in, begun_at)
if has_ended then return {'SIGNED_OUT'} end
local how = 'new'

local function record_of(key)
  local names = {'session', 'taken_for', 'proof', 'operator', 'name', 'token', 'since', 'named', 'noted', 'new_at'}
  local values, found = redis.call('HMGET', key, unpack(names)), {}
  for place, field in ipairs(names) do found[field] = values[place] end
  return found
end
local before = record_of(device)
local missing = missing_of(devices, token)

-- The missing ones that hold a run, those lost last first: the runs are looked at once, and not
-- again for each entry that turns out to be of a device that is not missing.
local function missing_holders()
  local holders, ends = {}, {}
  for _, key in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', key, 'status', 'device', 'detached')
    local until_when = depends_on(r, r[2]) and not ends[r[2]] and redis.call('ZSCORE', missing, r[2])
    if until_when then
      holders[#holders + 1] = r[2]
      ends[r[2]] = tonumber(until_when)
    end
  end
  local function is_later(one, other)
    return ends[one] > ends[other]
  end
  table.sort(holders, is_later)
  return holders
end

local function find_missing()
  if redis.call('EXISTS', missing) == 0 then return nil end
  redis.call('ZREMRANGEBYSCORE', missing, '-inf', int(now))
  local holders = redis.call('ZCARD', missing) > 1 and missing_holders() or {}
  for try = 1, TRIES_MAX do
    local id = holders[try] or redis.call('ZREVRANGE', missing, 0, 0)[1]
    if not id then return nil end
    redis.call('ZREM', missing, id)
    local d = redis.call('HMGET', device_key(devices, id), 'token', 'session', 'away_until')
    if d[1] == token and d[2] == '' and tonumber(d[3]) > now then return id end
  end
end

if mode == 'resume' then
  -- Of a team everybody's devices are in one account: another one's is none of theirs, whatever they bring.
  if before.proof ~= proof or before.operator ~= operator then return {'UNKNOWN'} end
  how = 'resumed'
elseif mode == 'restore' then
  local holder = before.session
  if holder and holder ~= '' and holder ~= session then return {'SUPERSEDED'} end
else
  local found = nil
  if before.taken_for and redis.call('HGET', device_key(devices, before.taken_for), 'session') == session then
    found = before.taken_for  -- asked again, because the answer was lost
  elseif before.session ~= session then
    found = find_missing()
  end
  if found then
    redis.call('HSET', device, 'taken_for', found)
    redis.call('PEXPIRE', device, RETRY_TTL)
    how = 'resumed'
    device, device_id = device_key(devices, found), found
    before = record_of(device)
  end
end

-- One that is gone for good makes room: those are the first to run out.
local function make_room()
  for _, key in ipairs(redis.call('ZRANGE', devices, 0, 15)) do
    local d = redis.call('HMGET', key, 'session', 'away_until')
    if not d[1] or (d[1] == '' and tonumber(d[2]) <= now) then
      redis.call('DEL', key)
      redis.call('ZREM', devices, key)
      return index(devices, device, DEVICE_TTL)
    end
  end
end

if not admitted(devices, device, DEVICE_TTL, most) and not make_room() then return {'FULL'} end

if name == '' or before.named then name = before.name or '' end
if name == '' then name = usual_name end
if before.token then redis.call('ZREM', missing_of(devices, before.token), device_id) end
local is_new, since = mode == 'new' and how == 'new', before.since or int(now)
redis.call('HSET', device, 'id', device_id, 'proof', proof, 'name', name, 'operator', operator,
  'who', who, 'since', since, 'session', session, 'replica', server, 'token', token, 'away_until', 0,
  'new_at', is_new and int(now) or before.new_at or 0, 'signed_out', '', 'noted', note_device(device, device_id, before.noted))
redis.call('PEXPIRE', device, DEVICE_TTL)
if has_login then
  redis.call('HSET', signin, 'seen', int(now), 'device', device_id, 'device_name', name)
end
if is_new then
  local new = new_of(devices, token)
  redis.call('ZADD', new, int(now), device_id)
  redis.call('ZREMRANGEBYRANK', new, 0, -TRIES_MAX - 1)
  redis.call('PEXPIRE', new, RETRY_TTL)
end
mark_runs(meta, log, channel, runs, device_id, '', back_head)
local later = list_device(meta, log, channel, devices, device_id, name, who, since,
  'here', listed_most, joined_head, updated_head, all_head)

local answer = {'OK', how, device_id, name, before.session or '', int(later)}
return with_snapshot(answer, meta, log, runs, drafts, devices)
