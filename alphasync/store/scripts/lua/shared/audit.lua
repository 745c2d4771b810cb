-- The account's record: who did what. A stream to which entries are only ever added, by the script that makes
-- them true; the oldest go by number and by age.

-- by: JSON of who acts, operator, session and device, '' where there is none; about: fields and values.
-- Where the login came from is copied as it is on record, encrypted: it goes with the login, and the entry stays.
-- USES: int device_key
local function audit(record, devices, by, action, about)
  if AUDIT_MAX == 0 then return end
  local who = cjson.decode(by)
  local entry = {'action', action, 'operator', who.operator, 'session', who.session, 'device', who.device}
  if who.device ~= '' then
    entry[#entry + 1], entry[#entry + 2] = 'name', redis.call('HGET', device_key(devices, who.device), 'name') or ''
  end
  if who.session ~= '' then
    local signin = string.gsub(record, 'audit$', 'signin:') .. who.session
    entry[#entry + 1], entry[#entry + 2] = 'origin', redis.call('HGET', signin, 'origin') or ''
  end
  for _, part in ipairs(about) do entry[#entry + 1] = part end
  redis.call('XADD', record, 'MAXLEN', '~', AUDIT_MAX, '*', unpack(entry))
  redis.call('XTRIM', record, 'MINID', '~', int(math.max(0, now - AUDIT_TTL)))
  redis.call('PEXPIRE', record, AUDIT_TTL)
end
