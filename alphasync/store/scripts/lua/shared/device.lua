-- A device's record, and its grace.

-- The key of another device than the one that a script is given: beside their index.
local function device_key(devices, id)
  return string.sub(devices, 1, -2) .. ':' .. id
end

-- What a device is called. A service token acts as a device that is never there, and has the name itself.
-- USES: device_key
local function device_name(devices, id)
  local token = string.match(id, '^api:(.+)$')
  local key = token and string.gsub(devices, 'devices$', 'signin:') .. token or device_key(devices, id)
  return redis.call('HGET', key, 'name') or ''
end

-- What is left of the grace of a device that is away. A clock that was set back: one that seems to last
-- for longer than it was given is of before, and ends in its time.
local function left_of(device, away_until)
  local grace = tonumber(redis.call('HGET', device, 'grace') or away_until)
  return math.min(tonumber(away_until) - now, grace)
end

-- The devices of a token that are away, by the end of their grace: whoever comes with nothing but
-- this token is one of them.
local function missing_of(devices, token)
  return devices .. ':missing:' .. (token or '')
end

-- USES: int missing_of
local function miss(devices, token, id, away_until)
  redis.call('ZADD', missing_of(devices, token), int(away_until), id)
  redis.call('PEXPIRE', missing_of(devices, token), DEVICE_TTL)
end

-- The devices that came with nothing but this token and were taken for new, by when they came.
local function new_of(devices, token)
  return devices .. ':new:' .. (token or '')
end

-- Of the devices that came with this token, and nothing else, since then the first one that is here, and
-- not at the dead server 'owner': a client is back sooner than a person opens a page.
-- USES: int new_of device_key
local function successor_of(devices, token, device_id, since, owner)
  local new = new_of(devices, token)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', new, int(since), int(now), 'LIMIT', 0, TRIES_MAX)) do
    local o = redis.call('HMGET', device_key(devices, id), 'token', 'session', 'replica', 'new_at')
    local is_here = id ~= device_id and o[1] == token and o[2] ~= '' and o[3] ~= owner
    if is_here and tonumber(o[4]) >= since then return id end
  end
end
