-- Take the processing lock, put a new run on record and tell all devices. The run's first revision
-- is its fencing token: later holders of the lock have a higher one.
-- KEYS: meta log lock run runs sent tally uncertain
-- ARGV: channel profile type device operator sign_in detached run_id server stub identity text attachments runs_most running_most head lost_head lost_reason
--   detached: '1' where the run goes on without its device, or any; else ''
-- USES: int emit admitted running_of keep_running touch_run list_is_lost doubt end_run
-- RETURN: {'OK', fence, now} | {'HELD', device} | {'FULL'}: the account has its most runs on record
--   | {'BUSY'}: it has its most running runs
--   | {'LIST_LOST'}: who was messaged is not known any more
local held = redis.call('HMGET', lock, 'device', 'run_id')
local known = redis.call('HMGET', run, 'run_id', 'status')
-- A lock whose run is not on record, or has ended, locks nothing.
if held[1] and held[2] == known[1] and known[2] == 'running' then return {'HELD', held[1]} end
if list_is_lost(sent, tally) then return {'LIST_LOST'} end

-- What has ended without a word, as a record that ran out, does not count.
local running = running_of(runs)
if redis.call('ZCARD', running) >= tonumber(running_most) and not redis.call('ZSCORE', running, run) then
  for _, listed_run in ipairs(redis.call('ZRANGE', running, 0, -1)) do
    if redis.call('HGET', listed_run, 'status') ~= 'running' then redis.call('ZREM', running, listed_run) end
  end
  if redis.call('ZCARD', running) >= tonumber(running_most) then return {'BUSY'} end
end
if not admitted(runs, run, RUN_TTL, runs_most) then return {'FULL'} end

-- The lock ran out under a run whose runner is gone: it ends before the next one begins.
if redis.call('HGET', run, 'status') == 'running' then
  end_run(meta, log, channel, runs, run, 'interrupted', lost_reason, lost_head)
end

-- Nobody has said what became of the last run's recipient in flight; its runner still may.
local open = redis.call('HGET', run, 'inflight')
if open and open ~= '' then doubt(run, uncertain) end

local fence = emit(meta, log, channel, profile, '', head .. ',"startedAt":' .. int(now))
redis.call('DEL', run)
redis.call('HSET', run, 'run_id', run_id, 'status', 'running', 'profile', profile, 'type', type,
  'device', device, 'operator', operator, 'sign_in', sign_in, 'detached', detached, 'replica', server, 'fence', fence, 'lock', lock,
  'stub', stub, 'identity', identity, 'text', text, 'attachments', attachments, 'started_at', int(now),
  'total', 0, 'sent', 0, 'skipped', 0, 'failed', 0, 'uncertain', 0, 'message', '',
  'inflight', '', 'inflight_name', '', 'cursor', '', 'last', '', 'before_last', '',
  'claimed_at', '', 'honours', '', 'away', '', 'paused', '',
  'stopped_by', '', 'reason', '', 'duration', 0,
  'step', 0, 'revision', fence)
touch_run(runs, run)
keep_running(runs, run, fence)
redis.call('DEL', lock)
redis.call('HSET', lock, 'device', device, 'run_id', run_id, 'fence', fence)
redis.call('PEXPIRE', lock, LOCK_TTL)
return {'OK', fence, int(now)}
