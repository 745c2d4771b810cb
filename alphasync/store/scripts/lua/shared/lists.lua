-- Lists of recipients that are looked at page by page, and those whom nobody is to contact.

-- Whether Redis dropped the list of whom not to contact: what is known of each is beside it.
local function never_is_lost(never, never_notes)
  return redis.call('EXISTS', never) == 0 and redis.call('EXISTS', never_notes) == 1
end

-- A page of a sorted set, newest first, from behind the entry at which the page before ended, or from
-- where it stood if it is gone: entries of the very same moment may then come twice, none is left out.
-- part: of the ids, in either case; '' for all
-- Returns the ids, their scores, and the score and id at which the page ends, both '' at the end of all.
-- USES: int
local function page_of(list, score, id, part, most)
  local from = 0
  if id ~= '' then
    if redis.call('ZSCORE', list, id) == score then
      from = redis.call('ZREVRANK', list, id) + 1
    else
      from = redis.call('ZCOUNT', list, '(' .. score, '+inf')
    end
  end
  local reach = part == '' and tonumber(most) or PAGE_SEARCHED_MAX
  local found = redis.call('ZREVRANGE', list, int(from), int(from + reach), 'WITHSCORES')
  local ids, scores, wanted = {}, {}, string.lower(part)
  local last = math.min(#found, 2 * reach)
  for i = 1, last, 2 do
    if part == '' or string.find(string.lower(found[i]), wanted, 1, true) then
      ids[#ids + 1], scores[#scores + 1] = found[i], found[i + 1]
      if #ids == tonumber(most) then last = i + 1 break end
    end
  end
  if last == #found then return ids, scores, '', '' end
  return ids, scores, found[last], found[last - 1]
end
