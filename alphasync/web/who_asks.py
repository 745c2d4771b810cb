"""Who makes an HTTP call, and whether they may."""

from aiohttp import hdrs, web

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.log_subject import also
from alphasync.services.logins import Logins
from alphasync.services.tokens import MissingToken, bearer


async def who_asks(request: web.Request, logins: Logins, right: Right) -> Identity:
    """Whose token a call has, who needs this right for it.

    Raises MissingToken, InvalidToken, SignInAgain, NotAllowed and StoreUnavailable.
    """
    token = bearer(request.headers.get(hdrs.AUTHORIZATION))
    if token is None:
        raise MissingToken
    who = await logins.identify(token)
    also(account=who.account)
    who.check(right)
    return who
