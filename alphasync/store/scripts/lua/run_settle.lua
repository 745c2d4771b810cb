-- The answer for a recipient that was in flight when its run was ended or taken over.
-- KEYS: meta log run runs sent tally uncertain failed reasons
-- ARGV: channel profile run_id fence settled outcome claimed_at why failed_most message head resolved_head
-- USES: emit keep_ended unclaim recalled list_failed recount settle counters forget_doubted count_again refigure
-- RETURN: {'OK'} | {'RELEASED'}: the record is another's by now, only the lists are settled,
--   and somebody who was taken for uncertain is so no longer
local r = redis.call('HMGET', run, 'run_id', 'fence', 'inflight', 'identity')
if r[1] == run_id and r[2] == fence
    and settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most) then
  count_again(run)
  local revision = emit(meta, log, channel, profile, '', head .. ',' .. r[4] .. ',' .. counters(run))
  redis.call('HSET', run, 'message', message, 'revision', revision)
  keep_ended(runs, run)
  return {'OK'}
end
local text = redis.call('HGET', uncertain, settled)
-- Another runner is at the same recipient, or has claimed them anew: theirs is what counts, but where it
-- does not know what came of its try, and this one of the same run was answered that the message was sent.
local ours = redis.call('ZSCORE', sent, settled) == claimed_at
if not ours and outcome == 'sent' and text then
  local _, _, doubted_by = recalled(text)
  ours = doubted_by == run_id
end
if r[3] == settled or not ours then return {'RELEASED'} end
if outcome == 'failed' then
  list_failed(failed, reasons, settled, text and recalled(text) or settled, run_id, why, failed_most)
end
unclaim(sent, tally, settled, outcome, claimed_at)
if text and outcome ~= 'uncertain' then
  redis.call('HDEL', uncertain, settled)
  local _, at, doubted_by = recalled(text)
  forget_doubted(uncertain, doubted_by, settled)
  refigure(run, profile, at, outcome == 'released' and '' or outcome, why)
  if r[1] and doubted_by == r[1] then recount(run, 1, outcome == 'released' and '' or outcome) end
  local counted = r[1] and ',' .. counters(run) or ''
  local revision = emit(meta, log, channel, profile, '', resolved_head .. ',"count":1' .. counted)
  if r[1] then redis.call('HSET', run, 'revision', revision) end
end
return {'RELEASED'}
