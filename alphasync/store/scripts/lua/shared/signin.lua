-- A login's record, and what becomes of those who come with a token of it.

-- Whether what a token stands for was ended. A login that was ended has no record any more, or one that is
-- left to its runs; one that the storage has lost has none either: that is no end. So who ended any of an
-- operator's logins, or all tokens that none of them made, left a note of when.
-- And whether the login has a record.
-- begun_at: ms, when the token's login was opened; of a token that no login made, when it was made
local function is_signed_out(signin, signed_out, sign_in, begun_at)
  if sign_in ~= '' then
    local s = redis.call('HMGET', signin, 'operator', 'left')
    if s[1] and not s[2] then return false, true end
    if s[2] then return true end
  end
  local since = redis.call('HGET', signed_out, sign_in == '' and 'others' or 'logins')
  return since and tonumber(begun_at) <= tonumber(since), false
end

-- The key of a login beside the account's index of all.
local function signin_key(all_signins, sid)
  return string.sub(all_signins, 1, -2) .. ':' .. sid
end

-- Whose runs and plans go on when nobody of theirs is there: a set of logins. A run that depends on a
-- device ends with it.
-- USES: running_of plans_of
local function wanted_logins(runs)
  local wanted = {}
  for _, run in ipairs(redis.call('ZRANGE', running_of(runs), 0, -1)) do
    local r = redis.call('HMGET', run, 'sign_in', 'detached')
    if r[1] and r[2] == '1' then wanted[r[1]] = true end
  end
  for _, plan in ipairs(redis.call('ZRANGE', plans_of(runs), 0, -1)) do
    local sid = redis.call('HGET', plan, 'sign_in')
    if sid then wanted[sid] = true end
  end
  return wanted
end
