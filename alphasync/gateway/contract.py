"""The JSON of the gateway's HTTP contract, to and from the types of the port. No I/O.

Ids may be numbers or strings on the wire and are strings inside; names are cut; texts may be null
or absent. A record that cannot be used is left out and named, and nobody else of its list is
touched. Decoders raise GatewayUnavailable for what is no JSON or no list at all: nothing can be
concluded from such an answer, and the next one may be right.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from alphasync.domain.roles import Role
from alphasync.domain.usable import PROFILE_ID_MAX, RECIPIENT_ID_MAX, is_link
from alphasync.gateway import lenient
from alphasync.gateway.port import (
    Attachment,
    Attachments,
    GatewayUnavailable,
    Login,
    Media,
    MediaType,
    Message,
    Odd,
    Profile,
    Recipient,
    RecipientPage,
)

# The header by which a gateway declares, on the recipients listing, that it honours
# idempotency keys, and the value that says so.
KEYS_HEADER = "Idempotency-Keys"
KEYS_HONOURED = "honoured"

# Characters of the gateway's own explanation that are passed on to people.
DETAIL_MAX = 200
# Characters of a picture's address, which may hold the picture itself.
PICTURE_MAX = 64 * 1024
# Characters of an operator's token: it has to fit into a header.
TOKEN_MAX = 8000

T = TypeVar("T")
Record = dict[str, object]


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


def decode_login(body: bytes) -> tuple[Login, list[Odd]]:
    """Read the answer to `POST /login`. A profile that cannot be used is no right to anything."""
    answer = _object(lenient.decode(body))
    operator = lenient.profile_id(answer.get("operatorId"))
    token = answer.get("token")
    if operator is None:
        raise GatewayUnavailable("The gateway names no operator that can be used")
    if not isinstance(token, str) or not _fits_a_header(token):
        raise GatewayUnavailable("The gateway gives no token that can be used")
    team, role = _membership(answer)
    given = answer.get("profiles")
    if given is None:
        return Login(operator, token, None, team, role), []
    if not isinstance(given, list):
        lenient.another_shape()  # a restriction that cannot be read is not taken for none
    profiles, odd = _each(given, _profile_id)
    return Login(operator, token, tuple(profiles), team, role), odd


def _membership(answer: Record) -> tuple[str | None, Role | None]:
    """The team and the role of a login. Raises GatewayUnavailable for what cannot be read: somebody
    would get another account, or more rights than were meant."""
    team, role = answer.get("team"), answer.get("role")
    name = None if team is None else lenient.profile_id(team)
    if team is not None and name is None:
        raise GatewayUnavailable("The gateway names no team that can be used")
    try:
        return name, None if role is None else Role(str(role))
    except ValueError:
        raise GatewayUnavailable("The gateway names no role that there is") from None


def decode_profiles(body: bytes) -> tuple[list[Profile], list[Odd]]:
    """Read the answer to `GET /profiles`.

    A profile whose external_id is absent or cannot be used goes by its id, unless another one has
    that for its external_id.
    """
    given = lenient.decode(body)
    if not isinstance(given, list):
        lenient.another_shape()
    named = {
        lenient.profile_id(item.get("external_id")) for item in given if isinstance(item, dict)
    }

    def profile(value: object) -> Profile:
        item = _record(value)
        own, external = (
            lenient.profile_id(item.get("id")),
            lenient.profile_id(item.get("external_id")),
        )
        if external is None and own in named:
            raise ValueError("its id is another one's external_id")
        used = external or own
        if used is None:
            raise ValueError("it has no id that can be used")
        return Profile(
            id=own or used,
            name=lenient.name(item.get("name")),
            external_id=used,
            photo_link=lenient.link(item.get("photo_link"), PICTURE_MAX),
            age=lenient.age(item.get("age")),
            gender=lenient.name(item.get("gender")),
            country_name=lenient.name(item.get("country_name")),
            status=lenient.name(item.get("status")),
        )

    return _each(given, profile)


def decode_attachments(body: bytes) -> tuple[Attachments, list[Odd]]:
    """Read the answer to `GET /profiles/{id}/attachments`; the list decides an item's kind.

    What no mail could take is left out.
    """
    answer = _object(lenient.decode(body))
    left_out: list[Odd] = []

    def media(key: str, kind: MediaType) -> tuple[Media, ...]:
        found, odd = _each(lenient.records(answer.get(key)), lambda value: _media(value, kind))
        left_out.extend(odd)
        return tuple(found)

    attachments = Attachments(
        images=media("images", "image"),
        videos=media("videos", "video"),
        audios=media("audios", "audio"),
    )
    return attachments, left_out


def decode_recipients(body: bytes, honours_keys: bool) -> RecipientPage:
    """Read the answer to `GET /profiles/{id}/recipients`. An empty cursor is no cursor."""
    answer = _object(lenient.decode(body))
    if "recipients" not in answer:
        lenient.another_shape()
    recipients, odd = _each(lenient.records(answer["recipients"]), _recipient)
    return RecipientPage(
        recipients=tuple(recipients),
        next=lenient.cursor(answer.get("next")),
        honours_keys=honours_keys,
        odd=tuple(odd),
    )


def explanation(body: bytes) -> Explanation:
    """Read an error answer. The gateway's own words come as one short printable line, or ""."""
    try:
        answer = _object(lenient.decode(body))
    except GatewayUnavailable:
        return Explanation()
    words = lenient.name(answer.get("message"), 4 * DETAIL_MAX)
    words = words or lenient.name(answer.get("error"), 4 * DETAIL_MAX)
    printable = "".join(char for char in " ".join(words.split()) if char.isprintable())
    return Explanation(printable[:DETAIL_MAX], answer.get("sent") is True)


def _each(values: list[object], read: Callable[[object], T]) -> tuple[list[T], list[Odd]]:
    """The records that can be read, and those that cannot: `read` raises ValueError for them."""
    good: list[T] = []
    odd: list[Odd] = []
    for position, value in enumerate(values, 1):
        try:
            good.append(read(value))
        except ValueError as error:
            called = lenient.name(value.get("name")) if isinstance(value, dict) else ""
            odd.append(Odd(position, called, str(error)))
    return good, odd


def _object(value: object) -> Record:
    return value if isinstance(value, dict) else lenient.another_shape()


def _record(value: object) -> Record:
    if not isinstance(value, dict):
        raise ValueError("it is no record")
    return value


def _recipient(value: object) -> Recipient:
    item = _record(value)
    return Recipient(
        lenient.identifier(item.get("id"), RECIPIENT_ID_MAX),
        lenient.name(item.get("name")) or None,
    )


def _profile_id(value: object) -> str:
    found = lenient.profile_id(value)
    if found is None:
        raise ValueError("its id cannot be used")
    return found


def _media(value: object, kind: MediaType) -> Media:
    item = _record(value)
    address = item.get("link")
    if not isinstance(address, str) or not is_link(address):
        raise ValueError("its link cannot be used")
    try:
        own = lenient.identifier(item.get("id"), PROFILE_ID_MAX)
    except ValueError:
        own = lenient.identifier(item.get("external_id"), PROFILE_ID_MAX)
    try:
        external = lenient.identifier(item.get("external_id"), PROFILE_ID_MAX)
    except ValueError:
        external = own
    return Media(
        id=own,
        external_id=external,
        content_type=kind,
        link=address,
        filename=lenient.name(item.get("filename")),
        thumb_link=lenient.link(item.get("thumb_link"), PICTURE_MAX),
    )


def _fits_a_header(token: str) -> bool:
    return 1 <= len(token) <= TOKEN_MAX and token.isascii() and token.isprintable()
