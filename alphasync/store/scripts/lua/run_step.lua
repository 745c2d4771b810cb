-- One recipient further: settle the last, claim the next, tell all devices. A step that is asked
-- for again, because its answer was lost, is answered again and not done again. With no `next`, and
-- while the run is paused, it only settles.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons never never_notes
-- ARGV: channel profile run_id fence step settled outcome claimed_at why failed_most next name cursor message head
-- USES: int keep_running owns list_is_lost never_is_lost block forget_failed settle tell waited hour_of carry
-- RETURN: {'CLAIMED', claimed_at, device, operator, sign_in} | {'BLOCKED', now, device, operator, sign_in}
--   | {'NEVER', now, device, operator, sign_in}: they are not to be contacted
--   | {'SETTLED', now, device, operator, sign_in} | {'PAUSED', now, device, operator, sign_in}
--   device, operator, sign_in: whose the run is by now
--   | {'SUPERSEDED'} | {'LIST_LOST'}: who was messaged is not known any more
--   | {'NEVER_LOST'}: nor is who is not to be contacted
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
local done = redis.call('HMGET', run, 'step', 'answer', 'answered_at', 'device', 'paused', 'operator', 'sign_in',
  'waits_since', 'hour')
-- What is on record is older than what this runner was answered: Redis was put back to before it.
if next ~= '' and tonumber(step) > tonumber(done[1]) + 1 then return {'SUPERSEDED'} end
if done[1] == step then
  redis.call('PEXPIRE', lock, LOCK_TTL)  -- a write, so that waiting for replicas covers the first one
  return {done[2], done[3], done[4], done[6], done[7] or ''}
end
if next ~= '' and list_is_lost(sent, tally) then return {'LIST_LOST'} end
if next ~= '' and never_is_lost(never, never_notes) then return {'NEVER_LOST'} end

if (done[8] or '') ~= '' then waited(run, done[8]) end
if done[9] ~= int(hour_of(now)) then carry(run) end
local changed = settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most)
local answer = 'CLAIMED'
if next == '' then
  answer = 'SETTLED'
elseif done[5] == '1' then
  answer = 'PAUSED'
elseif redis.call('ZSCORE', never, next) then
  answer = 'NEVER'
elseif redis.call('ZSCORE', sent, next) then
  answer = 'BLOCKED'
else
  block(sent, tally, next, int(now))
  redis.call('HDEL', uncertain, next)  -- listed in an earlier life of the blocklist
  redis.call('HSET', run, 'inflight', next, 'inflight_name', name,
    'claimed_at', int(now), 'cursor', cursor, 'last', next,
    'before_last', redis.call('HGET', run, 'last'))
end
if answer == 'NEVER' or answer == 'BLOCKED' then
  redis.call('HINCRBY', run, 'skipped', 1)
  forget_failed(failed, reasons, next)
  changed = true
end
redis.call('HSET', run, 'step', step, 'answer', answer, 'answered_at', int(now))
if changed then tell(meta, log, channel, profile, run, message, head) end
keep_running(runs, run, fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {answer, int(now), done[4], done[6], done[7] or ''}
