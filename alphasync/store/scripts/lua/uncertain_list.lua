-- A page of the recipients who may have been messaged.
-- KEYS: uncertain
-- ARGV: start
--   start: '' for the first page, else the cursor that came with the page before
-- USES: listed
-- RETURN: {'OK', list, more, cursor}
--   list: JSON, of {id, name, reason?, at?}; more: how many there are besides these; cursor: '' with the
--   last page
local names, more, cursor = listed(uncertain, start)
return {'OK', names, more, cursor}
