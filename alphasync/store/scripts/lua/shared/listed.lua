-- Recipients of whom a person is told: who may have been messaged, and who could not be.

-- What is kept of one in such a list: the name, when, in which run, and why, a line each.
-- USES: int
local function remembered(name, run_id, why)
  return (string.gsub(name, '\n', ' ')) .. '\n' .. int(now) .. '\n' .. run_id .. '\n' .. why
end

-- The same again: name, when, run id, why. An earlier version kept the name alone.
local function recalled(text)
  local name, at, run_id, why = string.match(text, '^([^\n]*)\n(%d+)\n(%x*)\n(.*)$')
  if not name then return text, nil, '', '' end
  return name, at, run_id, why
end

-- One of a list as JSON. text: what is kept, or false
-- USES: recalled
local function described(id, text)
  local name, at, _, why = recalled(text or '')
  local item = {id = id, name = name}
  if why ~= '' then item.reason = why end
  local json = cjson.encode(item)
  return at and string.sub(json, 1, -2) .. ',"at":' .. at .. '}' or json
end

-- Take somebody off the list of those who could not be messaged, on which hardly anybody is.
local function forget_failed(failed, reasons, recipient)
  if redis.call('ZREM', failed, recipient) == 1 then redis.call('HDEL', reasons, recipient) end
end

-- Put on the list somebody who could not be messaged. Of those beyond the most it is only kept how
-- many they are, under a name that no recipient has.
-- USES: int remembered
local function list_failed(failed, reasons, recipient, name, run_id, why, most)
  if not redis.call('ZSCORE', failed, recipient) and redis.call('ZCARD', failed) >= tonumber(most) then
    redis.call('HINCRBY', reasons, '', 1)
  else
    -- By time, and no two at the same place, so that a page can begin behind any of them.
    local newest = redis.call('ZRANGE', failed, -1, -1, 'WITHSCORES')
    redis.call('ZADD', failed, int(math.max(now, tonumber(newest[2] or 0) + 1)), recipient)
    redis.call('HSET', reasons, recipient, remembered(name, run_id, why))
    redis.call('PEXPIRE', failed, FAILED_TTL)
  end
  redis.call('PEXPIRE', reasons, FAILED_TTL)
end
