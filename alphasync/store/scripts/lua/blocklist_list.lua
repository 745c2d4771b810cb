-- A page of those who were messaged, newest first, with the runs that did it.
-- KEYS: sent starts
-- ARGV: score id part most
--   score, id: of the entry at which the page before ended, or ''; part: of the ids that are asked for, or ''
-- USES: int page_of starts_of
-- RETURN: {'OK', count, ids, scores, runs, places, score, id}: count: of the whole list; runs: what is
--   noted of each and when it started; places: of each one's run among them, or '0'; score, id: where the
--   page ends, '' at the end of all
local ids, scores, last_score, last_id = page_of(sent, score, id, part, most)
local runs, places = starts_of(starts, scores)
return {'OK', int(redis.call('ZCARD', sent)), ids, scores, runs, places, last_score, last_id}
