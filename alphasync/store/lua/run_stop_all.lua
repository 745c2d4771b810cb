-- Stop all runs that the device may see, then tell all devices once more which those were.
-- KEYS: meta log runs
-- ARGV: channel may_see profiles device message head all_head
--   may_see: "all" | "only" the profiles, one a line
-- RETURN: {'OK', count}
local visible = {}
for profile in string.gmatch(profiles, '[^\n]+') do visible[profile] = true end
local stopped = {}
for _, run in ipairs(indexed(runs)) do
  local r = redis.call('HMGET', run, 'status', 'profile', 'stub')
  if r[1] == 'running' and (may_see == 'all' or visible[r[2]]) then
    end_run(meta, log, channel, runs, run, 'stopped', message, head .. ',"stoppedAt":' .. int(now), device)
    stopped[#stopped + 1] = '{' .. r[3] .. '}'
  end
end
emit(meta, log, channel, '', '', all_head .. ',"stoppedAt":' .. int(now)
  .. ',"stoppedProfiles":[' .. table.concat(stopped, ',') .. ']')
return {'OK', int(#stopped)}
