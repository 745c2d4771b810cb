-- Everything that a device shows, at one revision.
-- KEYS: meta log runs drafts
-- ARGV:
-- RETURN: {epoch, revision, runs, drafts}
return with_snapshot({}, meta, log, runs, drafts)
