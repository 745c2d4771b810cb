"""The JSON of the gateway's HTTP contract, to and from the types of the port. No I/O.

Ids may be numbers or strings on the wire and are strings inside. Texts may be null or absent.
Every decoder raises GatewayUnavailable for JSON or a shape that cannot be understood: nothing can
be concluded from such an answer, and the next one may be right.
"""

from typing import TypeVar

import msgspec

from alphasync.gateway.port import (
    Attachment,
    Attachments,
    GatewayUnavailable,
    Login,
    Media,
    MediaType,
    Message,
    Profile,
    Recipient,
    RecipientPage,
)
from alphasync.nesting import decode_json

# The header by which a gateway declares, on the recipients listing, that it honours
# idempotency keys, and the value that says so.
KEYS_HEADER = "Idempotency-Keys"
KEYS_HONOURED = "honoured"

# Characters of the gateway's own explanation that are passed on to people.
MAX_DETAIL_CHARS = 200

Id = str | int
T = TypeVar("T")


class _Login(msgspec.Struct, rename="camel"):
    operator_id: Id
    token: str
    profiles: list[Id] | None = None


class _Profile(msgspec.Struct):
    id: Id
    name: str | None = None
    external_id: Id | None = None
    photo_link: str | None = None
    age: int | float | str | None = None
    gender: str | None = None
    country_name: str | None = None
    status: Id | None = None


class _Media(msgspec.Struct):
    id: Id
    external_id: Id | None = None
    link: str | None = None
    filename: str | None = None
    thumb_link: str | None = None


class _Attachments(msgspec.Struct):
    images: list[_Media] | None = None
    videos: list[_Media] | None = None
    audios: list[_Media] | None = None


class _Recipient(msgspec.Struct):
    id: Id
    name: str | None = None


class _RecipientPage(msgspec.Struct):
    recipients: list[_Recipient]
    next: Id | None = None


class _Message(msgspec.Struct, rename="camel"):
    type: str
    recipient_id: str
    message: str
    attachments: tuple[Attachment, ...]


class Explanation(msgspec.Struct, frozen=True):
    """What an answer without a result says: words for people, and whether the message was sent."""

    words: str = ""
    says_sent: bool = False


def encode_login(email: str, password: str) -> bytes:
    """The body of `POST /login`. Raises UnicodeEncodeError for text that is no Unicode."""
    return msgspec.json.encode({"email": email, "password": password})


def encode_message(message: Message) -> bytes:
    """The body of a send. Raises UnicodeEncodeError for text that is no Unicode."""
    return msgspec.json.encode(
        _Message(message.type, message.recipient_id, message.text, message.attachments)
    )


def decode_login(body: bytes) -> Login:
    """Read the answer to `POST /login`."""
    answer = _decode(body, _Login)
    profiles = None if answer.profiles is None else tuple(map(str, answer.profiles))
    return Login(str(answer.operator_id), answer.token, profiles)


def decode_profiles(body: bytes) -> list[Profile]:
    """Read the answer to `GET /profiles`; a profile without external_id goes by its id."""
    return [
        Profile(
            id=str(item.id),
            name=item.name or "",
            external_id=_id_or(item.external_id, item.id),
            photo_link=item.photo_link or "",
            age=_age(item.age),
            gender=item.gender or "",
            country_name=item.country_name or "",
            status=_id_or(item.status, ""),
        )
        for item in _decode(body, list[_Profile])
    ]


def decode_attachments(body: bytes) -> Attachments:
    """Read the answer to `GET /profiles/{id}/attachments`; the list decides an item's kind."""
    answer = _decode(body, _Attachments)
    return Attachments(
        images=_media(answer.images, "image"),
        videos=_media(answer.videos, "video"),
        audios=_media(answer.audios, "audio"),
    )


def decode_recipients(body: bytes, honours_keys: bool) -> RecipientPage:
    """Read the answer to `GET /profiles/{id}/recipients`. An empty cursor is no cursor."""
    answer = _decode(body, _RecipientPage)
    return RecipientPage(
        recipients=tuple(Recipient(str(item.id), item.name) for item in answer.recipients),
        next=_id_or(answer.next, "") or None,
        honours_keys=honours_keys,
    )


def explanation(body: bytes) -> Explanation:
    """Read an error answer. The gateway's own words come as one short printable line, or ""."""
    try:
        answer = decode_json(body)
    except (msgspec.DecodeError, ValueError):
        return Explanation()
    if not isinstance(answer, dict):
        return Explanation()
    given = answer.get("message") or answer.get("error")
    words = " ".join(given[: 4 * MAX_DETAIL_CHARS].split()) if isinstance(given, str) else ""
    printable = "".join(char for char in words if char.isprintable())
    return Explanation(printable[:MAX_DETAIL_CHARS], answer.get("sent") is True)


def _decode(body: bytes, shape: type[T]) -> T:
    try:
        return decode_json(body, shape)
    except msgspec.ValidationError as error:
        raise GatewayUnavailable(f"The gateway's answer has another shape: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise GatewayUnavailable("The gateway's answer is not JSON") from error


def _media(items: list[_Media] | None, kind: MediaType) -> tuple[Media, ...]:
    return tuple(
        Media(
            id=str(item.id),
            external_id=_id_or(item.external_id, item.id),
            content_type=kind,
            link=item.link or "",
            filename=item.filename or "",
            thumb_link=item.thumb_link or "",
        )
        for item in items or ()
    )


def _id_or(value: Id | None, fallback: Id) -> str:
    return str(fallback if value is None else value)


def _age(value: int | float | str | None) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else None
    # Written with a decimal point by some encoders; an age of 1e300 is no age.
    return int(value) if value is not None and 0 <= value < 1000 else None
