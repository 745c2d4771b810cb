-- Put recipients on the list of whom no run contacts. Who is on it already stays as they are.
-- Each page is on record as it is added, as its last one may never come.
-- KEYS: meta log never never_notes record devices
-- ARGV: channel most before entries last head by
--   entries: JSON, an array of arrays: id, and what is noted of them
--   before: how many an earlier page of the same recipients added; last: '' where another page follows
-- USES: int never_is_lost emit audit
-- RETURN: {'OK', added, count} | {'FULL', most, count}: none of this page was added; those before it stay,
--   and are told of
local fresh = {}

local function tell_of(added, count)
  emit(meta, log, channel, '', '', head .. ',"added":' .. int(added) .. ',"removed":0,"count":' .. count)
end

for _, entry in ipairs(cjson.decode(entries)) do
  if not redis.call('ZSCORE', never, entry[1]) then fresh[#fresh + 1] = entry end
end
if redis.call('ZCARD', never) + #fresh > tonumber(most) then
  local count = int(redis.call('ZCARD', never))
  if tonumber(before) > 0 then tell_of(before, count) end
  return {'FULL', most, count}
end
-- Those whom Redis dropped are not known any more: the list begins anew.
if never_is_lost(never, never_notes) then redis.call('UNLINK', never_notes) end
local here = 0
for _, entry in ipairs(fresh) do
  here = here + redis.call('ZADD', never, int(now), entry[1])
  redis.call('HSET', never_notes, entry[1], entry[2])
end
local count = int(redis.call('ZCARD', never))
local added = before + here
if here > 0 then audit(record, devices, by, 'do_not_contact_added', {'count', int(here)}) end
if last == '1' then tell_of(added, count) end
return {'OK', int(added), count}
