-- Everything that a device shows, at one revision.
-- KEYS: meta log runs drafts
-- ARGV:
-- RETURN: {epoch, revision, runs, drafts}
local epoch = epoch_of(meta, log)
local found = {epoch, redis.call('HGET', meta, 'revision'), {}, {}}
for i, set in ipairs({runs, drafts}) do
  for _, key in ipairs(indexed(set)) do
    local fields = redis.call('HGETALL', key)
    if #fields > 0 then table.insert(found[2 + i], fields) end
  end
end
return found
