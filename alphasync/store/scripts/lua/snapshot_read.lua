-- Everything that a device shows, at one revision, as far as it fits into one page.
-- KEYS: meta log runs drafts devices
-- ARGV:
-- USES: with_snapshot
-- RETURN: {epoch, revision, runs, drafts, plans, rest, listed}
--   runs: {} or the names of fields, and then the values of each run
--   rest: keys of further ones, to be read one by one; each record has its own revision
--   listed: who is here, each as the members of a JSON object
return with_snapshot({}, meta, log, runs, drafts, devices)
