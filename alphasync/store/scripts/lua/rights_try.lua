-- Try each command that the scripts use, on keys that are gone afterwards, and say which is refused.
-- KEYS: text hash members scores stream
-- ARGV: channel keep
--   keep: ms that a key stays which may not be deleted
-- USES:
-- RETURN: {'OK'} | {'REFUSED', command, error}
local commands = {
  {"SET", text, "1", "PX", keep}, {"GET", text}, {"INCR", text}, {"DECR", text},
  {"PTTL", text}, {"EXISTS", text},
  {"HSET", hash, "a", "1"}, {"PEXPIRE", hash, keep}, {"HGET", hash, "a"}, {"HMGET", hash, "a"},
  {"HGETALL", hash}, {"HKEYS", hash}, {"HVALS", hash}, {"HSCAN", hash, "0"}, {"HLEN", hash}, {"HEXISTS", hash, "a"},
  {"HINCRBY", hash, "a", "1"}, {"HDEL", hash, "a"},
  {"SUNIONSTORE", members, members}, {"SMEMBERS", members}, {"COPY", hash, members, "REPLACE"},
  {"ZADD", scores, "1", "a"}, {"PEXPIRE", scores, keep}, {"ZSCORE", scores, "a"},
  {"ZCARD", scores}, {"ZCOUNT", scores, "0", "1"}, {"ZRANGE", scores, "0", "0"},
  {"ZRANGEBYSCORE", scores, "2", "3"},
  {"ZREVRANGE", scores, "0", "0"}, {"ZREVRANK", scores, "a"},
  {"ZREVRANGEBYSCORE", scores, "3", "2"}, {"ZREM", scores, "a"},
  {"ZREMRANGEBYSCORE", scores, "0", "1"}, {"ZREMRANGEBYRANK", scores, "0", "0"},
  {"XADD", stream, "MAXLEN", "1", "*", "a", "1"}, {"XTRIM", stream, "MAXLEN", "1"},
  {"PEXPIRE", stream, keep},
  {"XRANGE", stream, "-", "+", "COUNT", "1"},
  {"XREVRANGE", stream, "+", "-", "COUNT", "1"}, {"XDEL", stream, "1-1"},
  {PUBLISH_WITH, channel, "tried"},
  {"UNLINK", text, hash, members, scores, stream}, {"DEL", text},
}
local refused
for _, command in ipairs(commands) do
  local reply = redis.pcall(unpack(command))
  local is_table = string.sub(tostring(reply), 1, 5) == 'table'
  if not refused and is_table and reply.err then
    refused = {'REFUSED', command[1], reply.err}
  end
end
return refused or {'OK'}
