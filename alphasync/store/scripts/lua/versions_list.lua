-- The versions of a draft, newest first, without their texts.
-- KEYS: draft drafts devices
-- ARGV:
-- USES: versions_of device_key
-- RETURN: {'OK', heads, names}
--   names: the devices of the heads and how each is called now, in turn
local heads = redis.call('ZREVRANGE', (versions_of(drafts, draft)), 0, -1)
local names, seen = {}, {}
for _, head in ipairs(heads) do
  local id = cjson.decode(head).device
  if not seen[id] then
    seen[id] = true
    names[#names + 1] = id
    names[#names + 1] = redis.call('HGET', device_key(devices, id), 'name') or ''
  end
end
return {'OK', heads, names}
