-- Give a lease up: what the replica still holds is for the others to take over at once.
-- KEYS: leases
-- ARGV: replica
-- RETURN: {'OK'}
redis.call('ZADD', leases, 'XX', 0, replica)
return {'OK'}
