-- What was lately done to the text of a draft, so that one can go back from the present text to those
-- that others still write from. A stream beside the index of the account's drafts, by revision.
-- Places and lengths are in bytes, between characters.

local function edits_of(drafts, draft)
  return drafts .. ':edits' .. string.sub(draft, #drafts)
end

local function inside_of_character(text, place)
  local found = string.byte(text, place)
  return found and found >= 128 and found < 192
end

-- How many bytes are the same at the beginning, or at the end, of at most so many. Mostly a few letters are
-- put in, or taken out, and all before or behind them is the same.
-- USES: inside_of_character
local function head_beside(before, after, high)
  local sub = string.sub
  local low = 0
  if sub(before, 1, high) == sub(after, 1, high) then low = high end
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if sub(before, low + 1, middle) == sub(after, low + 1, middle) then low = middle else high = middle - 1 end
  end
  while inside_of_character(before, low + 1) or inside_of_character(after, low + 1) do low = low - 1 end
  return low
end

-- USES: inside_of_character
local function tail_beside(before, after, high)
  local sub = string.sub
  local low = 0
  if high == 0 or sub(before, -high) == sub(after, -high) then low = high end
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if sub(before, -middle, -low - 1) == sub(after, -middle, -low - 1) then low = middle else high = middle - 1 end
  end
  while low > 0 and inside_of_character(before, #before - low + 1) do low = low - 1 end
  return low
end

-- The stretch that makes `after` of `before`: where it starts, what it takes, and what it puts there.
-- caret: where it ends in `after`, if that is known, else ''. Of equal letters it says which are new.
-- USES: head_beside tail_beside
local function stretch_between(before, after, caret)
  local most = math.min(#before, #after)
  local head, tail
  if caret == '' then
    head = head_beside(before, after, most)
    tail = tail_beside(before, after, most - head)
  else
    tail = tail_beside(before, after, math.min(most, #after - tonumber(caret)))
    head = head_beside(before, after, most - tail)
  end
  return head, string.sub(before, head + 1, #before - tail), string.sub(after, head + 1, #after - tail)
end

-- Note that `before` has become `message`. Returns a mark, to be kept in the draft: the revision, and
-- the bytes of all edits so far, which stand in each edit, too.
-- former, mark: the draft's revision and mark until now. due: whether the edits' life is to be given anew,
-- which is given in any case to those that are the first. What was noted is of no use where these do not
-- belong together: the draft had run out, or was stored by an earlier version.
-- USES: int stretch_between
local function keep_edit(edits, former, mark, due, before, revision, message, device, sent, made_from, caret)
  local noted, bytes = string.match(mark or '', '^(%d+):(%d+)$')
  if not noted or noted ~= former or tonumber(former) >= tonumber(revision) then
    redis.call('DEL', edits)
    bytes = 0
  end
  local id = revision .. '-0'
  local start, taken, put = stretch_between(before, message, caret)
  local size = EDIT_OVERHEAD + #taken + #sent
  bytes = tonumber(bytes) + size
  local entry = {'bytes', int(bytes), 'device', device, 'at', int(now), 'start', int(start), 'taken', taken, 'put', int(#put)}
  if made_from ~= '' then
    local from, instead, other = stretch_between(message, sent, '')
    for _, value in ipairs({'made_from', made_from, 'sent_from', int(from), 'sent_instead', int(#instead), 'sent', other}) do
      entry[#entry + 1] = value
    end
  end
  if not redis.call('XADD', edits, 'NOMKSTREAM', id, unpack(entry)) then
    redis.call('XADD', edits, id, unpack(entry))
    due = true
  end
  if due then redis.call('PEXPIRE', edits, EDITS_TTL) end
  if bytes > EDITS_BYTES_MAX then
    -- As many as take the room of this one.
    local most = int(1 + math.ceil(size / EDIT_OVERHEAD))
    for _, oldest in ipairs(redis.call('XRANGE', edits, '-', '+', 'COUNT', most)) do
      if bytes - tonumber(oldest[2][2]) < EDITS_BYTES_MAX then break end
      redis.call('XDEL', edits, oldest[1])
    end
  end
  return revision .. ':' .. int(bytes)
end

-- The last edits, newest first, each as its revision and then its values in their order. They go back
-- to `base`, or without one to what no box shows any more; and to what the device wrote last.
local function last_edits(edits, present, message, device, base)
  local floor, found, own, behind, done = tonumber(base), {}, false, 0, false
  local from, entries = '+', nil
  repeat
    entries = redis.call('XREVRANGE', edits, from, '-', 'COUNT', EDITS_READ_MAX)
    if from == '+' and entries[1] and entries[1][1] ~= present .. '-0' then return {} end
    for _, entry in ipairs(entries) do
      local values, revision = {string.match(entry[1], '^%d+')}, tonumber(string.match(entry[1], '^%d+'))
      for place = 4, #entry[2], 2 do values[#values + 1] = entry[2][place] end
      found[#found + 1], from = values, '(' .. entry[1]
      if not own and values[2] == device then
        own, floor = true, floor or tonumber(values[7]) or revision
      end
      if floor and revision <= floor then
        behind = behind + 1
        done = own or behind > EDITS_READ_MAX
      elseif base == '' then
        done = tonumber(values[3]) < now - HEARD_TIMEOUT
      end
      -- Each of these texts is compared with the one that came.
      if base == '' and #found * (#message + EDIT_OVERHEAD) > PAGE_BYTES_MAX then done = true end
      if done then break end
    end
  until done or #entries < EDITS_READ_MAX
  return found
end
