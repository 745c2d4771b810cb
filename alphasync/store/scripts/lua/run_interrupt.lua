-- End a run that cannot go on, on behalf of its runner, and tell all devices why.
-- KEYS: meta log lock run runs sent tally uncertain failed reasons
-- ARGV: channel run_id fence settled outcome claimed_at why failed_most reason head
-- USES: owns doubt settle end_run
-- RETURN: {'OK'} | {'SUPERSEDED'}
if not owns(lock, run, run_id, fence) then return {'SUPERSEDED'} end
settle(run, sent, tally, uncertain, failed, reasons, settled, outcome, claimed_at, why, failed_most)
if redis.call('HGET', run, 'inflight') ~= '' then doubt(run, uncertain, failed, reasons, reason) end
end_run(meta, log, channel, runs, run, 'interrupted', reason, head)
return {'OK'}
