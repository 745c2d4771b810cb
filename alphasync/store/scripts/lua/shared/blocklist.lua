-- Who was messaged, and who may have been.

-- The tally of a blocklist is kept beside it: until when it has entries, and for how long they are
-- kept, as servers may differ in that. By it a list that Redis dropped is told from one that is empty.
local function list_is_lost(sent, tally)
  if redis.call('EXISTS', sent) == 1 then return false end
  return tonumber(redis.call('HGET', tally, 'until') or 0) > now
end

-- Put a recipient on the blocklist, for as long as this server keeps entries, or an hour more, so that not
-- each has the tally say so anew. Those of a server that keeps them for longer stay for as long as it has said.
-- USES: int
local function block(sent, tally, recipient, at)
  local t = redis.call('HMGET', tally, 'lifetime', 'lifetime_until', 'until')
  local lifetime, lifetime_until = SENT_TTL, now + SENT_TTL + SENT_RENEWED
  if t[1] and tonumber(t[1]) > SENT_TTL and tonumber(t[2]) > now then
    lifetime, lifetime_until = tonumber(t[1]), tonumber(t[2])
  end
  local last = tonumber(t[3] or 0)
  redis.call('ZADD', sent, at, recipient)
  local said = t[1] and tonumber(t[1]) >= SENT_TTL and tonumber(t[2]) >= now + SENT_TTL
  if said and last >= now + SENT_TTL then
    redis.call('PEXPIRE', sent, int(last - now))
    return
  end
  last = math.max(last, now + SENT_TTL + SENT_RENEWED)
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

-- A recipient who was surely not messaged leaves the blocklist, unless somebody has claimed them
-- anew since (another score).
-- USES: unblock
local function unclaim(sent, tally, recipient, outcome, claimed_at)
  if outcome ~= 'failed' and outcome ~= 'released' then return end
  if redis.call('ZSCORE', sent, recipient) == claimed_at then unblock(sent, tally, recipient) end
end

-- Uncertain recipients as a JSON list, bounded in number and bytes, how many more there are, and where
-- the next page begins, '' behind the last: a gateway that gives no answer can make thousands, and no
-- script reads them all.
-- from: where this page begins, or '' for the first: a cursor of HSCAN, and how many of what it gives
-- were on the page before
-- USES: int described
local function listed(uncertain, from)
  local cursor, given = string.match(from, '^(%d+):(%d+)$')
  local items, bytes, seen = {}, 0, {}
  cursor, given = cursor or '0', tonumber(given or 0)
  local behind = ''
  repeat
    local page = redis.call('HSCAN', uncertain, cursor, 'COUNT', UNCERTAIN_LISTED_MAX)
    for i = 1 + 2 * given, #page[2], 2 do
      local item = described(page[2][i], page[2][i + 1])
      if #items == UNCERTAIN_LISTED_MAX or (bytes + #item > UNCERTAIN_BYTES_MAX and #items > 0) then
        behind = cursor .. ':' .. int((i - 1) / 2)
        break
      end
      if not seen[page[2][i]] then
        seen[page[2][i]] = true
        items[#items + 1], bytes = item, bytes + #item
      end
    end
    cursor, given = tostring(page[1]), 0
  until cursor == '0' or behind ~= ''
  return '[' .. table.concat(items, ',') .. ']', int(redis.call('HLEN', uncertain) - #items), behind
end

-- Note that a run starts, for as long as it may be asked which run messaged whom.
-- USES: int device_name
local function note_start(starts, devices, run_id, operator, device)
  local name = device_name(devices, device)
  redis.call('ZREMRANGEBYSCORE', starts, int(now), int(now))  -- of one millisecond the last one counts
  redis.call('ZADD', starts, int(now), cjson.encode({id = run_id, operator = operator, device = device, name = name}))
  redis.call('ZREMRANGEBYRANK', starts, 0, -STARTS_MAX - 1)
  redis.call('PEXPIRE', starts, SENT_TTL)
end

-- By which run each entry of a page was claimed: the last one that had started by then.
-- scores: newest first. Returns the runs, as what is noted of each and when it started; and for each entry
-- the place of its run among them, '0' where none is known any more.
-- USES: int
local function starts_of(starts, scores)
  local runs, places, since = {}, {}, nil
  for at, score in ipairs(scores) do
    if since == nil or (since and tonumber(score) < since) then
      local found = redis.call('ZREVRANGEBYSCORE', starts, score, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
      since = tonumber(found[2]) or false
      if since then runs[#runs + 1], runs[#runs + 2] = found[1], found[2] end
    end
    places[at] = since and int(#runs / 2) or '0'
  end
  return runs, places
end
