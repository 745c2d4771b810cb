-- A page of the recipients who could not be messaged, those who failed last first.
-- KEYS: failed reasons
-- ARGV: before tried_by
--   before: '' for the first page, else the cursor that came with the page before
--   tried_by: the id of a run whose own are left out, or ''
-- USES: int recalled described
-- RETURN: {'OK', list, named, unnamed, cursor}
--   list: JSON, of {id, name, reason?, at?}; named: how many are listed in all; unnamed: how many more
--   could not be messaged; cursor: '' with the last page
local top = before == '' and '+inf' or '(' .. before
local found = redis.call('ZRANGE', failed, top, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, FAILED_PAGE_MAX + 1, 'WITHSCORES')
local items, bytes, cursor = {}, 0, ''
for i = 1, #found, 2 do
  if i > 2 * FAILED_PAGE_MAX or bytes > PAGE_BYTES_MAX then
    cursor = found[i - 1]
    break
  end
  local text = redis.call('HGET', reasons, found[i])
  local _, _, run_id = recalled(text or '')
  if tried_by == '' or run_id ~= tried_by then
    items[#items + 1] = described(found[i], text)
    bytes = bytes + #items[#items]
  end
end
return {'OK', '[' .. table.concat(items, ',') .. ']', int(redis.call('ZCARD', failed)),
  redis.call('HGET', reasons, '') or '0', cursor}
