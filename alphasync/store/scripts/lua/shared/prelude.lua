-- What stands in front of every script. Names in capitals are constants: their values are put in when
-- it is loaded; those of times are ms, and PUBLISH_WITH is a command.

-- Whose history this primary goes on with: another one after a failover.
local lineage = ARGV[#ARGV]

-- Redis 6.2 refuses writes after TIME unless effects are what is replicated; later ones always do.
if redis.replicate_commands then redis.replicate_commands() end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function int(n)
  return string.format('%d', n)
end

-- Whether a life that was given at a time is to be given anew: it is longer by `after` than it must be,
-- so that not each script need do so. A clock that was set back makes it due, too.
-- at: ms, or what is no time where that is not known
local function is_due(at, after)
  local given = tonumber(at or '')
  return not given or math.abs(now - given) >= after
end

-- Whether what is this operator's may not be touched by who asks for that of `only_of`: '' is for anybody's.
local function is_others(operator, only_of)
  return only_of ~= '' and operator ~= only_of
end
