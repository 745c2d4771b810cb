-- An account's log: its epoch, its revision, and the events in it.

-- Begin another log. The epoch is its identity. Returns as epoch_of does.
local function new_epoch(meta, log, revision)
  local epoch = time[1] .. '.' .. time[2]
  redis.call('DEL', log)
  redis.call('HSET', meta, 'epoch', epoch, 'revision', revision, 'lineage', lineage)
  redis.call('PEXPIRE', meta, META_TTL)
  return epoch, nil, revision
end

-- The number of a Redis that was put back from an older copy (tide.py); 0 of one that never was.
local function put_back(text)
  return text == '' and 0 or tonumber(string.match(text, '^t(%d+)$'))
end

-- Whether a failover, or an older copy, lies between what is known and now. Numbers of one kind only
-- grow, and a connection that was made before the newest change elsewhere goes on as it is; other
-- texts are just different, as where the data have come from a Redis of another kind.
-- USES: put_back
local function has_failed_over(known)
  local before, here = tonumber(known), tonumber(lineage)
  if not before and not here then before, here = put_back(known), put_back(lineage) end
  if before and here then return here > before end
  return known ~= lineage
end

-- Replication is asynchronous: the end of the log may be lost, with tokens that were given.
-- USES: int
local function far_ahead(revision)
  return int(tonumber(revision) + REVISION_JUMP)
end

-- The epoch; a new one where there is none, as on a Redis that lost its data, and after a failover,
-- before anything is written that devices could take for what they have. And when meta and log were
-- last given their lives, for keep_log; and the revision.
-- USES: new_epoch has_failed_over far_ahead
local function epoch_of(meta, log)
  local m = redis.call('HMGET', meta, 'epoch', 'lineage', 'revision', 'kept')
  if not m[1] then return new_epoch(meta, log, '0') end
  if m[2] ~= lineage and has_failed_over(m[2] or '') then return new_epoch(meta, log, far_ahead(m[3])) end
  return m[1], m[4], m[3]
end

-- The log is cut now and then, as that costs as much as to add an event.
-- USES: int
local function append(epoch, meta, log, channel, room, skip, head)
  local number = redis.call('HINCRBY', meta, 'revision', 1)
  local revision = int(number)
  local packet = head .. ',"timestamp":' .. int(now) .. ',"revision":' .. revision .. '}]'
  local envelope = epoch .. '\n' .. revision .. '\n' .. room .. '\n' .. skip .. '\n' .. packet
  local id = revision .. '-0'
  local added
  if number % LOG_CUT_EVERY == 0 then
    added = redis.pcall('XADD', log, 'NOMKSTREAM', 'MAXLEN', '=', LOG_EVENTS_MAX, id, 'e', envelope)
  else
    added = redis.pcall('XADD', log, 'NOMKSTREAM', id, 'e', envelope)
  end
  if added and added.err then
    -- Refused, as where a right was withdrawn: a revision without an event would be a gap for good.
    redis.call('HINCRBY', meta, 'revision', -1)
    redis.call('XADD', log, id, 'e', envelope)  -- raises why
  elseif not added then
    -- The first one has to give the log its life: nobody may know that there was none.
    redis.call('XADD', log, id, 'e', envelope)
    redis.call('PEXPIRE', log, LOG_TTL)
  end
  redis.call(PUBLISH_WITH, channel, envelope)
  return revision
end

-- kept: when that was done last, as epoch_of says it
-- USES: int is_due
local function keep_log(meta, log, kept)
  if not is_due(kept, LOG_RENEWED) then return end
  redis.call('HSET', meta, 'kept', int(now))
  redis.call('PEXPIRE', log, LOG_TTL)
  redis.call('PEXPIRE', meta, META_TTL)
end

-- Finish the packet that starts with `head` and give it the next place in the account's order.
-- room: profile id, or '' for the whole account; skip: the device that does not get it, or ''.
-- USES: epoch_of append keep_log
local function emit(meta, log, channel, room, skip, head)
  local epoch, kept = epoch_of(meta, log)
  local revision = append(epoch, meta, log, channel, room, skip, head)
  keep_log(meta, log, kept)
  return revision
end
