-- Store the text of a draft ('' empties it) and tell the other devices. Where a version ends with the
-- text that was there, it is kept: after a pause, at a change of hands, before a text is emptied.
-- KEYS: meta log draft drafts
-- ARGV: channel profile type device operator message ends versions_most versions_room most head
--   ends: "yes" where a version ends in any case | "no" where that is to be found out
-- USES: int epoch_of emit admitted keep_version
-- RETURN: {'OK', revision, now, version} | {'FULL'}: the account has its most drafts without this one
--   version: the number of the version that was kept, or ''
if not admitted(drafts, draft, DRAFT_TTL, most) then
  if message ~= '' then return {'FULL'} end
  -- There is no text, as is wanted; and no record to say so.
  epoch_of(meta, log)
  return {'OK', redis.call('HGET', meta, 'revision'), int(now), ''}
end

-- Of hands that type at the same time one version is kept in each such while.
local function version_ends()
  local t = redis.call('HMGET', draft, 'device', 'timestamp', 'kept_at')
  if not t[1] then return false end
  if ends == 'yes' or message == '' or now - tonumber(t[2]) >= VERSION_PAUSE then return true end
  return t[1] ~= device and now - tonumber(t[3] or 0) >= VERSION_PAUSE
end

local version = version_ends() and keep_version(drafts, draft, message, versions_most, versions_room) or ''
local revision = emit(meta, log, channel, profile, device, head)
redis.call('HSET', draft, 'profile', profile, 'type', type, 'device', device, 'operator', operator,
  'message', message, 'timestamp', int(now), 'revision', revision)
if version ~= '' then redis.call('HSET', draft, 'kept_at', int(now)) end
redis.call('PEXPIRE', draft, DRAFT_TTL)
return {'OK', revision, int(now), version}
