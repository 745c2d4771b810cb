-- The figures of an account: those of some days before, and those of the present one with what its runs have
-- done up to now. Of a great many runs some are seen to at a time.
-- KEYS: analytics runs
-- ARGV: number before
--   number: of days; a few more are told, as it is not said in which zone; before: how many of the runs the calls before this one saw to
-- USES: int running_of carry
-- RETURN: {'MORE', before}: to be called again, with this | {'OK', today, days, now}
--   today: its fields and their values; days: each, and its fields as JSON
local seen_to = tonumber(before)
local running = redis.call('ZRANGE', running_of(runs), seen_to, seen_to + PAGE_RECORDS_MAX)
for at, run in ipairs(running) do
  if at > PAGE_RECORDS_MAX then return {'MORE', int(seen_to + PAGE_RECORDS_MAX)} end
  if redis.call('HGET', run, 'status') == 'running' then carry(run) end
end
local wanted, days = {}, {}
local present = math.floor(now / 86400000)
for day = present - tonumber(number) - 1, present + 1 do wanted[#wanted + 1] = int(day) end
for at, text in ipairs(redis.call('HMGET', analytics, unpack(wanted))) do
  if text then
    days[#days + 1] = wanted[at]
    days[#days + 1] = text
  end
end
return {'OK', redis.call('HGETALL', analytics .. ':today'), days, int(now)}
