-- Store the text of a draft ('' empties it) and tell the other devices; or say what has become of the
-- draft since the text was made, and store nothing. Where a version ends with the text that was there,
-- it is kept: after a pause, at a change of hands, before a text is emptied.
-- KEYS: meta log draft drafts
-- ARGV: channel profile type device operator message ends versions_most versions_room most head base only_at skip sent made_from caret
--   ends: "yes" where a version ends in any case, as another one takes its place | "no" where that is
--   to be found out
--   base: the revision that the text was made from, or '' where that is not said
--   only_at: the revision at which the draft must be; 'own': this device must have written last, and
--   what was stored be what it had sent; 'any'
--   skip: the device that is not told, or ''
--   sent, made_from: what the device had sent, and its base, where `message` is another text; else ''
--   caret: where in `message` the change ends, in bytes, or '' where that is not known
-- USES: int is_due epoch_of emit admitted keep_version edits_of keep_edit last_edits
-- RETURN: {'OK', revision, now, version} | {'FULL'}: the account has its most drafts without this one
--   | {'MOVED', now, revision, device, timestamp, message, edits}: the draft as it is, and its last
--   edits (see last_edits)
--   version: the number of the version that was kept, or ''
local t = redis.call('HMGET', draft, 'revision', 'device', 'timestamp', 'kept_at', 'merged', 'message', 'edits',
  'renewed', 'operator')
local as_sent = t[2] == device and t[5] ~= '1'
local as_wanted = only_at == 'any' or t[1] == only_at or (only_at == 'own' and as_sent)
if t[1] and t[1] ~= '0' and not as_wanted then
  local last = last_edits(edits_of(drafts, draft), t[1], t[6], device, base)
  return {'MOVED', int(now), t[1], t[2], t[3], t[6], last}
end
-- Also where its place among the account's was lost: who joins would not see it.
local due = not t[1] or is_due(t[8], DRAFT_RENEWED) or not redis.call('ZSCORE', drafts, draft)
if due and not admitted(drafts, draft, DRAFT_TTL, most) then
  if message ~= '' then return {'FULL'} end
  -- There is no text, as is wanted; and no record to say so.
  local _, _, present = epoch_of(meta, log)
  return {'OK', present, int(now), ''}
end

-- Of hands that type at the same time one version is kept in each such while.
local function version_ends()
  if not t[2] then return false end
  if ends == 'yes' or message == '' or now - tonumber(t[3]) >= VERSION_PAUSE then return true end
  return t[2] ~= device and now - tonumber(t[4] or 0) >= VERSION_PAUSE
end

local version = version_ends() and keep_version(drafts, draft, message, versions_most, versions_room) or ''
local revision = emit(meta, log, channel, profile, skip, head)
local edits = edits_of(drafts, draft)
-- An earlier version is nobody's hand: what its device goes on with is no change of it.
local hand = ends == 'yes' and '' or device
local mark = keep_edit(edits, t[1], t[7], due, t[6] or '', revision, message, hand, sent, made_from, caret)
local merged = made_from ~= '' and '1' or ''
redis.call('HSET', draft, 'message', message, 'timestamp', int(now), 'revision', revision, 'edits', mark)
if due or t[2] ~= device or t[9] ~= operator or t[5] ~= merged then
  redis.call('HSET', draft, 'profile', profile, 'type', type, 'device', device, 'operator', operator,
    'merged', merged)
end
if version ~= '' then redis.call('HSET', draft, 'kept_at', int(now)) end
if due then
  redis.call('HSET', draft, 'renewed', int(now))
  redis.call('PEXPIRE', draft, DRAFT_TTL)
end
return {'OK', revision, int(now), version}
