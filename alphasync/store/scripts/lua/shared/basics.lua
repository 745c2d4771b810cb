-- What all parts use.

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
