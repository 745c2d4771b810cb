"""What the gateway has for a login: its profiles, and their attachments."""

from alphasync.errors import UnknownProfile
from alphasync.gateway import port
from alphasync.services.listed_profiles import ListedProfiles, LoginKey
from alphasync.services.tokens import InvalidToken
from alphasync.services.upstream import SignIn, Upstream


class Profiles:
    """Each call takes the handle of a login. Raises InvalidToken for what is none, SignInAgain when
    the login has ended, and the errors of the gateway."""

    def __init__(self, gateway: port.Gateway, upstream: Upstream, listed: ListedProfiles) -> None:
        self._gateway = gateway
        self._upstream = upstream
        self._listed = listed

    async def all(self, handle: str) -> list[port.Profile]:
        """The profiles that the login may use."""
        sign_in = await self._sign_in(handle)
        found = await self._upstream.ask(sign_in, "", self._gateway.profiles)
        login = LoginKey(sign_in.account, sign_in.operator_id, sign_in.sid)
        self._listed.note(login, [profile.external_id for profile in found])
        return [profile for profile in found if sign_in.may_see(profile.external_id)]

    async def attachments(self, handle: str, profile_id: str) -> port.Attachments:
        """What there is to send along for a profile. Raises UnknownProfile."""
        sign_in = await self._sign_in(handle)
        if not sign_in.may_see(profile_id):
            raise UnknownProfile
        return await self._upstream.ask(
            sign_in, profile_id, lambda token: self._gateway.attachments(token, profile_id)
        )

    async def _sign_in(self, handle: str) -> SignIn:
        if not handle:
            raise InvalidToken("Sign in to see this")
        return await self._upstream.named(handle)
