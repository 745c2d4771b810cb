-- The versions of a draft: its text as it was at a pause, at a change of hands, before it was cleared.

-- Their heads say whose a version is, and since when; their texts are apart, by number. Both stand
-- beside the index of the account's drafts. `name` tells the drafts apart there: ':<type>:<profile>'.
local function versions_of(drafts, draft)
  local name = string.sub(draft, #drafts)
  return drafts .. ':heads' .. name, drafts .. ':texts' .. name, name
end

-- Keep the text of a draft as a version before `message` takes its place. Returns the version's
-- number, which is the text's revision, or '' where there is nothing to keep.
-- The books of the account: `owners`, the drafts with versions by when these run out, and `bytes`, what
-- those of each and of all take. The functions in here are made for a call that comes once a pause.
-- USES: int index versions_of
local function keep_version(drafts, draft, message, most, room)
  local heads, texts, name = versions_of(drafts, draft)
  local owners, bytes = drafts .. ':versions', drafts .. ':bytes'

  local function count(owner, size)
    redis.call('HINCRBY', bytes, owner, int(size))
    redis.call('HINCRBY', bytes, 'all', int(size))
  end

  -- Its versions have run out, or were dropped.
  local function strike(owner)
    redis.call('ZREM', owners, owner)
    count(owner, 0 - tonumber(redis.call('HGET', bytes, owner) or 0))  -- -0 is no integer to Redis
    redis.call('HDEL', bytes, owner)
  end

  local function drop_oldest(owner)
    local its_heads = drafts .. ':heads' .. owner
    local head = redis.call('ZRANGE', its_heads, 0, 0)[1]
    if not head then return strike(owner) end
    local version = cjson.decode(head)
    redis.call('ZREM', its_heads, head)
    redis.call('HDEL', drafts .. ':texts' .. owner, version.version)
    count(owner, -tonumber(version.size))
    if redis.call('ZCARD', its_heads) == 0 then strike(owner) end
  end

  -- Of the account those of the draft that was left alone for longest go first. False where making
  -- room would take too long for one script.
  local function has_room(size)
    for _, gone in ipairs(redis.call('ZRANGEBYSCORE', owners, '-inf', int(now))) do strike(gone) end
    for _ = 1, VERSIONS_DROPPED_MAX do
      local all = tonumber(redis.call('HGET', bytes, 'all') or 0)
      if redis.call('ZCARD', heads) >= tonumber(most) then
        drop_oldest(name)
      elseif all + size > tonumber(room) then
        local oldest = redis.call('ZRANGE', owners, 0, 0)[1]
        if not oldest then return false end
        drop_oldest(oldest)
      else
        return true
      end
    end
    return false
  end

  -- As a browser counts: in UTF-16 code units.
  local function length_of(text)
    local _, characters = string.gsub(text, '[^\128-\191]', '')
    local _, of_two = string.gsub(text, '[\240-\247]', '')
    return int(characters + of_two)
  end

  -- Without half a character at its end.
  local function beginning_of(text)
    if #text <= VERSION_WORDS_MAX then return text end
    return (string.gsub(string.sub(text, 1, VERSION_WORDS_MAX), '[\192-\255]?[\128-\191]*$', ''))
  end

  local t = redis.call('HMGET', draft, 'message', 'revision', 'device', 'operator', 'timestamp')
  local text, number = t[1] or '', t[2]
  local size = #text + VERSION_OVERHEAD
  local kept = text ~= '' and text ~= message and tonumber(most) > 0 and has_room(size)
  if kept then
    redis.call('ZADD', heads, number, cjson.encode({
      version = number, device = t[3], operator = t[4] or '', at = t[5], size = int(size),
      length = length_of(text), words = beginning_of(text)}))
    redis.call('HSET', texts, number, text)
    count(name, size)
  end
  -- They live as long as their draft.
  if redis.call('PEXPIRE', heads, DRAFT_TTL) == 1 then
    redis.call('PEXPIRE', texts, DRAFT_TTL)
    redis.call('PEXPIRE', bytes, DRAFT_TTL)
    index(owners, name, DRAFT_TTL)
  end
  return kept and number or ''
end
