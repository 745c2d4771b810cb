-- The events after a revision, if the log still has all of them. A Redis that lost the end of its
-- data (a failover, a kill before the disk had it, an older copy) has a history that differs from
-- what was delivered: that is another log, so it gets an epoch of its own.
-- KEYS: meta log
-- ARGV: known_epoch after last
--   last: the envelope that was delivered at `after`, '' where it is not known for sure
-- USES: int new_epoch far_ahead epoch_of
-- RETURN: {'OK', epoch, revision, envelopes} | {'MORE', epoch, revision, envelopes}: ask for what is
--   behind them | {'LOST', epoch, revision}
local epoch, _, revision = epoch_of(meta, log)
if epoch ~= known_epoch then return {'LOST', epoch, revision} end
local missing = tonumber(revision) - tonumber(after)
local another = missing < 0
if last ~= '' and not another then
  local there = redis.call('XRANGE', log, after .. '-0', after .. '-0')[1]
  another = there and there[2][2] ~= last
end
if another then
  revision = far_ahead(revision)
  return {'LOST', new_epoch(meta, log, revision), revision}
end
local envelopes, bytes, reached = {}, 0, int(tonumber(after))
repeat
  local entries = redis.call('XRANGE', log, '(' .. reached .. '-0', '+', 'COUNT', PAGE_RECORDS_MAX)
  for _, entry in ipairs(entries) do
    reached = int(tonumber(reached) + 1)
    if entry[1] ~= reached .. '-0' then return {'LOST', epoch, revision} end
    envelopes[#envelopes + 1] = entry[2][2]
    bytes = bytes + #entry[2][2]
  end
  if bytes > PAGE_BYTES_MAX and #envelopes < missing then return {'MORE', epoch, revision, envelopes} end
until #entries < PAGE_RECORDS_MAX
if #envelopes ~= missing then return {'LOST', epoch, revision} end
return {'OK', epoch, revision, envelopes}
