"""What the earlier server's keys and values say.

It wrote strings of JSON, under names with colons between the parts, whatever the parts were:

    message:OPERATOR:PROFILE:TYPE            {message, deviceId, timestamp}
    processing:OPERATOR:PROFILE:TYPE         {isProcessing, current, total, startedAt, …}
    sent:OPERATOR:PROFILE:RECIPIENT:TYPE     {recipientId, sentAt, messageHash, type}

Where a part has a colon in it, the name alone does not say which. Then the value decides where it
names the part (the recipient; of a run the operator and the profile); else the key is left out,
because state that is given to a wrong account is worse than state that is missing.
"""

from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.identity import account_of
from alphasync.domain.runs import ProcessingType
from alphasync.domain.usable import RECIPIENT_ID_MAX, is_profile_id, is_unicode
from alphasync.nesting import decode_json
from alphasync.services.earlier_state import EarlierDraft, EarlierRun, Place

Kind = Literal["sent", "message", "processing"]
KINDS: tuple[Kind, ...] = ("sent", "message", "processing")
TYPES: dict[str, ProcessingType] = {"chat": "chat", "mail": "mail"}
VALUE_MAX = 128 * 1024
"""Bytes of a value: a draft of the greatest length takes half of it."""
EARLIEST, LATEST = 10**12, 10**14
"""ms since the Unix epoch. A smaller number (before 2001) is of seconds, a greater one (after the
year 5000) of microseconds."""
COUNT_MAX = 10**9
UNKNOWN_DEVICE = "earlier-server"
"""Stands for a device of which no usable id was kept."""


class Unusable(Exception):
    """A key that cannot be brought in; the text says why, the same for all of a kind."""


class Messaged(NamedTuple):
    place: Place
    recipient: str
    at: int


class Draft(NamedTuple):
    place: Place
    draft: EarlierDraft


class Run(NamedTuple):
    place: Place
    run: EarlierRun
    going_on: bool
    """It had not ended."""


Entry = Messaged | Draft | Run


class _Sent(msgspec.Struct, rename="camel"):
    sent_at: int | float
    recipient_id: str | int | UnsetType = UNSET
    type: str | UnsetType = UNSET


class _Message(msgspec.Struct, rename="camel"):
    message: str
    timestamp: int | float
    device_id: str | int | None = None


class _Processing(msgspec.Struct, rename="camel"):
    is_processing: bool
    current: int | float = 0
    total: int | float = 0
    operator_id: str | int | UnsetType = UNSET
    profile_id: str | int | UnsetType = UNSET
    started_at: int | float | UnsetType = UNSET
    last_update: int | float | UnsetType = UNSET
    device_id: str | int | None = None


def kind_of(key: bytes) -> Kind | None:
    """Which of the three it is; None for a key that is none of the earlier server's state."""
    for kind in KINDS:
        if key.startswith(kind.encode() + b":"):
            return kind
    return None


def entry_of(kind: Kind, key: bytes, value: bytes) -> Entry:
    """What a key of this kind and its value say. Raises Unusable."""
    try:
        name = key.decode()
    except UnicodeDecodeError:
        raise Unusable("its name is not UTF-8") from None
    head, _, last = name.removeprefix(f"{kind}:").rpartition(":")
    type_ = TYPES.get(last)
    if type_ is None:
        raise Unusable("its name ends neither with :chat nor with :mail")
    try:
        if kind == "sent":
            return _messaged(head, type_, decode_json(value, _Sent))
        if kind == "message":
            return _draft(head, type_, decode_json(value, _Message))
        return _run(head, type_, decode_json(value, _Processing))
    except msgspec.ValidationError:
        raise Unusable("its value lacks a field, or has one of another type") from None
    except (msgspec.DecodeError, ValueError):
        raise Unusable("its value is not JSON") from None


def _messaged(head: str, type_: ProcessingType, value: _Sent) -> Messaged:
    if value.type not in (UNSET, type_):
        raise Unusable("its name and its value differ")
    if isinstance(value.recipient_id, UnsetType):
        owner, _, recipient = head.rpartition(":")
        if owner.count(":") != 1:
            raise Unusable("a colon in its name makes it ambiguous")
    else:
        recipient = str(value.recipient_id)
        if not head.endswith(f":{recipient}"):
            raise Unusable("its name and its value differ")
        owner = head.removesuffix(f":{recipient}")
    place = _place(owner, type_)
    if not 1 <= len(recipient) <= RECIPIENT_ID_MAX or not is_unicode(recipient):
        raise Unusable("no usable id of a recipient")
    return Messaged(place, recipient, _time(value.sent_at))


def _draft(head: str, type_: ProcessingType, value: _Message) -> Draft:
    draft = EarlierDraft(value.message, _device(value.device_id), _time(value.timestamp))
    return Draft(_place(head, type_), draft)


def _run(head: str, type_: ProcessingType, value: _Processing) -> Run:
    if isinstance(value.operator_id, UnsetType) or isinstance(value.profile_id, UnsetType):
        place = _place(head, type_)
    else:
        operator, profile = str(value.operator_id), str(value.profile_id)
        if head != f"{operator}:{profile}":
            raise Unusable("its name and its value differ")
        place = _place_of(operator, profile, type_)
    times = [at for at in (value.started_at, value.last_update) if not isinstance(at, UnsetType)]
    if not times:
        raise Unusable("it says no time")
    if not 0 <= value.current <= value.total <= COUNT_MAX:
        raise Unusable("its counts are of no use")
    run = EarlierRun(
        _device(value.device_id), _time(times[0]), int(value.current), int(value.total)
    )
    return Run(place, run, value.is_processing)


def _place(owner: str, type_: ProcessingType) -> Place:
    operator, _, profile = owner.partition(":")
    if ":" in profile:
        raise Unusable("a colon in its name makes it ambiguous")
    return _place_of(operator, profile, type_)


def _place_of(operator: str, profile: str, type_: ProcessingType) -> Place:
    if not is_profile_id(operator) or not is_profile_id(profile):
        raise Unusable("no usable id of an operator or a profile")
    return Place(operator, account_of(operator, None), profile, type_)


def _device(value: str | int | None) -> str:
    text = str(value)
    return text if value is not None and is_profile_id(text) else UNKNOWN_DEVICE


def _time(value: float) -> int:
    if not EARLIEST <= value < LATEST:
        raise Unusable("its time is none in milliseconds")
    return int(value)
