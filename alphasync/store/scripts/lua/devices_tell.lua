-- Tell of the changes of who is here that were too many to be told one by one.
-- KEYS: meta log devices
-- ARGV: channel all_head
-- USES: int tell_devices
-- RETURN: {'OK'} | {'NONE'}: they are told already | {'WAIT', ms}: it is too early
if redis.call('HGET', devices .. ':told', 'unsaid') ~= '1' then return {'NONE'} end
local left = tell_devices(meta, log, channel, devices, '', all_head)
if left > 0 then return {'WAIT', int(left)} end
return {'OK'}
