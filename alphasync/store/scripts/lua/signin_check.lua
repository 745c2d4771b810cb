-- Whether what a token stands for was ended.
-- KEYS: signin signed_out
-- ARGV: sign_in begun_at
-- USES: is_signed_out
-- RETURN: {'OK'} | {'SIGNED_OUT'}
if is_signed_out(signin, signed_out, sign_in, begun_at) then return {'SIGNED_OUT'} end
return {'OK'}
