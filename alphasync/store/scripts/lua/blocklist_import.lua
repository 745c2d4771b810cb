-- Put recipients on the blocklist whom an earlier server messaged, each with its own time. Who is on it
-- already stays, with the later time of the two. The list lives for as long as its newest entry says.
-- KEYS: sent tally
-- ARGV: entries
--   entries: JSON, an array of ids and times by turns, of a page at most
-- USES: int list_is_lost
-- RETURN: {'OK', added, later, old}: how many were not on it, have a later time now, are past their life
--   | {'LIST_LOST'}: with these few it would seem to be whole
if list_is_lost(sent, tally) then return {'LIST_LOST'} end
local given, known, ahead = cjson.decode(entries), {}, {}
local old, latest = 0, 0
for place = 1, #given, 2 do
  local recipient, at = given[place], given[place + 1]
  -- By a clock that was ahead: since now, and not again each time that it is said.
  local list = at > now and ahead or known
  at = math.min(at, now)
  if at <= now - SENT_TTL then
    old = old + 1
  else
    list[#list + 1], list[#list + 2] = int(at), recipient
    latest = math.max(latest, at)
  end
end

local before, changed, added = redis.call('ZCARD', sent), 0, 0
if #known > 0 then
  changed = redis.call('ZADD', sent, 'GT', 'CH', unpack(known))
  added = redis.call('ZCARD', sent) - before
end
local later = changed - added
if #ahead > 0 then added = added + redis.call('ZADD', sent, 'NX', unpack(ahead)) end
if added + later == 0 then return {'OK', '0', '0', int(old)} end

-- As `block` does for one of now: a server that keeps entries for longer still does.
local t = redis.call('HMGET', tally, 'lifetime', 'lifetime_until', 'until')
local lifetime, lifetime_until = SENT_TTL, latest + SENT_TTL
if t[1] and tonumber(t[1]) >= SENT_TTL and tonumber(t[2]) > now then
  lifetime = tonumber(t[1])
  lifetime_until = lifetime > SENT_TTL and tonumber(t[2]) or math.max(tonumber(t[2]), lifetime_until)
end
local last = math.max(tonumber(t[3] or 0), latest + SENT_TTL)
redis.call('HSET', tally, 'lifetime', int(lifetime), 'lifetime_until', int(lifetime_until), 'until', int(last))
redis.call('PEXPIRE', sent, int(last - now))
redis.call('PEXPIRE', tally, int(last - now))
return {'OK', int(added), int(later), int(old)}
