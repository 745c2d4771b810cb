"""What is said of an HTTP call."""

import msgspec

from alphasync.domain.roles import LEAST, Right
from alphasync.errors import (
    AlphasyncError,
    NotAllowed,
    NotForServiceTokens,
    Overloaded,
    SignedOut,
    SignInAgain,
    StoreUnavailable,
    TooManyRequests,
)
from alphasync.services.tokens import InvalidToken, MissingToken

BEARER = "Authorization: Bearer <token>"
OF_A_TOKEN = (MissingToken, InvalidToken, SignInAgain, SignedOut)
"""What any call can be refused with that says by a token who asks."""
OF_ANY_CALL = (TooManyRequests, Overloaded, StoreUnavailable)


class Call(msgspec.Struct, frozen=True):
    method: str
    path: str
    about: str
    answer: object | None
    """The model of the body of a 200; None where it is CSV, or said in words."""
    errors: tuple[type[AlphasyncError], ...] = ()
    """Its own: besides what any request can be refused with, and what any can be that takes a
    ``right``."""
    body: type | None = None
    csv: str = ""
    """What a body of CSV is like, of the request or of the answer."""
    in_words: str = ""
    """What the bodies are like, where that is said elsewhere."""
    query: type | None = None
    """What stands behind the `?`."""
    header: str = ""
    """The one that says who asks."""
    right: Right | None = None
    """What the role of the token in `Authorization` has to have, where one is asked for."""
    services: bool = False
    """Whether that may be a service token."""

    @property
    def refused_with(self) -> tuple[type[AlphasyncError], ...]:
        """Besides what any request can be refused with."""
        if self.right is None:
            return self.errors
        role = () if LEAST[self.right] is LEAST[Right.SEE] else (NotAllowed,)
        person = () if self.services else (NotForServiceTokens,)
        return (*OF_A_TOKEN, *person, *role, *self.errors, *OF_ANY_CALL)

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"
