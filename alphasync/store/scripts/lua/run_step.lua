-- One recipient further: settle the last, claim the next, tell all devices. A step that is asked
-- for again, because its answer was lost, is answered again and not done again. With no `next`, and
-- while the run is paused, it only settles.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons never never_notes
-- ARGV: channel profile run_id fence step settled outcome claimed_at why failed_most next name cursor message head
-- USES: int is_due running_of keep_running owns list_is_lost never_is_lost block forget_failed settle progress waited hour_of carry counters_of counter_names
-- RETURN: {'CLAIMED', claimed_at, device, operator, sign_in} | {'BLOCKED', now, device, operator, sign_in}
--   | {'NEVER', now, device, operator, sign_in}: they are not to be contacted
--   | {'SETTLED', now, device, operator, sign_in} | {'PAUSED', now, device, operator, sign_in}
--   device, operator, sign_in: whose the run is by now
--   | {'SUPERSEDED'} | {'LIST_LOST'}: who was messaged is not known any more
--   | {'NEVER_LOST'}: nor is who is not to be contacted
local names = {'run_id', 'step', 'answer', 'answered_at', 'device', 'paused', 'operator', 'sign_in', 'waits_since',
  'hour', 'status', 'inflight', 'last', 'renewed', 'started_at', 'identity', unpack(counter_names())}
local values, r = redis.call('HMGET', run, unpack(names)), {}
for place, field in ipairs(names) do r[field] = values[place] end
if not owns(lock, run, run_id, fence, r.run_id) then return {'SUPERSEDED'} end
-- What is on record is older than what this runner was answered: Redis was put back to before it.
if next ~= '' and tonumber(step) > tonumber(r.step) + 1 then return {'SUPERSEDED'} end
-- It was done, and others since: its answer was lost, it was asked for again over another connection, and
-- the former one has brought it only now. Nobody waits for this answer.
if tonumber(step) < tonumber(r.step) then return {'SUPERSEDED'} end
if r.step == step then
  redis.call('PEXPIRE', lock, LOCK_TTL)  -- a write, so that waiting for replicas covers the first one
  return {r.answer, r.answered_at, r.device, r.operator, r.sign_in or ''}
end
if next ~= '' and list_is_lost(sent, tally) then return {'LIST_LOST'} end
local never_known = next ~= '' and redis.call('EXISTS', never, never_notes) or 0
if never_known == 1 and never_is_lost(never, never_notes) then return {'NEVER_LOST'} end

if (r.waits_since or '') ~= '' then waited(run, r.waits_since) end
local same_hour = r.hour == int(hour_of(now))
if not same_hour then carry(run) end

-- What becomes of the record is written at once, at the end: by name and value.
local fields = {'step', step, 'answered_at', int(now)}
local function write(...)
  for _, each in ipairs({...}) do fields[#fields + 1] = each end
end

local changed
if settled ~= '' and settled == r.inflight and r.status == 'running' and same_hour
    and (outcome == 'sent' or outcome == 'skipped') then
  -- The usual end, as `settle` has it for any.
  forget_failed(failed, reasons, settled)
  r[outcome] = int(r[outcome] + 1)
  write(outcome, r[outcome], 'inflight', '')
  changed = true
else
  changed = settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most)
  if changed then
    values = redis.call('HMGET', run, unpack(names))
    for place, field in ipairs(names) do r[field] = values[place] end
  end
end

local answer = 'CLAIMED'
if next == '' then
  answer = 'SETTLED'
elseif r.paused == '1' then
  answer = 'PAUSED'
elseif never_known > 0 and redis.call('ZSCORE', never, next) then
  answer = 'NEVER'
elseif redis.call('ZSCORE', sent, next) then
  answer = 'BLOCKED'
else
  block(sent, tally, next, int(now))
  redis.call('HDEL', uncertain, next)  -- listed in an earlier life of the blocklist
  write('inflight', next, 'inflight_name', name, 'claimed_at', int(now), 'cursor', cursor, 'last', next,
    'before_last', r.last or '')
end
if answer == 'NEVER' or answer == 'BLOCKED' then
  r.skipped = int(r.skipped + 1)
  write('skipped', r.skipped)
  forget_failed(failed, reasons, next)
  changed = true
end
write('answer', answer)
if changed then
  local counts = {}
  for place, field in ipairs(counter_names()) do counts[place] = r[field] end
  write('revision', progress(meta, log, channel, profile, head, r.device, r.started_at, r.identity, counters_of(counts)),
    'message', message, 'waiting_for', '')
end
redis.call('HSET', run, unpack(fields))
-- Also where what is on record of it was lost: who stops all, or joins, would not find it.
local on_record = redis.call('ZSCORE', runs, run) and redis.call('ZSCORE', running_of(runs), run)
if not on_record or is_due(r.renewed, RUN_RENEWED) then keep_running(runs, run, fence) end
redis.call('PEXPIRE', lock, LOCK_TTL)
return {answer, int(now), r.device, r.operator, r.sign_in or ''}
