-- Forget who was messaged, and who may have been. The recipient in flight stays, so that nobody claims it a second time.
-- KEYS: meta log sent tally uncertain run record devices
-- ARGV: channel profile type head by
-- USES: int emit block audit
-- RETURN: {'OK', deleted count, revision}
local inflight = redis.call('HGET', run, 'inflight')
local kept = inflight and inflight ~= '' and redis.call('ZSCORE', sent, inflight)
local deleted = redis.call('ZCARD', sent)
redis.call('UNLINK', sent, tally, uncertain)
if kept then
  deleted = deleted - 1
  block(sent, tally, inflight, kept)
end
local revision = emit(meta, log, channel, profile, '', head .. ',"deletedCount":' .. int(deleted)
  .. ',"message":"Cleared ' .. int(deleted) .. ' blocked recipients"')
audit(record, devices, by, 'blocklist_cleared', {'profile', profile, 'type', type, 'count', int(deleted)})
return {'OK', int(deleted), revision}
