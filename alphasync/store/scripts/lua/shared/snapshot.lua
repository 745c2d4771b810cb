-- The indexes of what a device shows, and the whole of it.

-- An index is a sorted set of key names by the time they expire, so that a snapshot finds them.
-- longest: how long others in it may live, where that is longer. Returns 1 for a key that is new there.
-- USES: int
local function index(set, key, ttl, longest)
  local added = redis.call('ZADD', set, int(now + ttl), key)
  redis.call('PEXPIRE', set, longest or ttl)
  return added
end

-- Index a key that is about to be written; false where the account has its most without it.
-- USES: int index
local function admitted(set, key, ttl, most)
  if index(set, key, ttl) == 0 or redis.call('ZCARD', set) <= tonumber(most) then return true end
  redis.call('ZREMRANGEBYSCORE', set, '-inf', int(now))
  if redis.call('ZCARD', set) <= tonumber(most) then return true end
  redis.call('ZREM', set, key)
  return false
end

-- What has not run out.
-- USES: int
local function indexed(set)
  return redis.call('ZRANGEBYSCORE', set, '(' .. int(now), '+inf')
end

-- What a snapshot says of a run: of the rest of its record only who sends has any use, and each
-- device that joins is told of all runs, of those that have ended as well.
local function shown_of_run()
  return {'profile', 'type', 'status', 'device', 'operator', 'started_at', 'message', 'revision',
    'total', 'sent', 'skipped', 'failed', 'uncertain', 'past_sent', 'past_failed', 'past_uncertain',
    'stopped_by', 'reason', 'duration', 'away', 'paused', 'detached', 'device_name', 'only',
    'options', 'cycle', 'next_at', 'waiting_for'}
end

-- Everything that a device shows, behind what `answer` holds: epoch, revision, runs, drafts, the keys
-- of those that are too many for one script, and who is here. Records are runs, drafts and plans. Of
-- runs there are the names of their fields, if there are any, and then the values of each.
-- USES: epoch_of indexed roster_texts plans_of shown_of_run
local function with_snapshot(answer, meta, log, runs, drafts, devices)
  local epoch, _, revision = epoch_of(meta, log)
  answer[#answer + 1] = epoch
  answer[#answer + 1] = revision
  local room, bytes, rest = PAGE_RECORDS_MAX, 0, {}
  local shown = shown_of_run()
  for _, set in ipairs({runs, drafts, plans_of(runs)}) do
    local records = {}
    for _, key in ipairs(indexed(set)) do
      if room > 0 and bytes < PAGE_BYTES_MAX then
        local is_run = set == runs
        local fields = is_run and redis.call('HMGET', key, unpack(shown)) or redis.call('HGETALL', key)
        if is_run and #records == 0 then records[1] = shown end
        if fields[1] then records[#records + 1] = fields end
        for _, text in ipairs(fields) do bytes = bytes + (text and #text or 0) end
        room = room - 1
      else
        rest[#rest + 1] = key
      end
    end
    answer[#answer + 1] = records
  end
  answer[#answer + 1] = rest
  answer[#answer + 1] = roster_texts(devices)
  return answer
end
