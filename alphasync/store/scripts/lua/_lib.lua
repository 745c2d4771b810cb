-- Shared by the scripts: the loader puts in front of each what it uses of this, after the constants
-- (LOG_LENGTH, REVISION_JUMP, and in ms LOG_TTL, META_TTL, LOCK_TTL, RUN_TTL, DRAFT_TTL, DEVICE_TTL,
-- SENT_TTL), `publish_with`, a command, and `lineage`: whose history this primary goes on with,
-- another one after a failover.

-- Redis 6.2 refuses writes after TIME unless effects are what is replicated; later ones always do.
if redis.replicate_commands then redis.replicate_commands() end

local function int(n)
  return string.format('%.0f', n)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Begin another log. The epoch is its identity.
local function new_epoch(meta, log, revision)
  local epoch = time[1] .. '.' .. time[2]
  redis.call('DEL', log)
  redis.call('HSET', meta, 'epoch', epoch, 'revision', revision, 'lineage', lineage)
  redis.call('PEXPIRE', meta, META_TTL)
  return epoch
end

-- The number of a Redis that was put back from an older copy (tide.py); 0 of one that never was.
local function put_back(text)
  return text == '' and 0 or tonumber(string.match(text, '^t(%d+)$'))
end

-- Whether a failover, or an older copy, lies between what is known and now. Numbers of one kind only
-- grow, and a connection that was made before the newest change elsewhere goes on as it is; other
-- texts are just different, as where the data have come from a Redis of another kind.
local function has_failed_over(known)
  local before, here = tonumber(known), tonumber(lineage)
  if not before and not here then before, here = put_back(known), put_back(lineage) end
  if before and here then return here > before end
  return known ~= lineage
end

-- Replication is asynchronous: the end of the log may be lost, with tokens that were given.
local function far_ahead(revision)
  return int(tonumber(revision) + REVISION_JUMP)
end

-- The epoch; a new one where there is none, as on a Redis that lost its data, and after a failover,
-- before anything is written that devices could take for what they have.
local function epoch_of(meta, log)
  local m = redis.call('HMGET', meta, 'epoch', 'lineage', 'revision')
  if not m[1] then return new_epoch(meta, log, '0') end
  if has_failed_over(m[2] or '') then return new_epoch(meta, log, far_ahead(m[3])) end
  return m[1]
end

local function append(epoch, meta, log, channel, room, skip, head)
  local revision = int(redis.call('HINCRBY', meta, 'revision', 1))
  local packet = head .. ',"timestamp":' .. int(now) .. ',"revision":' .. revision .. '}]'
  local envelope = table.concat({epoch, revision, room, skip, packet}, '\n')
  local id = revision .. '-0'
  local added = redis.pcall('XADD', log, 'MAXLEN', '=', LOG_LENGTH, id, 'e', envelope)
  if added.err then
    -- Refused, as where a right was withdrawn: a revision without an event would be a gap for good.
    redis.call('HINCRBY', meta, 'revision', -1)
    redis.call('XADD', log, 'MAXLEN', '=', LOG_LENGTH, id, 'e', envelope)  -- raises why
  end
  redis.call(publish_with, channel, envelope)
  return revision
end

local function keep_log(meta, log)
  redis.call('PEXPIRE', log, LOG_TTL)
  redis.call('PEXPIRE', meta, META_TTL)
end

-- Finish the packet that starts with `head` and give it the next place in the account's order.
-- room: profile id, or '' for the whole account; skip: the device that does not get it, or ''.
local function emit(meta, log, channel, room, skip, head)
  local revision = append(epoch_of(meta, log), meta, log, channel, room, skip, head)
  keep_log(meta, log)
  return revision
end

-- An index is a sorted set of key names by the time they expire, so that a snapshot finds them.
-- Returns 1 for a key that is new there.
local function index(set, key, ttl)
  local added = redis.call('ZADD', set, int(now + ttl), key)
  redis.call('PEXPIRE', set, ttl)
  return added
end

-- Index a key that is about to be written; false where the account has its most without it.
local function admitted(set, key, ttl, most)
  if index(set, key, ttl) == 0 or redis.call('ZCARD', set) <= tonumber(most) then return true end
  redis.call('ZREMRANGEBYSCORE', set, '-inf', int(now))
  if redis.call('ZCARD', set) <= tonumber(most) then return true end
  redis.call('ZREM', set, key)
  return false
end

local function indexed(set)
  redis.call('ZREMRANGEBYSCORE', set, '-inf', int(now))
  return redis.call('ZRANGE', set, 0, -1)
end

-- The runs that are running, by their start: what looks at them all need not look at the ended
-- ones. A record that is gone stays listed until somebody looks.
local function running_of(runs)
  return runs .. ':running'
end

local function keep_running(runs, run, fence)
  redis.call('ZADD', running_of(runs), fence, run)
  redis.call('PEXPIRE', running_of(runs), RUN_TTL)
end

local function touch_run(runs, run)
  redis.call('PEXPIRE', run, RUN_TTL)
  index(runs, run, RUN_TTL)
end

-- Whether this runner still holds the lock: same run, same fencing token. A lock that ran out, as
-- over a long absence of Redis, is still its own while nobody else has taken it. One whose record
-- is gone holds nothing: it is freed, or nobody could start or stop anything while it lives.
local function owns(lock, run, run_id, fence)
  local held = redis.call('HMGET', lock, 'run_id', 'fence')
  if held[1] then
    if held[1] ~= run_id or held[2] ~= fence then return false end
    if redis.call('HGET', run, 'run_id') == run_id then return true end
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

-- The tally of a blocklist is kept beside it: until when it has entries, and for how long they are
-- kept, as servers may differ in that. By it a list that Redis dropped is told from one that is empty.
local function list_is_lost(sent, tally)
  if redis.call('EXISTS', sent) == 1 then return false end
  return tonumber(redis.call('HGET', tally, 'until') or 0) > now
end

-- Put a recipient on the blocklist, for as long as this server keeps entries. Those of a server that
-- keeps them for longer stay for as long as it has said.
local function block(sent, tally, recipient, at)
  local t = redis.call('HMGET', tally, 'lifetime', 'lifetime_until', 'until')
  local lifetime, lifetime_until = SENT_TTL, now + SENT_TTL
  if t[1] and tonumber(t[1]) > SENT_TTL and tonumber(t[2]) > now then
    lifetime, lifetime_until = tonumber(t[1]), tonumber(t[2])
  end
  local last = math.max(tonumber(t[3] or 0), now + SENT_TTL)
  redis.call('ZADD', sent, at, recipient)
  redis.call('HSET', tally, 'lifetime', int(lifetime), 'lifetime_until', int(lifetime_until),
    'until', int(last))
  redis.call('PEXPIRE', sent, int(last - now))
  redis.call('PEXPIRE', tally, int(last - now))
end

-- Take a recipient off the blocklist.
local function unblock(sent, tally, recipient)
  redis.call('ZREM', sent, recipient)
  if redis.call('EXISTS', sent) == 0 then redis.call('DEL', tally) end
end

-- A recipient who was surely not messaged leaves the blocklist, unless somebody has claimed him
-- anew since (another score).
local function unclaim(sent, tally, recipient, outcome, claimed_at)
  if outcome ~= 'failed' and outcome ~= 'released' then return end
  if redis.call('ZSCORE', sent, recipient) == claimed_at then unblock(sent, tally, recipient) end
end

-- Uncertain recipients as a JSON list, bounded in number and bytes, and how many more there are: a
-- gateway that gives no answer can make thousands, and no script reads them all.
local function listed(uncertain)
  local items, bytes, seen, cursor = {}, 0, {}, '0'
  repeat
    local page = redis.call('HSCAN', uncertain, cursor, 'COUNT', UNCERTAIN_LISTED)
    cursor = tostring(page[1])
    for i = 1, #page[2], 2 do
      local item = cjson.encode({id = page[2][i], name = page[2][i + 1]})
      local fits = #items < UNCERTAIN_LISTED and bytes + #item <= UNCERTAIN_BYTES
      if not fits then cursor = '0' end
      if fits and not seen[page[2][i]] then
        seen[page[2][i]] = true
        items[#items + 1], bytes = item, bytes + #item
      end
    end
  until cursor == '0'
  return '[' .. table.concat(items, ',') .. ']', int(redis.call('HLEN', uncertain) - #items)
end

-- The recipient in flight may have been messaged: list it for a person to decide.
local function doubt(run, uncertain)
  local r = redis.call('HMGET', run, 'inflight', 'inflight_name')
  redis.call('HSET', uncertain, r[1], r[2])
  redis.call('PEXPIRE', uncertain, SENT_TTL)
  redis.call('HINCRBY', run, 'uncertain', 1)
  redis.call('HSET', run, 'inflight', '')
end

-- Record what became of the recipient in flight; `outcome` is a counter, or 'released' for a
-- recipient whom the run gives back without having tried.
local function settle(run, sent, tally, uncertain, recipient, outcome, claimed_at)
  if recipient == '' or redis.call('HGET', run, 'inflight') ~= recipient then return false end
  if outcome == 'uncertain' then
    doubt(run, uncertain)
    return true
  end
  if outcome == 'released' then
    -- A takeover goes on behind the last recipient, who was not this one after all.
    redis.call('HSET', run, 'last', redis.call('HGET', run, 'before_last'))
  else
    redis.call('HINCRBY', run, outcome, 1)
  end
  redis.call('HSET', run, 'inflight', '')
  unclaim(sent, tally, recipient, outcome, claimed_at)
  return true
end

local function counters(run)
  local c = redis.call('HMGET', run, 'total', 'sent', 'skipped', 'failed', 'uncertain')
  local current = tonumber(c[2]) + tonumber(c[3]) + tonumber(c[4]) + tonumber(c[5])
  return '"current":' .. int(current) .. ',"total":' .. c[1] .. ',"sent":' .. c[2]
    .. ',"skipped":' .. c[3] .. ',"failed":' .. c[4] .. ',"uncertain":' .. c[5]
end

-- Send the progress that starts with `head` (open inside its `progress` object).
-- waiting_for: what it waits for, where it does.
local function tell(meta, log, channel, profile, run, message, head, waiting_for)
  local revision = emit(meta, log, channel, profile, '', head .. ',' .. counters(run) .. '}')
  redis.call('HSET', run, 'message', message, 'revision', revision, 'waiting_for', waiting_for or '')
end

-- Everything that a device shows, behind what `answer` holds: epoch, revision, runs, drafts, and
-- the keys of those that are too many for one script.
local function with_snapshot(answer, meta, log, runs, drafts)
  answer[#answer + 1] = epoch_of(meta, log)
  answer[#answer + 1] = redis.call('HGET', meta, 'revision')
  local room, bytes, rest = PAGE_RECORDS, 0, {}
  for _, set in ipairs({runs, drafts}) do
    local records = {}
    for _, key in ipairs(indexed(set)) do
      if room > 0 and bytes < PAGE_BYTES then
        local fields = redis.call('HGETALL', key)
        if #fields > 0 then records[#records + 1] = fields end
        for _, text in ipairs(fields) do bytes = bytes + #text end
        room = room - 1
      else
        rest[#rest + 1] = key
      end
    end
    answer[#answer + 1] = records
  end
  answer[#answer + 1] = rest
  return answer
end

-- Move a running run to an ended state, free its lock and tell the devices.
-- head: the event's packet without the run's identity, which the run's record carries.
local function end_run(meta, log, channel, runs, run, status, message, head, stopped_by)
  local r = redis.call('HMGET', run, 'identity', 'profile', 'lock', 'run_id')
  release(r[3], r[4])
  local revision = emit(meta, log, channel, r[2], '', head .. ',' .. r[1] .. ',' .. counters(run))
  redis.call('HSET', run, 'status', status, 'message', message, 'away', '', 'waiting_for', '',
    'stopped_by', stopped_by or '', 'reason', status == 'interrupted' and message or '',
    'revision', revision)
  redis.call('ZREM', running_of(runs), run)
  touch_run(runs, run)
  return r[1]
end

-- Note on a device's running runs whether the device is away, and tell the devices. Their records
-- live on by what their runner does.
local function mark_runs(meta, log, channel, runs, device, away, head)
  local epoch
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'status', 'device', 'away', 'profile', 'identity')
    if r[1] == 'running' and r[2] == device and (r[3] or '') ~= away then
      epoch = epoch or epoch_of(meta, log)
      local revision = append(epoch, meta, log, channel, r[4], '', head .. ',' .. r[5])
      redis.call('HSET', run, 'away', away, 'revision', revision)
    end
  end
  if epoch then keep_log(meta, log) end
end

-- Give a device's running runs to the device that it came back as, and tell the devices. Ids are
-- our own and hexadecimal, so that one can stand for the other in the text of the identity.
-- Returns how many those are.
local function hand_runs(meta, log, channel, runs, from, to, head)
  local handed, epoch = 0, nil
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'status', 'device', 'profile', 'identity', 'lock')
    if r[1] == 'running' and r[2] == from then
      local identity = string.gsub(r[4], '"deviceId":"' .. from, '"deviceId":"' .. to)
      epoch = epoch or epoch_of(meta, log)
      local revision = append(epoch, meta, log, channel, r[3], '', head .. ',' .. identity)
      redis.call('HSET', run, 'device', to, 'identity', identity, 'away', '', 'revision', revision)
      if redis.call('EXISTS', r[5]) == 1 then redis.call('HSET', r[5], 'device', to) end
      handed = handed + 1
    end
  end
  if epoch then keep_log(meta, log) end
  return handed
end

-- The key of another device than the one that a script is given: beside their index.
local function device_key(devices, id)
  return string.sub(devices, 1, -2) .. ':' .. id
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

local function miss(devices, token, id, away_until)
  redis.call('ZADD', missing_of(devices, token), int(away_until), id)
  redis.call('PEXPIRE', missing_of(devices, token), DEVICE_TTL)
end

-- The devices that came with nothing but this token and were taken for new, by when they came.
local function new_of(devices, token)
  return devices .. ':new:' .. (token or '')
end
