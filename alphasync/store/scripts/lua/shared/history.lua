-- The history: what became of each run of an account, put on record by the script that ends it. An index by
-- when they ended, whose members say what one looks for; what is known of each, and its text, are beside it,
-- and so are those whom it could not message, or perhaps has.

-- Where it begins, by any key of the account.
local function history_of(key)
  return string.match(key, '^[^}]*}:') .. 'history'
end

-- Note somebody of whom it is not known whether a run has messaged them. text: as the list of all such has it
-- USES: history_of
local function note_doubted(uncertain, run_id, recipient, text)
  if HISTORY_MAX == 0 then return end
  local list = history_of(uncertain) .. ':uncertain:' .. run_id
  if redis.call('HLEN', list) >= HISTORY_UNCERTAIN_MAX then return end
  redis.call('HSET', list, recipient, text)
  redis.call('PEXPIRE', list, HISTORY_TTL)
end

-- It is known by now, by a late answer or a person's decision.
-- USES: history_of
local function forget_doubted(uncertain, run_id, recipient)
  if run_id ~= '' then redis.call('HDEL', history_of(uncertain) .. ':uncertain:' .. run_id, recipient) end
end

-- The list of those whom the runs of a profile and type could not message.
local function reasons_of(history, r)
  return string.gsub(history, 'history$', 'reasons:') .. r.type .. ':' .. r.profile
end

-- Keep those whom a run could not message: the list that there is of them is for the next run. One command
-- takes it whole, with those of the run before whom this one has not tried: these are told apart by the run.
local function keep_failed(history, reasons, run_id)
  local list = history .. ':failed:' .. run_id
  redis.call('COPY', reasons, list, 'REPLACE')
  redis.call('PEXPIRE', list, HISTORY_TTL)
  return redis.call('HLEN', list)
end

-- Have the oldest go that are too many or too old, some with each that comes. bytes: what all take
-- USES: int
local function make_room(history, bytes)
  local count = redis.call('ZCARD', history)
  local first = redis.call('ZRANGE', history, 0, 0, 'WITHSCORES')
  local function fits(place)
    return count <= HISTORY_MAX and bytes <= HISTORY_BYTES and tonumber(place) > now - HISTORY_TTL
  end
  if fits(first[2]) then return end
  local oldest = redis.call('ZRANGE', history, 0, HISTORY_DROPPED_MAX - 1, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    if fits(oldest[i + 1]) then break end
    local run_id = string.match(oldest[i], '^[^\n]*')
    local text = redis.call('HGET', history .. ':runs', run_id)
    if text then bytes = bytes - tonumber(cjson.decode(text).size) end
    redis.call('HDEL', history .. ':runs', run_id)
    redis.call('HDEL', history .. ':texts', run_id)
    redis.call('UNLINK', history .. ':failed:' .. run_id, history .. ':uncertain:' .. run_id)
    redis.call('ZREM', history, oldest[i])
    count = count - 1
  end
  redis.call('HSET', history .. ':kept', 'bytes', int(math.max(0, bytes)))
end

-- What a run waited for is over, or it ends meanwhile.
-- USES: int
local function waited(run, since)
  redis.call('HINCRBY', run, 'waited_for', int(math.max(0, now - tonumber(since))))
  redis.call('HSET', run, 'waits_since', '')
end

-- Put a run on record that ends now: to be called while its record still says how it ran. Whoever ends it once
-- more, as its record was lost, changes nothing. Many may end in one script: what most do not have costs none of
-- them anything.
-- outcome: its status from now on; why, code: of one that was interrupted; stopped_by: a device
-- USES: int history_of reasons_of keep_failed make_room device_name
local function note_end(runs, run, outcome, why, code, stopped_by)
  if HISTORY_MAX == 0 then return end
  local history = history_of(runs)
  local names = {'run_id', 'text', 'paused', 'paused_at', 'waits_since', 'attachments_with_options', 'attachments',
    'profile', 'type', 'device', 'operator', 'detached', 'only', 'plan', 'options', 'started_at', 'cycle', 'total',
    'sent', 'skipped', 'failed', 'uncertain', 'past_sent', 'past_failed', 'past_uncertain',
    'pauses', 'paused_for', 'waits', 'waited_for', 'device_name'}
  local values = redis.call('HMGET', run, unpack(names))
  local run_id, text, paused, paused_at, waits_since, hidden = unpack(values, 1, 6)
  if not run_id or redis.call('HEXISTS', history .. ':runs', run_id) == 1 then return end
  text = text or ''
  local r = {outcome = outcome, reason = why, code = code, stopped_by = stopped_by, ended_at = int(now)}
  for at = 7, #names do r[names[at]] = values[at] or '' end
  if hidden then r.attachments = hidden end
  local function lasted(name, since)
    if since and since ~= '' then r[name] = int((tonumber(r[name]) or 0) + math.max(0, now - tonumber(since))) end
  end
  if paused == '1' then lasted('paused_for', paused_at) end
  lasted('waited_for', waits_since)

  local devices = string.gsub(history, 'history$', 'devices')
  r.name, r.device_name = r.device_name ~= '' and r.device_name or device_name(devices, r.device), nil
  r.stopper = stopped_by ~= '' and device_name(devices, stopped_by) or ''
  r.words = text
  if #text > HISTORY_WORDS_MAX then  -- without half a character at its end
    r.words = string.gsub(string.sub(text, 1, HISTORY_WORDS_MAX), '[\192-\255]?[\128-\191]*$', '')
  end

  local people = 0
  if r.failed ~= '0' or r.past_failed ~= '' then people = keep_failed(history, reasons_of(history, r), run_id) end
  if r.uncertain ~= '0' or r.past_uncertain ~= '' then
    people = people + redis.call('HLEN', history .. ':uncertain:' .. run_id)
    redis.call('PEXPIRE', history .. ':uncertain:' .. run_id, HISTORY_TTL)
  end
  r.size = int(#text + #r.attachments + HISTORY_OVERHEAD + people * HISTORY_PERSON)

  -- By time, and no two at the same place, so that a page can begin behind any of them.
  local newest = redis.call('ZRANGE', history, -1, -1, 'WITHSCORES')
  local before = tonumber(newest[2] or 0)
  if not newest[1] then redis.call('UNLINK', history .. ':runs', history .. ':texts', history .. ':kept') end
  local place = math.max(now, before + 1)
  r.place = int(place)
  for name, value in pairs(r) do
    if value == '' then r[name] = nil end
  end
  redis.call('ZADD', history, r.place, table.concat({run_id, outcome, r.type, r.operator, r.profile}, '\n'))
  redis.call('HSET', history .. ':runs', run_id, cjson.encode(r))
  redis.call('HSET', history .. ':texts', run_id, text)
  make_room(history, redis.call('HINCRBY', history .. ':kept', 'bytes', r.size))
  -- Once a day is enough.
  if math.floor(place / HISTORY_RENEWED) == math.floor(before / HISTORY_RENEWED) then return end
  for _, key in ipairs({history, history .. ':runs', history .. ':texts', history .. ':kept'}) do
    redis.call('PEXPIRE', key, HISTORY_TTL + HISTORY_RENEWED)
  end
end

-- What a run that has ended came to has changed since, as by a late answer.
-- USES: history_of reasons_of keep_failed
local function count_again(run)
  local names = {'total', 'sent', 'skipped', 'failed', 'uncertain', 'past_sent', 'past_failed', 'past_uncertain'}
  local run_id = redis.call('HGET', run, 'run_id')
  local history = history_of(run)
  local text = run_id and redis.call('HGET', history .. ':runs', run_id)
  if not text then return end
  local record = cjson.decode(text)
  local values = redis.call('HMGET', run, unpack(names))
  for at, name in ipairs(names) do record[name] = values[at] or '' end
  redis.call('HSET', history .. ':runs', run_id, cjson.encode(record))
  -- While the run is on record, the list of those who failed is its own.
  keep_failed(history, reasons_of(history, record), run_id)
end
