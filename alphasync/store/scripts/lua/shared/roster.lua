-- Who is here: the devices of an account that are connected, or in their grace, and what the others
-- are told of them.

-- A hash of device id to what is said of it: the members of a JSON object. One command reads it whole.
local function roster_of(devices)
  return devices .. ':roster'
end

-- USES: roster_of
local function roster_texts(devices)
  return redis.call('HVALS', roster_of(devices))
end

-- Tell of a change of the list. Of many at once, as where a server dies, not each is told: that would
-- be as many events as devices, for as many devices. What is over the rate is told with the next
-- change, or by devices_tell, as the whole list.
-- head: of the event about this one, or of the whole list where that is what is still to be told
-- is_first: whether the list is to be given its life in any case
-- Returns the ms after which devices_tell is to be called, or 0 where all is told.
-- USES: int is_due emit roster_of roster_texts
local function tell_devices(meta, log, channel, devices, head, all_head, is_first)
  local told = devices .. ':told'
  local t = redis.call('HMGET', told, 'since', 'count', 'unsaid', 'pause', 'renewed')
  if is_first or is_due(t[5], DEVICE_RENEWED) then
    redis.call('HSET', told, 'renewed', int(now))
    redis.call('PEXPIRE', told, DEVICE_TTL)
    redis.call('PEXPIRE', roster_of(devices), DEVICE_TTL)
  end
  local since, count, pause = tonumber(t[1] or 0), tonumber(t[2] or 0), tonumber(t[4] or 0)
  if now < since or now - since >= pause then
    since, count, pause = now, 0, DEVICE_EVENTS_INTERVAL
    if t[3] == '1' then
      local texts = roster_texts(devices)
      local objects = #texts > 0 and '{' .. table.concat(texts, '},{') .. '}' or ''
      head = all_head .. '"devices":[' .. objects .. ']'
      pause = math.max(pause, #texts * DEVICE_LISTED_INTERVAL)
    end
  elseif count >= DEVICE_EVENTS_MAX then
    redis.call('HSET', told, 'unsaid', '1')
    return since + pause - now
  end
  emit(meta, log, channel, '', '', head)
  redis.call('HSET', told, 'since', int(since), 'count', count + 1, 'unsaid', '', 'pause', int(pause))
  return 0
end

-- Have a device on the list as it is now. A list that has its most takes no further one.
-- name, who, since: of its record. state: "here" | "away". Returns as tell_devices does.
-- USES: int roster_of tell_devices
local function list_device(meta, log, channel, devices, id, name, who, since, state, most, joined_head, updated_head, all_head)
  local list = roster_of(devices)
  local before = redis.call('HGET', list, id)
  local size = before or redis.call('HLEN', list)
  if not who or (not before and size >= tonumber(most)) then return 0 end
  local text = '"deviceId":' .. cjson.encode(id) .. ',"name":' .. cjson.encode(name) .. ',' .. who
    .. ',"since":' .. since .. ',"state":"' .. state .. '"'
  if before and string.sub(before, 1, #text) == text then return 0 end
  text = text .. ',"lastSeen":' .. int(now)
  redis.call('HSET', list, id, text)
  local head = before and updated_head or joined_head
  return tell_devices(meta, log, channel, devices, head .. text, all_head, size == 0)
end

-- Take a device off the list. head: of the event, with a field in it. Returns as tell_devices does.
-- USES: roster_of tell_devices
local function unlist_device(meta, log, channel, devices, id, head, all_head)
  if redis.call('HDEL', roster_of(devices), id) == 0 then return 0 end
  head = head .. ',"deviceId":' .. cjson.encode(id)
  return tell_devices(meta, log, channel, devices, head, all_head)
end
