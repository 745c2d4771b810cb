-- What stands in front of every script. Names in capitals are constants: their values are put in when
-- it is loaded; those of times are ms, and PUBLISH_WITH is a command.

-- Whose history this primary goes on with: another one after a failover; and the time of the call, as
-- Redis says it and in ms.
local lineage, time, now

-- What each call begins with: in a library these outlive it.
local function begin(arguments)
  lineage = arguments[#arguments]
  -- Redis 6.2 refuses writes after TIME unless effects are what is replicated; later ones always do.
  if redis.replicate_commands then redis.replicate_commands() end
  time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
