-- The figures of an account, by the hour in UTC. Those of the present day are a hash, of a field for what is
-- counted within an hour: '<hour> <kind> <name>', with numbers that only add up. Those of each day before
-- are one text in a hash of all days, so that a year is read by one command, as a day is. What runs do is
-- carried over at their moments (their end, a plan, a rest, a change of the hour, somebody's question) as
-- what it has grown by since the last time, so that a step costs nothing, and who dies loses nothing.

-- Where they begin, by any key of the account.
local function analytics_of(key)
  return string.match(key, '^[^}]*}:') .. 'analytics'
end

local function hour_of(at)
  return math.floor(tonumber(at) / 3600000)
end

-- Another day has begun: put that of before into the hash of all, and have those go that are past their life,
-- and what is known of runs that nothing was heard of for as long as a run is on record.
-- USES: int
local function put_away(analytics, today, day, before)
  local fields = redis.call('HGETALL', today)
  local figures = {}
  for i = 1, #fields, 2 do figures[fields[i]] = fields[i + 1] end
  redis.call('HSET', analytics, int(before), cjson.encode(figures))
  redis.call('DEL', today)
  for _, each in ipairs(redis.call('HKEYS', analytics)) do
    if tonumber(each) < day - ANALYTICS_TTL / 86400000 then redis.call('HDEL', analytics, each) end
  end
  local open = redis.call('HGETALL', analytics .. ':open')
  for i = 1, #open, 2 do
    local at = string.match(open[i + 1], '%d+$')
    if tonumber(at) < now - RUNNING_TTL then redis.call('HDEL', analytics .. ':open', open[i]) end
  end
end

-- Have `change` read and write figures of an hour's day, by the two functions that it is given. They live for
-- a day more than they must, so that it is enough to say so at each day's first.
-- USES: int put_away
local function of_day(analytics, hour, change)
  local today, day = analytics .. ':today', math.floor(hour / 24)
  local present = tonumber(redis.call('HGET', today, 'day') or -1)
  if day < present then
    if day < present - ANALYTICS_TTL / 86400000 then return end
    local text = redis.call('HGET', analytics, int(day))
    local figures = text and cjson.decode(text) or {day = int(day)}
    change(function(field) return figures[field] end, function(field, value) figures[field] = value end)
    redis.call('HSET', analytics, int(day), cjson.encode(figures))
    redis.call('PEXPIRE', analytics, ANALYTICS_TTL + 86400000)
    return
  end
  local changed, fields = {}, {}
  if day > present then
    if present >= 0 then put_away(analytics, today, day, present) end
    changed.day = int(day)
  end
  change(function(field) return changed[field] or redis.call('HGET', today, field) end,
    function(field, value) changed[field] = value end)
  for field, value in pairs(changed) do
    fields[#fields + 1], fields[#fields + 2] = field, value
  end
  if #fields > 0 then redis.call('HSET', today, unpack(fields)) end
  if day > present then
    for _, key in ipairs({analytics, today}) do redis.call('PEXPIRE', key, ANALYTICS_TTL + 86400000) end
  end
end

-- Add to figures of an hour. Names beyond the most of a day are counted together, under ''.
-- changes: of a kind, a name, and the numbers to add in their order; the name ends with the profile
-- USES: int of_day
local function add_figures(analytics, hour, changes)
  local function sum_up(get, set)
    for _, each in ipairs(changes) do
      local head = int(hour % 24) .. ' ' .. each[1] .. ' '
      local field = head .. each[2]
      local before = get(field)
      if not before then
        local named = tonumber(get('names') or 0)
        if named < ANALYTICS_NAMES_MAX then
          set('names', int(named + 1))
        else
          field = head
          before = get(field)
        end
      end
      local sums = {}
      for number in string.gmatch(before or '', '%-?%d+') do sums[#sums + 1] = number end
      for place, number in ipairs(each[3]) do sums[place] = int(tonumber(sums[place] or 0) + number) end
      set(field, table.concat(sums, ' '))
    end
  end
  of_day(analytics, hour, sum_up)
end

-- A device was there in this hour. Of a day each is noted by the hours, as bits; of those beyond the most it
-- is counted how many there were in each hour.
-- noted: of its record, in which hour that was noted last. Returns what is to stand there now.
-- USES: int analytics_of hour_of of_day
local function note_device(device, id, noted)
  local hour = hour_of(now)
  if noted == int(hour) then return noted end
  local function note(get, set)
    local field, within = 'd ' .. string.sub(id, 1, 12), hour % 24
    local before = get(field)
    if not before then
      local known = tonumber(get('devices') or 0)
      if known >= ANALYTICS_NAMES_MAX then
        field = int(within) .. ' d'
        set(field, int(tonumber(get(field) or 0) + 1))
        return
      end
      set('devices', int(known + 1))
    end
    local hours = tonumber(before or 0)
    if math.floor(hours / 2 ^ within) % 2 == 0 then set(field, int(hours + 2 ^ within)) end
  end
  of_day(analytics_of(device), hour, note)
  return int(hour)
end

-- Text of others, as part of a name.
local function part_of_name(text)
  text = string.gsub(text, '[\n\r]', ' ')
  if #text <= ANALYTICS_REASON_MAX then return text end
  return (string.gsub(string.sub(text, 1, ANALYTICS_REASON_MAX), '[\192-\255]?[\128-\191]*$', ''))
end

-- Why a run could not message somebody, until it is carried over.
-- USES: analytics_of part_of_name
local function note_failure(run, run_id, why)
  local reasons = analytics_of(run) .. ':why:' .. run_id
  local reason = part_of_name(why)
  if redis.call('HEXISTS', reasons, reason) == 0 and redis.call('HLEN', reasons) >= ANALYTICS_REASONS_MAX then
    reason = ''
  end
  redis.call('HINCRBY', reasons, reason, 1)
  redis.call('PEXPIRE', reasons, RUNNING_TTL)
end

-- Of one who was uncertain it is known by now what became of them: that counts in the hour in which they were
-- found to be. at: ms, or nil where that is not known; why: of one who could not be messaged after all
-- USES: analytics_of hour_of add_figures part_of_name
local function refigure(key, profile, at, becomes, why)
  local change = {0, 0, 0, -1}
  local place = ({sent = 1, skipped = 2, failed = 3})[becomes]
  if place then change[place] = 1 end
  local changes = {{'p', profile, change}}
  if becomes == 'failed' then changes[2] = {'w', part_of_name(why) .. '\n' .. profile, {1}} end
  add_figures(analytics_of(key), hour_of(at or now), changes)
end

-- The same in what is carried over of a run already.
-- USES: int
local function recarry(run, number, becomes)
  local carried = redis.call('HGET', run, 'carried') or ''
  local c = {}
  for each in string.gmatch(carried ~= '' and carried or '0 0 0 0', '%-?%d+') do c[#c + 1] = tonumber(each) end
  c[4] = c[4] - number
  local place = ({sent = 1, skipped = 2, failed = 3})[becomes]
  if place then c[place] = c[place] + number end
  for i = 1, 4 do c[i] = int(c[i]) end
  redis.call('HSET', run, 'carried', table.concat(c, ' '))
end

-- Carry over what a run has done since the last time, to the hour in which it did it: whoever changes its
-- counters in another hour calls this before.
-- outcome: how it ends now, or nil. Whoever ends it once more, as its record was lost, changes nothing.
-- USES: int analytics_of hour_of add_figures device_name part_of_name history_of
local function carry(run, outcome)
  local names = {'run_id', 'profile', 'hour', 'carried', 'carried_at', 'sent', 'skipped', 'failed', 'uncertain',
    'paused_for', 'paused', 'paused_at', 'waited_for', 'waits_since', 'next_at', 'status', 'started_at',
    'operator', 'device', 'device_name'}
  local values, r = redis.call('HMGET', run, unpack(names)), {}
  for at, name in ipairs(names) do r[name] = values[at] or '' end
  if r.run_id == '' then return end
  if outcome and redis.call('HEXISTS', history_of(run) .. ':runs', r.run_id) == 1 then return end
  local analytics, present = analytics_of(run), hour_of(now)
  -- A run of an earlier version knows nothing of hours.
  local hour = tonumber(r.hour) or present
  local c = {}
  for each in string.gmatch(r.carried ~= '' and r.carried or '0 0 0 0', '%-?%d+') do c[#c + 1] = tonumber(each) end
  -- A server of an earlier version began a cycle anew.
  if (tonumber(r.sent) or 0) < c[1] then c = {0, 0, 0, 0} end
  local figures, changed = {}, outcome ~= nil
  for at, name in ipairs({'sent', 'skipped', 'failed', 'uncertain'}) do
    local counted = tonumber(r[name]) or 0
    figures[at] = counted - c[at]
    changed = changed or figures[at] ~= 0
    c[at] = int(counted)
  end

  -- How long it ran, without its pauses and waits.
  local idle = (tonumber(r.paused_for) or 0) + (tonumber(r.waited_for) or 0)
  if r.paused == '1' and r.paused_at ~= '' then idle = idle + now - tonumber(r.paused_at) end
  if r.waits_since ~= '' then idle = idle + now - tonumber(r.waits_since) end
  local idle_before, since = string.match(r.carried_at, '^(%d+) (%d+)$')
  idle_before, since = tonumber(idle_before or 0), tonumber(since or (tonumber(r.started_at) or now))
  local ran = 0
  if r.status == 'running' and r.next_at == '' then
    ran = math.max(0, math.min(now, (hour + 1) * 3600000) - since - math.max(0, idle - idle_before))
  end
  figures[5] = ran
  -- What has passed of an hour that has begun meanwhile is this hour's.
  local from = hour ~= present and idle == idle_before and math.max(since, present * 3600000) or now
  if changed or ran > 0 then
    local ends = {}
    for at, name in ipairs({'completed', 'stopped', 'interrupted'}) do
      ends[at] = outcome == name and 1 or 0
      figures[5 + at] = ends[at]
    end
    local changes = {{'p', r.profile, figures}}
    if outcome then
      local devices = string.gsub(analytics, 'analytics$', 'devices')
      local name = r.device_name ~= '' and r.device_name or device_name(devices, r.device)
      changes[2] = {'r', r.operator .. '\n' .. part_of_name(name) .. '\n' .. r.profile, ends}
    end
    local reasons = analytics .. ':why:' .. r.run_id
    local whys = figures[3] ~= 0 and redis.call('HGETALL', reasons) or {}
    for i = 1, #whys, 2 do changes[#changes + 1] = {'w', whys[i] .. '\n' .. r.profile, {tonumber(whys[i + 1])}} end
    if #whys > 0 then redis.call('DEL', reasons) end
    add_figures(analytics, hour, changes)
  end
  local carried = table.concat(c, ' ')
  redis.call('HSET', run, 'hour', int(present), 'carried', carried, 'carried_at', int(idle) .. ' ' .. int(from))
  if outcome or r.status ~= 'running' then
    redis.call('HDEL', analytics .. ':open', r.run_id)
  else
    redis.call('HSET', analytics .. ':open', r.run_id, carried .. ' ' .. int(now))
    redis.call('PEXPIRE', analytics .. ':open', RUNNING_TTL)
  end
end
