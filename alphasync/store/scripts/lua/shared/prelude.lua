-- What stands in front of every script, after the constants (LOG_EVENTS_MAX, REVISION_JUMP, and in ms
-- LOG_TTL, META_TTL, LOCK_TTL, RUN_TTL, DRAFT_TTL, DEVICE_TTL, SENT_TTL), `publish_with`, a command,
-- and `lineage`: whose history this primary goes on with, another one after a failover.

-- Redis 6.2 refuses writes after TIME unless effects are what is replicated; later ones always do.
if redis.replicate_commands then redis.replicate_commands() end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function int(n)
  return string.format('%.0f', n)
end

-- Whether what is this operator's may not be touched by who asks for that of `only_of`: '' is for anybody's.
local function is_others(operator, only_of)
  return only_of ~= '' and operator ~= only_of
end
