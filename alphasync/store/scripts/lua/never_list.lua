-- A page of the list of whom no run contacts, newest first.
-- KEYS: never never_notes
-- ARGV: score id part most
--   score, id: of the entry at which the page before ended, or ''; part: of the ids that are asked for, or ''
-- USES: int page_of
-- RETURN: {'OK', count, ids, scores, notes, score, id}: count: of the whole list; score, id: where the page ends, '' at the end of all
local ids, scores, last_score, last_id = page_of(never, score, id, part, most)
local notes = {}
if #ids > 0 then notes = redis.call('HMGET', never_notes, unpack(ids)) end
for place = 1, #ids do notes[place] = notes[place] or '' end
return {'OK', int(redis.call('ZCARD', never)), ids, scores, notes, last_score, last_id}
