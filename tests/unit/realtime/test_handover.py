"""What servers tell each other of a session that moves, also while one of them is of the version
before roles."""

import msgspec
import pytest

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Role
from alphasync.realtime import handover
from alphasync.realtime.allowance import Rest
from alphasync.realtime.handover import Arriving, Handover
from alphasync.realtime.registration import Handshake, Registration

OFFER = Handshake(token="t", device_id="d", resume_token="p", device_name="", epoch="e", revision=3)
REST = Rest(2, 1.5)


class FormerIdentity(msgspec.Struct, frozen=True):
    operator_id: str
    account: str
    email: str | None
    expires_at: int
    token_hash: str
    profiles: frozenset[str] | None = None
    role: str | None = None
    team: str | None = None
    sign_in: str = ""
    profiles_kept: bool = False


class FormerRegistration(msgspec.Struct, array_like=True):
    sid: str
    who: FormerIdentity
    offer: Handshake
    device_id: str = ""
    resumed: bool = False
    name: str = ""
    resume_token: str = ""
    warned: bool = False
    server: str = ""


class FormerArriving(msgspec.Struct, frozen=True, array_like=True):
    registration: FormerRegistration
    rest: Rest
    epoch: str
    revision: int


class FormerHandover(msgspec.Struct, frozen=True, array_like=True):
    sids: dict[str, str]
    arriving: FormerArriving | None = None


def former(role: str | None, team: str | None) -> FormerHandover:
    who = FormerIdentity(
        operator_id="7",
        account="t:red" if team else "o:7",
        email="a@b.example",
        expires_at=2**33,
        token_hash="hash",
        profiles=frozenset({"1", "2"}),
        role=role,
        team=team,
        sign_in="as1.0000000000000000000000",
    )
    registration = FormerRegistration("s", who, OFFER, "d", True, "Phone", "p", False, "server")
    return FormerHandover({"/": "s"}, FormerArriving(registration, REST, "e", 5))


def today(role: Role, team: str | None) -> Handover:
    who = Identity(
        operator_id="7",
        account="t:red" if team else "o:7",
        email="a@b.example",
        expires_at=2**33,
        token_hash="hash",
        profiles=frozenset({"1", "2"}),
        role=role,
        team=team,
        sign_in="as1.0000000000000000000000",
    )
    registration = Registration("s", who, OFFER, "d", True, "Phone", "p", False, "server")
    return Handover({"/": "s"}, Arriving(registration, REST, "e", 5))


@pytest.mark.parametrize("told", [Handover({}), today(Role.VIEWER, "red"), today(Role.ADMIN, None)])
def test_it_arrives_as_it_was_told(told: Handover) -> None:
    assert handover.decode(handover.encode(told)) == told


@pytest.mark.parametrize(
    ("role", "team", "meant"),
    [
        (None, None, Role.ADMIN),
        (None, "red", Role.OPERATOR),
        ("Sales, north", "red", Role.OPERATOR),
        ("", None, Role.ADMIN),
        ("viewer", "red", Role.VIEWER),
    ],
)
def test_whom_a_server_of_before_tells_of_has_a_role(
    role: str | None, team: str | None, meant: Role
) -> None:
    told = msgspec.msgpack.encode(former(role, team))
    assert handover.decode(told) == today(meant, team)


@pytest.mark.parametrize("team", [None, "red"])
def test_a_server_of_before_understands_what_it_is_told(team: str | None) -> None:
    told = handover.encode(today(Role.ADMIN, team))
    assert msgspec.msgpack.decode(told, type=FormerHandover) == former("admin", team)


@pytest.mark.parametrize("told", [b"", b"\xc1", *map(msgspec.msgpack.encode, (7, [], [{}, [[]]]))])
def test_what_is_none_is_refused(told: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        handover.decode(told)
