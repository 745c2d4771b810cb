-- The events after a revision, if the log still has all of them.
-- KEYS: meta log
-- ARGV: known_epoch after
-- RETURN: {'OK', epoch, revision, envelopes} | {'LOST', epoch, revision}
local epoch = epoch_of(meta, log)
local revision = redis.call('HGET', meta, 'revision')
if epoch ~= known_epoch then return {'LOST', epoch, revision} end
local missing = tonumber(revision) - tonumber(after)
local entries = redis.call('XRANGE', log, '(' .. after .. '-0', '+')
if #entries ~= missing then return {'LOST', epoch, revision} end
local envelopes = {}
for i, entry in ipairs(entries) do envelopes[i] = entry[2][2] end
return {'OK', epoch, revision, envelopes}
