-- Settle the last recipient, complete the run, free the lock and tell all devices.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons
-- ARGV: channel profile run_id fence settled outcome claimed_at why failed_most message progress_head head
-- USES: int emit running_of keep_ended owns release listed settle counters tell note_end tell_end carry
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
if settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most) then
  tell(meta, log, channel, profile, run, message, progress_head)
end
release(lock, run_id)
carry(run, 'completed')
note_end(runs, run, 'completed', '', '', '')
tell_end(run, 'completed', '', '', '')
-- Never below zero, also where the clock was set back.
local r = redis.call('HMGET', run, 'started_at', 'identity')
local duration = math.max(0, now - tonumber(r[1]))
local names, more = listed(uncertain, '')
local unnamed = more ~= '0' and ',"uncertainMore":' .. more or ''
local revision = emit(meta, log, channel, profile, '', head .. r[2] .. ',"completedAt":' .. int(now)
  .. ',"uncertainRecipients":' .. names .. unnamed .. ',"stats":{' .. counters(run) .. ',"duration":' .. int(duration) .. '}')
redis.call('HSET', run, 'status', 'completed', 'away', '', 'detached', '', 'paused', '',
  'options', '', 'waiting_for', '',
  'duration', int(duration), 'revision', revision)
redis.call('ZREM', running_of(runs), run)
keep_ended(runs, run)
return {'OK'}
