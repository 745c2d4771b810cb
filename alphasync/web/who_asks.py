"""Who makes an HTTP call, and whether they may."""

from aiohttp import hdrs, web

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.log_subject import also
from alphasync.services.logins import Logins
from alphasync.services.tokens import MissingToken, bearer


def call_of(request: web.Request) -> str:
    """Names a call, whatever stands in its path."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource is not None else ''}"


def is_whole(request: web.Request) -> bool:
    """Whether all of its body has come. Who sends the rest later is to be asked for again then:
    their token may have been revoked, or their session ended, while it was on its way."""
    return request.content.is_eof()


async def who_asks(
    request: web.Request, logins: Logins, right: Right, *, services: bool = False
) -> Identity:
    """Whose token a call has, who needs this right for it. ``services``: it may be a service token.

    Raises MissingToken, InvalidToken, SignInAgain, SignedOut, NotForServiceTokens, NotAllowed and
    StoreUnavailable.
    """
    token = bearer(request.headers.get(hdrs.AUTHORIZATION))
    if token is None:
        raise MissingToken
    who = await logins.identify(token, services=services)
    also(account=who.account)
    logins.check(who, right, call_of(request))
    return who
