-- A person decided about recipients who may have been messaged: the next run may message them
-- again, or they count as messaged. The run on record counts its own of them accordingly: as sent, or,
-- as they are for the next run, not at all.
-- KEYS: meta log run uncertain sent tally record devices
-- ARGV: channel profile type action recipient cursor before head by
--   recipient: '' for all of them; cursor, before: '0' and 0, or as returned by the call before
-- USES: int emit unblock recalled recount counters audit forget_doubted refigure
-- RETURN: {'OK', count} | {'MORE', count, cursor}: to be called again, and nobody has been told yet
local chosen, behind = {recipient}, '0'
if recipient == '' then
  local page = redis.call('HSCAN', uncertain, cursor, 'COUNT', PAGE_ENDS_MAX)
  chosen, behind = {}, tostring(page[1])
  for i = 1, #page[2], 2 do chosen[#chosen + 1] = page[2][i] end
end
local here, of_run = 0, 0
local known = redis.call('HGET', run, 'run_id')
for _, id in ipairs(chosen) do
  local text = redis.call('HGET', uncertain, id)
  if text then
    local _, at, run_id = recalled(text)
    redis.call('HDEL', uncertain, id)
    forget_doubted(uncertain, run_id, id)
    refigure(run, profile, at, action == 'leave' and 'sent' or '')
    if action == 'resend' then unblock(sent, tally, id) end
    here = here + 1
    if known and run_id == known then of_run = of_run + 1 end
  end
end
if of_run > 0 then recount(run, of_run, action == 'leave' and 'sent' or '') end
-- Each page is on record as it is decided about, as its last one may never come.
if here > 0 then
  audit(record, devices, by, 'uncertain_resolved',
    {'profile', profile, 'type', type, 'count', int(here), 'detail', action})
end
local count = before + here
if behind ~= '0' then return {'MORE', int(count), behind} end
if count > 0 then
  local counted = known and ',' .. counters(run) or ''
  local revision = emit(meta, log, channel, profile, '', head .. ',"count":' .. int(count) .. counted)
  if known then redis.call('HSET', run, 'revision', revision) end
end
return {'OK', int(count)}
