-- The account's record: who did what. A stream to which entries are only ever added, by the script that makes
-- them true; the oldest go by number and by age.

-- An entry for each of what somebody did in one go.
-- by: JSON of who acts, operator, session and device, '' where there is none; abouts: fields and values of each.
-- Where the login came from is copied as it is on record, encrypted: it goes with the login, and the entry stays.
-- USES: int device_name
local function audit_each(record, devices, by, action, abouts)
  if AUDIT_MAX == 0 or #abouts == 0 then return end
  local who = cjson.decode(by)
  local common = {'action', action, 'operator', who.operator, 'session', who.session, 'device', who.device}
  if who.device ~= '' then
    common[#common + 1], common[#common + 2] = 'name', device_name(devices, who.device)
  end
  if who.session ~= '' then
    local signin = string.gsub(record, 'audit$', 'signin:') .. who.session
    common[#common + 1], common[#common + 2] = 'origin', redis.call('HGET', signin, 'origin') or ''
  end
  for _, about in ipairs(abouts) do
    local entry = {unpack(common)}
    for _, part in ipairs(about) do entry[#entry + 1] = part end
    redis.call('XADD', record, 'MAXLEN', '~', AUDIT_MAX, '*', unpack(entry))
  end
  redis.call('XTRIM', record, 'MINID', '~', int(math.max(0, now - AUDIT_TTL)))
  redis.call('PEXPIRE', record, AUDIT_TTL)
end

-- One entry, of what `about` says.
-- USES: audit_each
local function audit(record, devices, by, action, about)
  audit_each(record, devices, by, action, {about})
end
