-- One version of a draft.
-- KEYS: draft drafts
-- ARGV: version
-- USES: versions_of
-- RETURN: {'OK', text} | {'GONE'}: there is no such version any more
local _, texts = versions_of(drafts, draft)
local text = redis.call('HGET', texts, version)
if not text then return {'GONE'} end
return {'OK', text}
