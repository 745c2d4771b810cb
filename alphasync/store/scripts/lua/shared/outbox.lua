-- What other software is to be told of an account's runs, in the order in which it came to be: put down by the
-- script that makes it true, so that no crash is between the two. Of an account without webhooks nothing is.

-- Where it begins, by any key of the account.
local function webhooks_of(key)
  return string.match(key, '^[^}]*}:') .. 'webhooks'
end

-- Put down what is to be told. message: what those who hear of it twice know it again by
-- hook: the only webhook that it is for, or ''. Returns its id
local function put_out(outbox, kind, message, profile, data, hook)
  local id = redis.call('XADD', outbox, 'MAXLEN', WEBHOOK_WAITING_MAX, '*',
    'kind', kind, 'message', message, 'profile', profile, 'data', data, 'hook', hook)
  redis.call('PEXPIRE', outbox, WEBHOOK_WAITING_TTL)
  return id
end

-- The ids of what was put down for one webhook alone and still waits. What it has been told of that goes: it would
-- push out what waits for others.
local function asked_for(webhook, outbox)
  local w, waiting = redis.call('HMGET', webhook, 'told', 'asked'), {}
  for id in string.gmatch(w[2] or '', '%S+') do
    if #redis.call('XRANGE', outbox, '(' .. w[1], id, 'COUNT', 1) > 0 then
      waiting[#waiting + 1] = id
    else
      redis.call('XDEL', outbox, id)
    end
  end
  return waiting
end

-- Tell of a run as it is now. more: what its record does not say yet; which: tells what is told of the run in
-- this way from what else is. Returns whether there is anybody to tell.
-- USES: int webhooks_of put_out device_name
local function tell_outside(run, kind, which, more)
  local webhooks = webhooks_of(run)
  if redis.call('EXISTS', webhooks) == 0 then return false end
  local names = {'run_id', 'profile', 'type', 'device', 'operator', 'detached', 'plan', 'started_at', 'cycle', 'total',
    'sent', 'skipped', 'failed', 'uncertain', 'past_sent', 'past_failed', 'past_uncertain', 'device_name'}
  local values = redis.call('HMGET', run, unpack(names))
  if not values[1] then return false end
  local r = {at = int(now)}
  for at, name in ipairs(names) do
    if values[at] and values[at] ~= '' then r[name] = values[at] end
  end
  for name, value in pairs(more) do
    if value ~= '' then r[name] = value end
  end
  if r.device and not r.device_name then
    r.device_name = device_name(string.gsub(webhooks, 'webhooks$', 'devices'), r.device)
  end
  put_out(webhooks .. ':outbox', kind, r.run_id .. '_' .. which, r.profile or '', cjson.encode(r), '')
  return true
end

-- Tell how a run ends: to be called while its record still says how it ran.
-- USES: tell_outside
local function tell_end(run, outcome, why, code, stopped_by)
  local more = {outcome = outcome, reason = why, code = code, stopped_by = stopped_by}
  if not tell_outside(run, 'run.' .. outcome, 'end', more) then return end
  local c = redis.call('HMGET', run, 'uncertain', 'past_uncertain')
  if (tonumber(c[1]) or 0) + (tonumber(c[2]) or 0) > 0 then
    more.why = 'uncertain'
    tell_outside(run, 'run.needs_attention', 'uncertain', more)
  end
end
