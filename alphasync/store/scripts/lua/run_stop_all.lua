-- Stop all runs that the device may see and stop, then tell all devices once more which those were.
-- KEYS: meta log runs record devices
-- ARGV: channel only_of may_see profiles device message stopped_before head all_head by
--   only_of: as of run_stop; the others go on
--   may_see: "all" | "only" the profiles, one a line
--   stopped_before: what the calls before this one returned, joined by commas
-- USES: int emit is_others running_of end_run audit_each
-- RETURN: {'OK', count} | {'MORE', count, stopped}: there are more than one script may end; ask again
local visible = {}
for profile in string.gmatch(profiles, '[^\n]+') do visible[profile] = true end
local stopped, noted = {}, {}
for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
  local r = redis.call('HMGET', run, 'status', 'profile', 'stub', 'type', 'run_id', 'operator')
  if r[1] == 'running' and (may_see == 'all' or visible[r[2]])
    and not is_others(r[6], only_of) then
    if #stopped == PAGE_ENDS_MAX then
      audit_each(record, devices, by, 'run_stopped', noted)
      return {'MORE', int(#stopped), table.concat(stopped, ',')}
    end
    end_run(meta, log, channel, runs, run, 'stopped', message, head .. ',"stoppedAt":' .. int(now), device)
    stopped[#stopped + 1] = '{' .. r[3] .. '}'
    noted[#noted + 1] = {'profile', r[2] or '', 'type', r[4] or '', 'run', r[5] or '', 'target', r[6] or ''}
  end
end
audit_each(record, devices, by, 'run_stopped', noted)
local all = stopped_before
if all ~= '' and #stopped > 0 then all = all .. ',' end
emit(meta, log, channel, '', '', all_head .. ',"stoppedAt":' .. int(now)
  .. ',"stoppedProfiles":[' .. all .. table.concat(stopped, ',') .. ']')
return {'OK', int(#stopped)}
