-- The texts that a draft had, as the log has them.

-- Where the packet of an event about the text of the draft begins in an envelope; nil in another one.
-- about: the packet's members that name the draft.
local function packet_in(envelope, about)
  return string.find(envelope, '2["messageUpdated",{' .. about, 1, true)
    or string.find(envelope, '2["messageCleared",{' .. about, 1, true)
end

-- The last texts, newest first: of each the packet, what its device had sent, and the revision that
-- this was made from ('' where what was sent was stored). They go back to `base`, or without one to
-- what no box shows any more; and to what the device wrote last, with one before it.
-- USES: packet_in
local function last_texts(log, about, device, base)
  local own, floor = '"deviceId":"' .. device .. '"', tonumber(base)
  local texts, bytes, read, behind, own_at = {}, 0, 0, '+', nil
  local done, entries = false, nil
  repeat
    entries = redis.call('XREVRANGE', log, behind, '-', 'COUNT', TEXTS_READ_MAX)
    for _, entry in ipairs(entries) do
      local envelope, sent, made_from = entry[2][2], entry[2][4] or '', entry[2][6] or ''
      local at = packet_in(envelope, about)
      read, behind = read + #envelope + #sent, '(' .. entry[1]
      if at then
        local packet, revision = string.sub(envelope, at), tonumber(string.match(entry[1], '^%d+'))
        texts[#texts + 1], texts[#texts + 2], texts[#texts + 3] = packet, sent, made_from
        bytes = bytes + #packet + #sent
        if not own_at and string.find(packet, own, 1, true) then
          own_at, floor = #texts, floor or tonumber(made_from) or revision
        end
        if floor and revision <= floor then
          done = #texts > (own_at or 3 * TEXTS_READ_MAX)
        elseif base == '' then
          done = tonumber(string.match(packet, '"timestamp":(%d+),"revision":%d+}]$')) < now - HEARD_TIMEOUT
        end
      end
      done = done or bytes > PAGE_BYTES_MAX or read > TEXTS_BYTES_MAX
      if done then break end
    end
  until done or #entries < TEXTS_READ_MAX
  return texts
end

-- The packet of the event at a revision, if it is about the text of the draft; else ''.
-- USES: packet_in
local function text_at(log, about, revision)
  local entry = redis.call('XRANGE', log, revision .. '-0', revision .. '-0')[1]
  local at = entry and packet_in(entry[2][2], about)
  return at and string.sub(entry[2][2], at) or ''
end
