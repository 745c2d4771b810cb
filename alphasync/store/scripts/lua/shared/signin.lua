-- A login's record, and what becomes of those who come with a token of it.

-- Whether what a token stands for was ended. A login that was ended has no record any more, or one that is
-- left to its runs; one that the storage has lost has none either: that is no end. So who ended any of an
-- operator's logins, or all tokens that none of them made, left a note of when.
-- begun_at: ms, when the token's login was opened; of a token that no login made, when it was made
local function is_signed_out(signin, signed_out, sign_in, begun_at)
  if sign_in ~= '' then
    local s = redis.call('HMGET', signin, 'operator', 'left')
    if s[1] and not s[2] then return false end
    if s[2] then return true end
  end
  local since = redis.call('HGET', signed_out, sign_in == '' and 'others' or 'logins')
  return since and tonumber(begun_at) <= tonumber(since)
end

-- The key of a login beside the account's index of all.
local function signin_key(all_signins, sid)
  return string.sub(all_signins, 1, -2) .. ':' .. sid
end

-- Whether a run or a plan of the account is of this login.
-- USES: running_of plans_of
local function is_wanted(runs, sid)
  for _, set in ipairs({running_of(runs), plans_of(runs)}) do
    for _, key in ipairs(redis.call('ZRANGE', set, 0, -1)) do
      if redis.call('HGET', key, 'sign_in') == sid then return true end
    end
  end
  return false
end
