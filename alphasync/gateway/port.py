"""What alphasync asks of a messaging backend, as plain types without I/O.

Two rules shape this module:

- Whether a message went out is *data*: `Gateway.send` never raises for what the gateway or the
  network did, it returns one member of `SendResult`. A caller that must not message anybody twice
  has to look at every case, and a type checker can tell when it does not.
- Calls that only read raise a `GatewayError`:

      GatewayError (an AlphasyncError)
      +-- BadCredentials       bad_credentials      the login was refused
      +-- GatewayRefused       gateway_refused      this request is not accepted
      |   +-- TokenRefused     sign_in_again        nor is any other with this token
      +-- ProfileUnknown       unknown_profile      no such profile for this token
      +-- GatewayRateLimited   too_many_requests    retryable, after `retry_after` seconds
      +-- GatewayUnavailable   gateway_unavailable  retryable: no connection, 5xx, unreadable answer

Everywhere here `profile_id` is the profile's `external_id`: the id that events and commands carry.
"""

import math
from typing import ClassVar, Literal, Protocol

import msgspec

from alphasync.domain.roles import Role
from alphasync.errors import AlphasyncError

MediaType = Literal["image", "video", "audio"]
AttachmentType = Literal["SENT_IMAGE", "SENT_VIDEO", "SENT_AUDIO"]


class Login(msgspec.Struct, frozen=True):
    """A successful login. `profiles`: the only profile ids allowed; None means all of them.
    `team`: whose account it is, and None where the operator is their own; `role`: what they may do
    with it, and None for what is usual there."""

    operator_id: str
    token: str
    profiles: tuple[str, ...] | None
    team: str | None = None
    role: Role | None = None


class Profile(msgspec.Struct, frozen=True):
    """A profile that the operator writes for; texts the gateway does not give are empty."""

    id: str
    """The gateway's own."""
    name: str
    """As it is shown."""
    external_id: str
    """The `profileId` of all commands and events."""
    photo_link: str
    """Where the picture is."""
    age: int | None
    """In years."""
    gender: str
    """In the gateway's words."""
    country_name: str
    """The same."""
    status: str
    """The same."""


class Media(msgspec.Struct, frozen=True):
    """One picture, film or sound of a profile that can be attached to a mail."""

    id: str
    """The gateway's own: the `id` of an attachment."""
    external_id: str
    """The same thing's id elsewhere, or empty."""
    content_type: MediaType
    """What it is."""
    link: str
    """Where it is: the `link` of an attachment."""
    filename: str
    """As it is shown: the `title` of an attachment."""
    thumb_link: str
    """Where a small picture of it is."""


class Attachments(msgspec.Struct, frozen=True):
    """All media of one profile, by kind."""

    images: tuple[Media, ...]
    """Pictures."""
    videos: tuple[Media, ...]
    """Films."""
    audios: tuple[Media, ...]
    """Sounds."""


class Recipient(msgspec.Struct, frozen=True):
    """Somebody who can be messaged."""

    id: str
    name: str | None


class Odd(msgspec.Struct, frozen=True):
    """A record that cannot be used: where it stands in its list, from 1, and why."""

    position: int
    name: str
    """"" where none could be read."""
    why: str

    @property
    def shown(self) -> str:
        """One line for people."""
        return f"{self.name or f'number {self.position}'} ({self.why})"


class RecipientPage(msgspec.Struct, frozen=True):
    """One page of recipients; `odd` are those that nobody can be messaged by.

    `next` is the opaque cursor of the page after it, None on the last one. `honours_keys` is True
    when the gateway declares that a repeated idempotency key does not message anybody again.
    """

    recipients: tuple[Recipient, ...]
    next: str | None
    honours_keys: bool
    odd: tuple[Odd, ...] = ()


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attachment of an outgoing message."""

    title: str
    link: str
    message_type: AttachmentType
    id: str | None = None


class Message(msgspec.Struct, frozen=True):
    """An outgoing message; `type` is "chat" or "mail"."""

    type: str
    recipient_id: str
    text: str
    attachments: tuple[Attachment, ...]


class Sent(msgspec.Struct, frozen=True, tag=True):
    """The gateway took the message."""


class AlreadySent(msgspec.Struct, frozen=True, tag=True):
    """The gateway does not send because of what was there before.

    ``says_sent``: it says that the recipient has the message. If not, it may still be at an earlier
    try under the same key, and nobody knows yet what becomes of that.
    """

    says_sent: bool = False


class RecipientRefused(msgspec.Struct, frozen=True, tag=True):
    """Not sent, and never will be to this recipient; others may work."""

    reason: str


class RunRefused(msgspec.Struct, frozen=True, tag=True):
    """Not sent, and the refusal holds for every further recipient too."""

    reason: str


class NotAuthorised(RunRefused, frozen=True, tag=True):
    """The same, for this token; with another one it may work."""


class RateLimited(msgspec.Struct, frozen=True, tag=True):
    """Not sent; may be tried again after `retry_after` seconds."""

    retry_after: float


class NotSent(msgspec.Struct, frozen=True, tag=True):
    """It is certain that nothing was sent; may be tried again, after `retry_after` seconds."""

    reason: str
    retry_after: float = 0.0


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """Maybe sent. Trying again is safe only where idempotency keys are honoured, and not wanted
    before `retry_after` seconds.
    """

    reason: str
    retry_after: float = 0.0


SendResult = Sent | AlreadySent | RecipientRefused | RunRefused | RateLimited | NotSent | Unknown


class GatewayError(AlphasyncError):
    """A reading call failed. `str(error)` is a sentence for people, without secrets.

    `retry_after`: seconds for which the gateway asks to wait, 0 where it does not.
    """

    code: ClassVar[str] = "gateway_unavailable"
    retryable: ClassVar[bool] = True
    default_message: ClassVar[str] = "The gateway cannot be used right now"

    def __init__(self, message: str | None = None, retry_after: float = 0.0) -> None:
        # As a detail it reaches the client, in whole seconds.
        wait = {"retryAfter": math.ceil(retry_after)} if retry_after > 0 else {}
        super().__init__(message, **wait)
        self.retry_after = retry_after


class BadCredentials(GatewayError):
    """The gateway does not know this e-mail address and password."""

    code = "bad_credentials"
    retryable = False


class GatewayRefused(GatewayError):
    """The gateway does not accept the request. Trying again does not help."""

    code = "gateway_refused"
    retryable = False


class TokenRefused(GatewayRefused):
    """The gateway does not accept the token, which has expired or was replaced by another: lead the
    operator to the sign-in."""

    code = "sign_in_again"


class ProfileUnknown(GatewayError):
    """The gateway knows no such profile for this token."""

    code = "unknown_profile"
    retryable = False


class GatewayRateLimited(GatewayError):
    """The gateway asks to wait: try again after as many seconds as the answer says."""

    code = "too_many_requests"


class GatewayUnavailable(GatewayError):
    """No connection to the gateway, no answer in time, a 5xx, or an answer that cannot be read. Try
    again, with a back-off."""


class Gateway(Protocol):
    """A messaging backend. `token` None means: send no credentials."""

    async def login(self, email: str, password: str) -> Login:
        """Exchange credentials for a token. Raises GatewayError, BadCredentials among them."""
        ...

    async def profiles(self, token: str | None) -> list[Profile]:
        """All profiles of the token's operator. Raises GatewayError."""
        ...

    async def attachments(self, token: str | None, profile_id: str) -> Attachments:
        """The media of one profile. Raises GatewayError, ProfileUnknown among them."""
        ...

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        """One page of recipients; `cursor` None is the first page. Raises GatewayError."""
        ...

    async def send(
        self, token: str | None, profile_id: str, message: Message, idempotency_key: str
    ) -> SendResult:
        """Send one message, once: never retried in here. Raises nothing but cancellation."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
