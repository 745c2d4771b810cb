-- The answer for a recipient that was in flight when its run was ended or taken over.
-- KEYS: meta log run runs sent tally uncertain failed reasons
-- ARGV: channel profile run_id fence settled outcome claimed_at why failed_most message head
-- USES: emit touch_run unclaim recalled list_failed settle counters
-- RETURN: {'OK'} | {'RELEASED'}: the record is another's by now, only the lists are settled
local r = redis.call('HMGET', run, 'run_id', 'fence', 'inflight', 'identity')
if r[1] == run_id and r[2] == fence
    and settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most) then
  local revision = emit(meta, log, channel, profile, '', head .. ',' .. r[4] .. ',' .. counters(run))
  redis.call('HSET', run, 'message', message, 'revision', revision)
  touch_run(runs, run)
  return {'OK'}
end
-- Another runner is at the same recipient, or has claimed them anew: theirs is what counts.
if r[3] == settled or redis.call('ZSCORE', sent, settled) ~= claimed_at then return {'RELEASED'} end
if outcome == 'failed' then
  local name = recalled(redis.call('HGET', uncertain, settled) or settled)
  list_failed(failed, reasons, settled, name, run_id, why, failed_most)
end
if outcome ~= 'uncertain' then redis.call('HDEL', uncertain, settled) end
unclaim(sent, tally, settled, outcome, claimed_at)
return {'RELEASED'}
