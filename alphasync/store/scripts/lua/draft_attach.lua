-- Store what goes with the draft of a mail and tell all devices.
-- KEYS: meta log draft drafts
-- ARGV: channel profile type device wanted base places most head
--   wanted: the whole list, as JSON; base: the links of the list that it was made from, or '' for
--   a list that takes the place of whatever is there
-- USES: int emit admitted
-- RETURN: {'OK', revision, attachments} | {'CROWDED'}: with those of others there are too many
--   | {'FULL'}: the account has its most drafts without this one

local function by_link(items)
  local found = {}
  for _, item in ipairs(items) do found[item.link] = true end
  return found
end

-- What is there, without what this device has taken away, and with what it has added.
local function put_together(stored, items, links)
  if not links then return items end
  local known, mine, there, together = {}, by_link(items), by_link(stored), {}
  for _, link in ipairs(links) do known[link] = true end
  for _, item in ipairs(stored) do
    if mine[item.link] or not known[item.link] then together[#together + 1] = item end
  end
  for _, item in ipairs(items) do
    if not known[item.link] and not there[item.link] then together[#together + 1] = item end
  end
  return together
end

local record = redis.call('HMGET', draft, 'attachments', 'revision')
local stored = cjson.decode(record[1] or '[]')
local items = put_together(stored, cjson.decode(wanted), base ~= '' and cjson.decode(base))
if #items > tonumber(places) then return {'CROWDED'} end
if not admitted(drafts, draft, DRAFT_TTL, most) then return {'FULL'} end

for place, item in ipairs(items) do items[place] = cjson.encode(item) end
local attachments = '[' .. table.concat(items, ',') .. ']'
local revision = emit(meta, log, channel, profile, '', head .. ',"attachments":' .. attachments)
if not record[2] then
  redis.call('HSET', draft, 'profile', profile, 'type', type, 'device', device,
    'message', '', 'timestamp', int(now), 'revision', 0)
end
redis.call('HSET', draft, 'attachments', attachments, 'attachments_revision', revision)
redis.call('PEXPIRE', draft, DRAFT_TTL)
return {'OK', revision, attachments}
