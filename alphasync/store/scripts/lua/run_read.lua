-- A run as it is now, if there is one on record.
-- KEYS: meta log run
-- ARGV:
-- USES: int epoch_of
-- RETURN: {'OK', epoch, revision, now, fields}
local epoch = epoch_of(meta, log)
return {'OK', epoch, redis.call('HGET', meta, 'revision'), int(now), redis.call('HGETALL', run)}
