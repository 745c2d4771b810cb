-- Which runs of the history are wanted, newest first, among so many as one script looks at.
-- KEYS: history
-- ARGV: before since until_ only_of may_see profiles operator profile type outcome most
--   before: the place behind which the part before ended, or ''; since, until_: ms, or ''
--   only_of: the operator whose they have to be, or ''; may_see: "all" | "only" the profiles, one a line
--   the others: '' for any
-- USES: int
-- RETURN: {'OK', ids, next}: next: the place behind which the next part begins, '' behind the last
local visible = {}
for each in string.gmatch(profiles, '[^\n]+') do visible[each] = true end
local top = before ~= '' and '(' .. before or '+inf'
if until_ ~= '' and (before == '' or tonumber(until_) < tonumber(before)) then top = until_ end
-- What is past its life is gone, also where it still stands beside what is not.
local bottom = int(math.max(tonumber(since ~= '' and since or 0), now - HISTORY_TTL, 0))
-- Most are passed over by a look for what has to be in them, at a fifth of the cost of taking them apart.
local needles = {}
for _, each in ipairs({outcome, type, operator, only_of}) do
  if each ~= '' then needles[#needles + 1] = '\n' .. each .. '\n' end
end
if profile ~= '' then needles[#needles + 1] = '\n' .. profile end
local function may_fit(each)
  for _, needle in ipairs(needles) do
    if not string.find(each, needle, 1, true) then return false end
  end
  return true
end

local reach = HISTORY_SEARCHED_MAX
if #needles == 0 and may_see == 'all' then reach = math.min(reach, tonumber(most)) end
local found = redis.call('ZRANGE', history, top, bottom, 'BYSCORE', 'REV', 'LIMIT', 0, reach)
local ids = {}
for at, each in ipairs(found) do
  local id, ended, kind, who, whose
  if may_fit(each) then
    id, ended, kind, who, whose = string.match(each, '^(%x*)\n(%a*)\n(%a*)\n([^\n]*)\n(.*)$')
  end
  if id and (outcome == '' or outcome == ended) and (type == '' or type == kind)
    and (only_of == '' or only_of == who) and (operator == '' or operator == who)
    and (profile == '' or profile == whose) and (may_see == 'all' or visible[whose]) then
    ids[#ids + 1] = id
  end
  if #ids == tonumber(most) or at == reach then
    return {'OK', ids, redis.call('ZSCORE', history, each)}
  end
end
return {'OK', ids, ''}
