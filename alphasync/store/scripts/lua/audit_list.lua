-- A part of the account's record, newest first: what is wanted among so many entries as one script looks at.
-- KEYS: record
-- ARGV: before since until_ action operator profile outcome most
--   before: the id at which the part before ended, or ''; since, until_: ms, or ''; the others '' for any; outcome: a code, or 'ok'
-- USES: int
-- RETURN: {'OK', entries, next}: each its id, and its fields and values; next: '' behind the last
local last = before ~= '' and '(' .. before or until_ ~= '' and until_ or '+'
-- What is past its life is gone, also where it still stands beside what is not.
local first = int(math.max(tonumber(since ~= '' and since or 0), now - AUDIT_TTL, 0))
local page = redis.call('XREVRANGE', record, last, first, 'COUNT', AUDIT_SEARCHED_MAX)
local found = {}
for at, each in ipairs(page) do
  local e = {}
  for i = 1, #each[2], 2 do e[each[2][i]] = each[2][i + 1] end
  if (action == '' or e.action == action) and (operator == '' or e.operator == operator)
    and (profile == '' or e.profile == profile)
    and (outcome == '' or (e.outcome or 'ok') == outcome) then
    found[#found + 1] = each
    if #found == tonumber(most) then return {'OK', found, each[1]} end
  end
  if at == AUDIT_SEARCHED_MAX then return {'OK', found, each[1]} end
end
return {'OK', found, ''}
