-- Put on record, as interrupted, what an earlier server was processing when it went, and tell all devices:
-- how far it got. Only where the account has no run of this profile and type.
-- KEYS: meta log lock run runs
-- ARGV: channel profile type run_id device operator stub identity started_at total messaged runs_most reason head
-- USES: int admitted end_run
-- RETURN: {'OK'} | {'KNOWN'}: there is one | {'FULL'}: the account has its most runs on record
if redis.call('EXISTS', run) == 1 or redis.call('EXISTS', lock) == 1 then return {'KNOWN'} end
if not admitted(runs, run, RUN_TTL, runs_most) then return {'FULL'} end
redis.call('HSET', run, 'run_id', run_id, 'status', 'running', 'profile', profile, 'type', type,
  'device', device, 'operator', operator, 'sign_in', '', 'replica', '', 'fence', 0, 'lock', lock,
  'stub', stub, 'identity', identity, 'text', '', 'attachments', '[]',
  'started_at', started_at, 'total', total, 'sent', messaged, 'skipped', 0,
  'failed', 0, 'uncertain', 0, 'message', '', 'inflight', '',
  'inflight_name', '', 'cursor', '', 'last', '', 'before_last', '',
  'claimed_at', '', 'honours', '', 'away', '', 'stopped_by', '', 'reason', '',
  'duration', 0, 'step', 0, 'cycle', '', 'revision', 0,
  -- What it has sent was not sent now.
  'carried', messaged .. ' 0 0 0', 'carried_at', '0 ' .. int(now))
end_run(meta, log, channel, runs, run, 'interrupted', reason, head)
return {'OK'}
