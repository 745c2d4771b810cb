-- Tell all devices of an account who is here, whatever was told before: where the account has just lost
-- its log, they find by it that there is another one, and start from a fresh snapshot.
-- KEYS: meta log devices
-- ARGV: channel all_head
-- USES: emit roster_texts
-- RETURN: {'OK'}
local texts = roster_texts(devices)
local objects = #texts > 0 and '{' .. table.concat(texts, '},{') .. '}' or ''
emit(meta, log, channel, '', '', all_head .. '"devices":[' .. objects .. ']')
return {'OK'}
