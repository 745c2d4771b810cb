-- A run's record, its lock, and what becomes of it.

-- The runs that are running, by their start: what looks at them all need not look at the ended
-- ones. A record that is gone stays listed until somebody looks.
local function running_of(runs)
  return runs .. ':running'
end

-- Keep the record of a run that goes on: for a day without any server, so that one goes on with it.
-- USES: int running_of index
local function keep_running(runs, run, fence)
  redis.call('HSET', run, 'renewed', int(now))
  redis.call('PEXPIRE', run, RUNNING_TTL)
  index(runs, run, RUNNING_TTL)
  redis.call('ZADD', running_of(runs), fence, run)
  redis.call('PEXPIRE', running_of(runs), RUNNING_TTL)
end

-- Keep the record of a run that has ended.
-- USES: index
local function keep_ended(runs, run)
  redis.call('PEXPIRE', run, RUN_TTL)
  index(runs, run, RUN_TTL, RUNNING_TTL)
end

-- Whether this runner still holds the lock: same run, same fencing token. A lock that ran out, as
-- over a long absence of Redis, is still its own while nobody else has taken it. One whose record
-- is gone holds nothing: it is freed, or nobody could start or stop anything while it lives.
-- known: the run's id as its record has it, where that was read already
local function owns(lock, run, run_id, fence, known)
  local held = redis.call('HMGET', lock, 'run_id', 'fence')
  if held[1] then
    if held[1] ~= run_id or held[2] ~= fence then return false end
    if known == nil then known = redis.call('HGET', run, 'run_id') end
    if known == run_id then return true end
    redis.call('DEL', lock)
    return false
  end
  local r = redis.call('HMGET', run, 'status', 'run_id', 'fence', 'device')
  if r[1] ~= 'running' or r[2] ~= run_id or r[3] ~= fence then return false end
  redis.call('HSET', lock, 'device', r[4], 'run_id', run_id, 'fence', fence)
  redis.call('PEXPIRE', lock, LOCK_TTL)
  return true
end

local function release(lock, run_id)
  if redis.call('HGET', lock, 'run_id') == run_id then redis.call('DEL', lock) end
end

-- The recipient in flight may have been messaged: list it for a person to decide.
-- USES: int remembered forget_failed note_doubted count_again hour_of carry
local function doubt(run, uncertain, failed, reasons, why)
  local r = redis.call('HMGET', run, 'inflight', 'inflight_name', 'run_id', 'hour', 'status')
  if r[4] ~= int(hour_of(now)) then carry(run) end
  forget_failed(failed, reasons, r[1])
  local text = remembered(r[2], r[3], why)
  redis.call('HSET', uncertain, r[1], text)
  redis.call('PEXPIRE', uncertain, SENT_TTL)
  redis.call('HINCRBY', run, 'uncertain', 1)
  redis.call('HSET', run, 'inflight', '')
  note_doubted(uncertain, r[3], r[1], text)
  count_again(run)
  if r[5] ~= 'running' then carry(run) end
end

-- So many of those whom a run counts as uncertain became something else, by a person's decision or by a
-- late answer. becomes: a counter, or '' for those who are for the next run, and not counted by this one.
-- USES: count_again recarry
local function recount(run, number, becomes)
  -- Of a continuous run they are perhaps of an earlier cycle.
  local here = math.min(number, tonumber(redis.call('HGET', run, 'uncertain')))
  redis.call('HINCRBY', run, 'uncertain', -here)
  recarry(run, here, becomes)
  redis.call('HINCRBY', run, becomes == '' and 'total' or becomes, becomes == '' and -here or here)
  if here < number then
    redis.call('HINCRBY', run, 'past_uncertain', here - number)
    if becomes == 'sent' or becomes == 'failed' then
      redis.call('HINCRBY', run, 'past_' .. becomes, number - here)
    end
  end
  count_again(run)
end

-- Record what became of the recipient in flight; `outcome` is a counter, or 'released' for a
-- recipient whom the run gives back without having tried. why: what went wrong, where something did;
-- most: how many that could not be messaged are listed.
-- USES: int unclaim doubt forget_failed list_failed hour_of carry note_failure
local function settle(run, sent, tally, uncertain, failed, reasons, recipient, outcome, claimed_at, why, most)
  if recipient == '' then return false end
  local known = redis.call('HMGET', run, 'inflight', 'hour', 'status')
  if known[1] ~= recipient then return false end
  if known[2] ~= int(hour_of(now)) then carry(run) end
  if outcome == 'uncertain' then
    doubt(run, uncertain, failed, reasons, why)
    return true
  end
  if outcome == 'released' then
    -- A takeover goes on behind the last recipient, who was not this one after all.
    redis.call('HSET', run, 'last', redis.call('HGET', run, 'before_last'))
  else
    redis.call('HINCRBY', run, outcome, 1)
    if outcome == 'failed' then
      local r = redis.call('HMGET', run, 'inflight_name', 'run_id')
      list_failed(failed, reasons, recipient, r[1], r[2], why, most)
      note_failure(run, r[2], why)
    else
      forget_failed(failed, reasons, recipient)
    end
  end
  redis.call('HSET', run, 'inflight', '')
  if known[3] ~= 'running' then carry(run) end
  unclaim(sent, tally, recipient, outcome, claimed_at)
  return true
end

-- The fields of a run's record that say how far it got.
local function counter_names()
  return {'total', 'sent', 'skipped', 'failed', 'uncertain', 'cycle', 'next_at',
    'past_sent', 'past_failed', 'past_uncertain'}
end

-- Of a continuous run those of its cycle, and then what became of people in all of them.
-- c: the values of these fields
-- USES: int
local function counters_of(c)
  local current = tonumber(c[2]) + tonumber(c[3]) + tonumber(c[4]) + tonumber(c[5])
  local text = '"current":' .. int(current) .. ',"total":' .. c[1] .. ',"sent":' .. c[2]
    .. ',"skipped":' .. c[3] .. ',"failed":' .. c[4] .. ',"uncertain":' .. c[5]
  if (c[6] or '') == '' then return text end
  return text .. ',"cycle":' .. c[6] .. (c[7] ~= '' and ',"nextCycleAt":' .. c[7] or '')
    .. ',"totals":{"sent":' .. int(c[2] + (c[8] or 0)) .. ',"failed":' .. int(c[4] + (c[9] or 0))
    .. ',"uncertain":' .. int(c[5] + (c[10] or 0)) .. '}'
end

-- USES: counter_names counters_of
local function counters(run)
  return counters_of(redis.call('HMGET', run, unpack(counter_names())))
end

-- Send the progress that starts with `head` (open inside its `progress` object). Whose the run is may
-- have changed since its runner knew: the record says. Returns the revision.
-- USES: emit
local function progress(meta, log, channel, profile, head, device, started_at, identity, counted)
  return emit(meta, log, channel, profile, '', head .. ',"deviceId":"' .. device
    .. '","startedAt":' .. started_at .. ',' .. counted .. '},' .. identity)
end

-- Send how far a run got, and note that.
-- waiting_for: what it waits for, where it does.
-- USES: progress counters
local function tell(meta, log, channel, profile, run, message, head, waiting_for)
  local r = redis.call('HMGET', run, 'device', 'started_at', 'identity')
  local revision = progress(meta, log, channel, profile, head, r[1], r[2], r[3], counters(run))
  redis.call('HSET', run, 'message', message, 'revision', revision, 'waiting_for', waiting_for or '')
end

-- Move a running run to an ended state, free its lock and tell the devices.
-- head: the event's packet without the run's identity, which the run's record carries.
-- USES: emit running_of keep_ended release counters note_end tell_end carry
local function end_run(meta, log, channel, runs, run, status, message, head, stopped_by)
  local r = redis.call('HMGET', run, 'identity', 'profile', 'lock', 'run_id')
  release(r[3], r[4])
  carry(run, status)
  redis.call('HSET', run, 'next_at', '')
  local why = status == 'interrupted' and message or ''
  local code = string.match(head, '"code":"([%w_]+)"') or ''
  note_end(runs, run, status, why, code, stopped_by or '')
  tell_end(run, status, why, code, stopped_by or '')
  local revision = emit(meta, log, channel, r[2], '', head .. ',' .. r[1] .. ',' .. counters(run))
  redis.call('HSET', run, 'status', status, 'message', message, 'away', '', 'detached', '', 'paused', '',
    'options', '', 'waiting_for', '', 'stopped_by', stopped_by or '',
    'reason', status == 'interrupted' and message or '', 'revision', revision)
  redis.call('ZREM', running_of(runs), run)
  keep_ended(runs, run)
end

-- Take the processing lock, put a new run on record and tell all devices. A run over those whom the one
-- before could not message keeps the list of them; any other one empties it.
-- at: the keys, the channel, the profile, the most runs that an account may have, and `only`: 'failed' for
-- such a run, else ''
-- fields: of the record, names and values: whose it is and what it sends
-- Returns 'OK', the fencing token and, for such a run, 'honours' of the one before | 'HELD' and the device
--   | 'NOTHING_FAILED' | 'LIST_LOST' | 'NEVER_LOST' | 'BUSY' | 'FULL'
-- USES: int emit admitted running_of keep_running list_is_lost never_is_lost note_start doubt end_run device_name hour_of
local function begin_run(at, fields, run_id, device, head, lost_head, lost_reason)
  local lock, run, runs = at.lock, at.run, at.runs
  local held = redis.call('HMGET', lock, 'device', 'run_id')
  local known = redis.call('HMGET', run, 'run_id', 'status')
  -- A lock whose run is not on record, or has ended, locks nothing.
  if held[1] and held[2] == known[1] and known[2] == 'running' then return 'HELD', held[1] end
  if list_is_lost(at.sent, at.tally) then return 'LIST_LOST' end
  if never_is_lost(at.never, at.never_notes) then return 'NEVER_LOST' end
  if at.only == 'failed' and redis.call('EXISTS', at.failed) == 0 then return 'NOTHING_FAILED' end

  -- What has ended without a word, as a record that ran out, does not count.
  local running, most = running_of(runs), tonumber(at.running_most)
  if redis.call('ZCARD', running) >= most and not redis.call('ZSCORE', running, run) then
    for _, listed_run in ipairs(redis.call('ZRANGE', running, 0, -1)) do
      if redis.call('HGET', listed_run, 'status') ~= 'running' then redis.call('ZREM', running, listed_run) end
    end
    if redis.call('ZCARD', running) >= most then return 'BUSY' end
  end
  if not admitted(runs, run, RUNNING_TTL, at.runs_most) then return 'FULL' end

  -- The lock ran out under a run whose runner is gone: it ends before the next one begins.
  if known[2] == 'running' then
    end_run(at.meta, at.log, at.channel, runs, run, 'interrupted', lost_reason, lost_head)
  end

  -- Nobody has said what became of the last run's recipient in flight; its runner still may.
  local open = redis.call('HGET', run, 'inflight')
  if open and open ~= '' then
    doubt(run, at.uncertain, at.failed, at.reasons, lost_reason)
  end

  local honours = at.only == 'failed' and redis.call('HGET', run, 'honours') or ''
  if at.only ~= 'failed' then redis.call('DEL', at.failed, at.reasons) end

  -- A service token is on no list of devices, from which one could learn what it is called.
  local called = string.sub(device, 1, 4) == 'api:' and device_name(at.devices, device) or ''
  local named = called ~= '' and ',"deviceName":' .. cjson.encode(called) or ''
  local fence = emit(at.meta, at.log, at.channel, at.profile, '', head .. named .. ',"startedAt":' .. int(now))
  redis.call('DEL', run)
  if called ~= '' then redis.call('HSET', run, 'device_name', called) end
  redis.call('HSET', run, unpack(fields))
  redis.call('HSET', run, 'status', 'running', 'fence', fence, 'lock', lock, 'started_at', int(now),
    'total', 0, 'sent', 0, 'skipped', 0, 'failed', 0, 'uncertain', 0, 'message', '',
    'inflight', '', 'inflight_name', '', 'cursor', '', 'last', '', 'before_last', '',
    'claimed_at', '', 'honours', honours, 'away', '', 'paused', '',
    'cycle', '', 'next_at', '', 'missed', 0,
    'stopped_by', '', 'reason', '', 'duration', 0,
    'step', 0, 'hour', int(hour_of(now)), 'revision', fence)
  keep_running(runs, run, fence)
  redis.call('DEL', lock)
  redis.call('HSET', lock, 'device', device, 'run_id', run_id, 'fence', fence)
  redis.call('PEXPIRE', lock, LOCK_TTL)
  note_start(at.starts, at.devices, run_id, redis.call('HGET', run, 'operator'), device)
  return 'OK', fence, honours
end

-- Whether a run ends with this device: a detached one goes on without any.
-- r: of its record 'status', 'device' and 'detached', and what else the caller wants
local function depends_on(r, device)
  return r[1] == 'running' and r[2] == device and r[3] ~= '1'
end

-- End the runs that depend on a device. Returns how many those were, or nil where there are more than
-- one script may end.
-- USES: running_of depends_on end_run
local function end_runs_of(meta, log, channel, runs, device, reason, head)
  local ended = 0
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    if depends_on(redis.call('HMGET', run, 'status', 'device', 'detached'), device) then
      if ended == PAGE_ENDS_MAX then return nil end
      end_run(meta, log, channel, runs, run, 'interrupted', reason, head)
      ended = ended + 1
    end
  end
  return ended
end

-- Note on the runs that depend on a device whether it is away, and tell the devices. Their records
-- live on by what their runner does.
-- USES: epoch_of append keep_log running_of depends_on
local function mark_runs(meta, log, channel, runs, device, away, head)
  local epoch, kept
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'status', 'device', 'detached', 'away', 'profile', 'identity')
    if depends_on(r, device) and (r[4] or '') ~= away then
      if not epoch then epoch, kept = epoch_of(meta, log) end
      local revision = append(epoch, meta, log, channel, r[5], '', head .. ',' .. r[6])
      redis.call('HSET', run, 'away', away, 'revision', revision)
    end
  end
  if epoch then keep_log(meta, log, kept) end
end

-- Give the runs that depend on a device to the one that it came back as, and tell the devices. Ids are
-- our own and hexadecimal, so that one can stand for the other in the text of the identity.
-- Returns how many those are.
-- USES: epoch_of append keep_log running_of depends_on
local function hand_runs(meta, log, channel, runs, from, to, head)
  local handed, epoch, kept = 0, nil, nil
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'status', 'device', 'detached', 'profile', 'identity', 'lock')
    if depends_on(r, from) then
      local identity = string.gsub(r[5], '"deviceId":"' .. from, '"deviceId":"' .. to)
      if not epoch then epoch, kept = epoch_of(meta, log) end
      local revision = append(epoch, meta, log, channel, r[4], '', head .. ',' .. identity)
      redis.call('HSET', run, 'device', to, 'identity', identity, 'away', '', 'revision', revision)
      if redis.call('EXISTS', r[6]) == 1 then redis.call('HSET', r[6], 'device', to) end
      handed = handed + 1
    end
  end
  if epoch then keep_log(meta, log, kept) end
  return handed
end

-- Have another device go on with the runs of one that is gone, which is forgotten; false where it has none.
-- USES: hand_runs new_of device_key
local function give_runs(meta, log, channel, device, devices, runs, device_id, token, come, head)
  if hand_runs(meta, log, channel, runs, device_id, come, head) == 0 then return false end
  redis.call('DEL', device)
  redis.call('ZREM', devices, device)
  redis.call('HSET', device_key(devices, come), 'new_at', 0)
  redis.call('ZREM', new_of(devices, token), come)
  return true
end
