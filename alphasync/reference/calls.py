"""The HTTP calls of clients: what goes in, what comes out, and what they are refused with."""

import msgspec

from alphasync.errors import (
    AlphasyncError,
    InvalidPayload,
    SignInAgain,
    StoreUnavailable,
    TooManyProfiles,
    TooManyRequests,
    UnknownProfile,
    UnsupportedMediaType,
)
from alphasync.gateway.port import (
    Attachments,
    BadCredentials,
    GatewayRefused,
    GatewayUnavailable,
    Profile,
)
from alphasync.services.tokens import InvalidToken, MissingToken
from alphasync.web.accounts import HANDLE_HEADER, Credentials, LoginAnswer, RefreshAnswer


class Call(msgspec.Struct, frozen=True):
    method: str
    path: str
    about: str
    answer: object
    """The model of the body of a 200."""
    errors: tuple[type[AlphasyncError], ...]
    """Besides what any request can be refused with."""
    body: type | None = None
    header: str = ""
    """The one that says who asks."""

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"


CALLS = (
    Call(
        method="POST",
        path="/api/auth/login",
        about="Sign in: the credentials are checked by the gateway.",
        body=Credentials,
        answer=LoginAnswer,
        errors=(
            InvalidPayload,
            BadCredentials,
            TooManyProfiles,
            UnsupportedMediaType,
            TooManyRequests,
            GatewayRefused,
            GatewayUnavailable,
            StoreUnavailable,
        ),
    ),
    Call(
        method="POST",
        path="/api/auth/refresh",
        about="A fresh token for a valid one; the session lives on with it.",
        header="Authorization: Bearer <token>",
        answer=RefreshAnswer,
        errors=(MissingToken, InvalidToken, SignInAgain, StoreUnavailable),
    ),
    Call(
        method="GET",
        path="/api/profiles",
        about="The profiles that the operator writes for, as far as the login is for them.",
        header=f"{HANDLE_HEADER}: <alphaDateToken>",
        answer=list[Profile],
        errors=(
            InvalidToken,
            SignInAgain,
            TooManyRequests,
            GatewayRefused,
            GatewayUnavailable,
            StoreUnavailable,
        ),
    ),
    Call(
        method="GET",
        path="/api/profiles/{profile}/attachments",
        about="What can be attached to a profile's mails; `{profile}` is its `external_id`.",
        header=f"{HANDLE_HEADER}: <alphaDateToken>",
        answer=Attachments,
        errors=(
            InvalidToken,
            SignInAgain,
            UnknownProfile,
            TooManyRequests,
            GatewayRefused,
            GatewayUnavailable,
            StoreUnavailable,
        ),
    ),
)
