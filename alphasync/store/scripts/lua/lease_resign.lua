-- Give a lease up: what the server still holds is for the others to take over at once. A resigned
-- lease has a score below 0: since when no device could come back to it.
-- KEYS: leases holdings
-- ARGV: server closed_for
--   closed_for: ms since it took its last device
-- USES: int
-- RETURN: {'OK'}
if redis.call('EXISTS', holdings) == 0 then
  redis.call('ZREM', leases, server)
else
  redis.call('ZADD', leases, 'XX', int(tonumber(closed_for) - now), server)
end
return {'OK'}
