-- The recipients who may have been messaged, as far as they fit into one answer.
-- KEYS: uncertain
-- ARGV:
-- USES: listed
-- RETURN: {'OK', list, more}
--   list: JSON, of {id, name, reason?, at?}; more: how many more there are
local names, more = listed(uncertain)
return {'OK', names, more}
