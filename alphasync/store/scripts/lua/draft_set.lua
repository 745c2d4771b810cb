-- Store the text of a draft ('' empties it) and tell the other devices.
-- KEYS: meta log draft drafts
-- ARGV: channel profile type device message most head
-- USES: int epoch_of emit admitted
-- RETURN: {'OK', revision, now} | {'FULL'}: the account has its most drafts without this one
if not admitted(drafts, draft, DRAFT_TTL, most) then
  if message ~= '' then return {'FULL'} end
  -- There is no text, as is wanted; and no record to say so.
  epoch_of(meta, log)
  return {'OK', redis.call('HGET', meta, 'revision'), int(now)}
end
local revision = emit(meta, log, channel, profile, device, head)
redis.call('HSET', draft, 'profile', profile, 'type', type, 'device', device,
  'message', message, 'timestamp', int(now), 'revision', revision)
redis.call('PEXPIRE', draft, DRAFT_TTL)
return {'OK', revision, int(now)}
