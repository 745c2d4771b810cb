-- Start a planned run whose time has come, and tell all devices: it is a plan until the moment in which it
-- is a run, so that of many servers one starts it. While another run of the profile and type goes on, or
-- the account has its most, it waits; when it has waited too long it is skipped.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons never never_notes starts devices plan record signin
-- ARGV: channel profile type plan_id sign_in device operator run_id server stub identity runs_most running_most head lost_head lost_reason waits_head ends by
--   waits_head: begins the event about a plan that waits, without a field
--   ends: a JSON object of what becomes of the plan to the beginning of the event that says so
-- USES: int emit plan_members end_plan begin_run audit
-- RETURN: {'OK', fence, now, text, attachments} | {'GONE'} | {'NOT_YET', start_at} | {'WAITS'}
--   | {'ENDED'}: the login that it was to be sent with is no more, since it was chosen
--   | {'SKIPPED'} | {'FAILED'}: who was messaged, or is not to be contacted, is not known any more
local p = redis.call('HMGET', plan, 'start_at', 'latest', 'text', 'attachments', 'waiting_for', 'options')
if not p[1] then return {'GONE'} end
local late = now - tonumber(p[1])
if late < 0 then return {'NOT_YET', p[1]} end
local late_by = ',"lateBy":' .. int(late)
local heads = cjson.decode(ends)

-- That its time came and went is nobody's deed.
local function given_up(code)
  local nobody = cjson.encode({operator = '', session = '', device = ''})
  audit(record, devices, nobody, 'plan_not_started',
    {'profile', profile, 'type', type, 'plan', plan_id, 'target', operator, 'detail', code})
end

if late > tonumber(p[2]) then
  local why = p[5] ~= '' and p[5] or 'too_late'
  end_plan(meta, log, channel, profile, runs, plan, heads[why] .. late_by)
  given_up(why)
  return {'SKIPPED'}
end

-- Who ends a login, or revokes a service token, ends what goes on then: nothing is to begin with it later.
if sign_in ~= '' and tonumber(redis.call('HGET', signin, 'expires') or 0) <= now then return {'ENDED'} end

-- As of run_start: an earlier version that takes it over is to find none that has options.
local options = p[6] or ''
local kept_attachments = options ~= '' and 'attachments_with_options' or 'attachments'
local outcome, value = begin_run(
  {meta = meta, log = log, channel = channel, profile = profile, lock = lock, run = run, runs = runs,
    sent = sent, tally = tally, uncertain = uncertain, failed = failed, reasons = reasons, only = '',
    never = never, never_notes = never_notes, starts = starts, devices = devices,
    runs_most = runs_most, running_most = running_most},
  {'run_id', run_id, 'profile', profile, 'type', type, 'device', device, 'operator', operator,
    'sign_in', sign_in, 'detached', '1', 'only', '', 'plan', plan_id, 'replica', server, 'stub', stub, 'identity', identity,
    'text', p[3], kept_attachments, p[4], 'options', options},
  run_id, device, head, lost_head, lost_reason)
if outcome == 'LIST_LOST' or outcome == 'NEVER_LOST' then
  local code = outcome == 'LIST_LOST' and 'blocklist_lost' or 'do_not_contact_lost'
  end_plan(meta, log, channel, profile, runs, plan, heads[code])
  given_up(code)
  return {'FAILED'}
end
if outcome ~= 'OK' then
  local waiting_for = outcome == 'HELD' and 'locked' or 'too_many_runs'
  if p[5] ~= waiting_for then
    redis.call('HSET', plan, 'waiting_for', waiting_for)
    emit(meta, log, channel, profile, '', waits_head .. plan_members(plan))
  end
  return {'WAITS'}
end

local reason = 'Started'
if late >= 60000 then reason = 'Started ' .. int(math.floor(late / 60000)) .. ' min late' end
end_plan(meta, log, channel, profile, runs, plan, heads['started'] .. ',"runId":"' .. run_id
  .. '","reason":"' .. reason .. '"' .. late_by)
audit(record, devices, by, 'run_started', {'profile', profile, 'type', type, 'run', run_id, 'plan', plan_id, 'detail', 'plan'})
return {'OK', value, int(now), p[3], p[4]}
