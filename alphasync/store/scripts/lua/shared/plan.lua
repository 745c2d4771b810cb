-- A planned run's record.

-- The plans of an account, by when their records run out.
local function plans_of(runs)
  return runs .. ':planned'
end

-- Whether a plan may begin at this time.
local function is_in_time(start_at)
  local ahead = tonumber(start_at) - now
  return ahead >= PLAN_LEAD_MIN and ahead <= PLAN_AHEAD_MAX
end

-- What devices are told of a plan: the members of a JSON object.
local function plan_members(plan)
  local p = redis.call('HMGET', plan, 'identity', 'planned_at', 'start_at', 'latest', 'text',
    'attachments', 'waiting_for', 'options')
  local members = p[1] .. ',"plannedAt":' .. p[2] .. ',"startAt":' .. p[3] .. ',"latest":' .. p[4]
    .. ',"message":' .. cjson.encode(p[5]) .. ',"attachments":' .. p[6]
  if (p[8] or '') ~= '' then members = members .. ',' .. string.sub(p[8], 2, -2) end
  if p[7] == '' then return members end
  return members .. ',"waitingFor":"' .. p[7] .. '"'
end

-- Tell that a plan is none any more, and forget it.
-- USES: emit plans_of
local function end_plan(meta, log, channel, profile, runs, plan, head)
  emit(meta, log, channel, profile, '', head)
  redis.call('DEL', plan)
  redis.call('ZREM', plans_of(runs), plan)
end
