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

-- Have the oldest go that are too many or too old, some with each that comes.
-- USES: int
local function make_room(history)
  local kept = history .. ':kept'
  local bytes = tonumber(redis.call('HGET', kept, 'bytes') or 0)
  local count = redis.call('ZCARD', history)
  local oldest = redis.call('ZRANGE', history, 0, HISTORY_DROPPED_MAX - 1, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    if count <= HISTORY_MAX and bytes <= HISTORY_BYTES and tonumber(oldest[i + 1]) > now - HISTORY_TTL then break end
    local run_id = string.match(oldest[i], '^[^\n]*')
    local text = redis.call('HGET', history .. ':runs', run_id)
    if text then bytes = bytes - tonumber(cjson.decode(text).size) end
    redis.call('HDEL', history .. ':runs', run_id)
    redis.call('HDEL', history .. ':texts', run_id)
    redis.call('UNLINK', history .. ':failed:' .. run_id, history .. ':uncertain:' .. run_id)
    redis.call('ZREM', history, oldest[i])
    count = count - 1
  end
  redis.call('HSET', kept, 'bytes', int(math.max(0, bytes)))
end

-- What a run waited for is over, or it ends meanwhile.
-- USES: int
local function waited(run, since)
  redis.call('HINCRBY', run, 'waited_for', int(math.max(0, now - tonumber(since))))
  redis.call('HSET', run, 'waits_since', '')
end

-- Put a run on record that ends now: to be called while its record still says how it ran. Whoever ends it once
-- more, as its record was lost, changes nothing.
-- outcome: its status from now on; why, code: of one that was interrupted; stopped_by: a device
-- USES: int history_of reasons_of keep_failed make_room waited device_name
local function note_end(runs, run, outcome, why, code, stopped_by)
  if HISTORY_MAX == 0 then return end
  local history = history_of(runs)
  local run_id = redis.call('HGET', run, 'run_id')
  if not run_id or redis.call('HEXISTS', history .. ':runs', run_id) == 1 then return end
  local since = redis.call('HGET', run, 'waits_since')
  if since and since ~= '' then waited(run, since) end

  local names = {'profile', 'type', 'device', 'operator', 'detached', 'only', 'plan', 'options', 'started_at',
    'cycle', 'total', 'sent', 'skipped', 'failed', 'uncertain', 'past_sent', 'past_failed', 'past_uncertain',
    'pauses', 'paused_for', 'paused_at', 'waits', 'waited_for', 'device_name'}
  local values = redis.call('HMGET', run, unpack(names))
  local r = {}
  for at, name in ipairs(names) do r[name] = values[at] or '' end
  if redis.call('HGET', run, 'paused') == '1' and r.paused_at ~= '' then
    r.paused_for = int(tonumber(r.paused_for ~= '' and r.paused_for or 0) + math.max(0, now - tonumber(r.paused_at)))
  end
  r.paused_at = nil
  r.outcome, r.reason, r.code, r.stopped_by = outcome, why, code, stopped_by
  r.ended_at = int(now)
  local devices = string.gsub(history, 'history$', 'devices')
  r.name, r.device_name = r.device_name ~= '' and r.device_name or device_name(devices, r.device), nil
  r.stopper = stopped_by ~= '' and device_name(devices, stopped_by) or ''
  local t = redis.call('HMGET', run, 'text', 'attachments_with_options', 'attachments')
  local text = t[1] or ''
  r.attachments = t[2] or t[3] or '[]'
  r.words = text
  if #text > HISTORY_WORDS_MAX then  -- without half a character at its end
    r.words = string.gsub(string.sub(text, 1, HISTORY_WORDS_MAX), '[\192-\255]?[\128-\191]*$', '')
  end

  local people = keep_failed(history, reasons_of(history, r), run_id) + redis.call('HLEN', history .. ':uncertain:' .. run_id)
  r.size = int(#text + #r.attachments + HISTORY_OVERHEAD + people * HISTORY_PERSON)

  -- By time, and no two at the same place, so that a page can begin behind any of them.
  local newest = redis.call('ZRANGE', history, -1, -1, 'WITHSCORES')
  if not newest[1] then redis.call('UNLINK', history .. ':runs', history .. ':texts', history .. ':kept') end
  r.place = int(math.max(now, tonumber(newest[2] or 0) + 1))
  local member = table.concat({run_id, outcome, r.type, r.operator, r.profile}, '\n')
  redis.call('ZADD', history, r.place, member)
  for name, value in pairs(r) do
    if value == '' then r[name] = nil end
  end
  redis.call('HSET', history .. ':runs', run_id, cjson.encode(r))
  redis.call('HSET', history .. ':texts', run_id, text)
  redis.call('HINCRBY', history .. ':kept', 'bytes', r.size)
  make_room(history)
  for _, key in ipairs({history, history .. ':runs', history .. ':texts', history .. ':kept'}) do
    redis.call('PEXPIRE', key, HISTORY_TTL)
  end
  redis.call('PEXPIRE', history .. ':uncertain:' .. run_id, HISTORY_TTL)
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
