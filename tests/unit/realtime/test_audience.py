"""Whom an event is for: no profile id and no account reaches another's room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain import events
from alphasync.domain.identity import Identity, account_of
from alphasync.protocol import packets
from alphasync.realtime.audience import (
    LATEST_WINS,
    account_room,
    limited_room,
    profile_room,
    replaces,
    rooms_for,
    rooms_of,
    seen_by,
)
from alphasync.realtime.order import Envelope
from alphasync.realtime.registration import Handshake, Registration

HOSTILE = [
    "*",
    "+",
    "/",
    "..",
    ".",
    "%2A",
    "%",
    "a/b",
    "o:2/5",
    "../o:2/*",
    "ß",
    "😀",
    " ",
    "#",
    "?",
    "",
]
IDS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"))


def who(operator: str, profiles: frozenset[str] | None) -> Identity:
    return Identity(
        operator_id=operator,
        account=account_of(operator, None),
        email=None,
        expires_at=1,
        token_hash="",
        profiles=profiles,
    )


def device(profiles: frozenset[str] | None, device_id: str = "d") -> Registration:
    offer = Handshake("token", None, None, "", None, 0)
    return Registration("sid", who("1", profiles), offer, device_id)


@pytest.mark.parametrize("profile", HOSTILE)
def test_a_profile_is_not_the_account_and_not_another_profile(profile: str) -> None:
    room = profile_room("o:1", profile)
    assert room not in (account_room("o:1"), limited_room("o:1"))
    assert room.startswith("o:1/")
    assert room.count("/") == 1
    assert room not in {profile_room("o:1", other) for other in HOSTILE if other != profile}


@given(IDS, IDS, IDS, IDS)
def test_equal_rooms_mean_equal_accounts_and_profiles(
    one: str, other: str, profile: str, another: str
) -> None:
    a, b = account_of(one, None), account_of(other, None)
    same = profile_room(a, profile) == profile_room(b, another)
    assert same == ((one, profile) == (other, another))
    assert profile_room(a, profile) not in (account_room(b), limited_room(b))
    assert (account_room(a) == account_room(b)) == (one == other)


def test_a_session_is_in_one_kind_of_room_or_the_other() -> None:
    assert rooms_of(who("1", None)) == ("o:1/*",)
    assert rooms_of(who("1", frozenset({"9", "5"}))) == ("o:1/+", "o:1/5", "o:1/9")
    assert rooms_of(who("1", frozenset())) == ("o:1/+",)
    assert rooms_of(who("1", frozenset({"*"}))) == ("o:1/+", "o:1/%2A")


PROFILES = st.sampled_from(["1", "2", "*", "+"])


@given(st.none() | st.frozensets(PROFILES), st.just("") | PROFILES)
def test_whom_an_event_is_for_are_in_exactly_one_of_its_rooms(
    profiles: frozenset[str] | None, profile: str
) -> None:
    session, envelope = who("1", profiles), Envelope("e", 1, profile, "", '2["messageCleared",{}]')
    alike, apart = rooms_for("o:1", envelope)
    shared = set(rooms_of(session)) & {*alike, *apart}
    seen = not profile or session.may_see(profile)
    assert len(shared) == (1 if seen else 0)


@given(st.none() | st.frozensets(PROFILES), st.just("") | PROFILES)
def test_who_is_in_a_room_that_sees_an_event_as_it_is_sees_it_so(
    profiles: frozenset[str] | None, profile: str
) -> None:
    envelope = Envelope("e", 1, profile, "acting", '2["messageCleared",{}]')
    alike, _ = rooms_for("o:1", envelope)
    for device_id in ("d", "acting"):
        member = device(profiles, device_id)
        if set(rooms_of(member.who)) & set(alike):
            seen = seen_by(member, envelope)
            assert seen == (None if device_id == envelope.skip else envelope.packet)


def test_what_of_an_event_a_device_sees() -> None:
    of_profile = Envelope("e", 1, "5", "acting", "p")
    assert seen_by(device(None), of_profile) == "p"
    assert seen_by(device(frozenset("5")), of_profile) == "p"
    assert seen_by(device(frozenset("6")), of_profile) is None
    assert seen_by(device(None, "acting"), of_profile) is None
    stopped = [events.StoppedProfile(profile_id=name, type="chat") for name in ("5", "6")]
    packet = packets.encode(
        events.AllProcessingStopped(
            device_id="d", stopped_by="d", message="", stopped_at=1, stopped_profiles=stopped
        )
    )
    of_all = Envelope("e", 1, "", "", packet)
    assert seen_by(device(None), of_all) is packet
    narrowed = packets.decode(seen_by(device(frozenset("5")), of_all) or "")
    assert isinstance(narrowed, events.AllProcessingStopped)
    assert narrowed.stopped_profiles == stopped[:1]
    assert seen_by(device(frozenset("7")), of_all) is None


def updated(profile: str, type: str = "chat", text: str = "x") -> str:
    return f'2["messageUpdated",{{"profileId":"{profile}","type":"{type}","message":"{text}"}}]'


def test_texts_of_one_draft_replace_each_other() -> None:
    assert replaces(updated("1", text="a")) == replaces(updated("1", text="ab")) is not None
    others = {replaces(updated("1")), replaces(updated("2")), replaces(updated("1", "mail"))}
    assert len(others) == 3


def test_progress_is_no_text() -> None:
    progress = '2["processingProgress",{"profileId":"1","type":"chat","progress":{}}]'
    assert replaces(progress) not in (None, replaces(updated("1")))


def test_the_names_are_those_of_events() -> None:
    assert set(LATEST_WINS) <= set(packets.EVENTS)
    assert (
        events.ProcessingProgress.event_name,
        events.MessageUpdated.event_name,
        events.AttachmentsUpdated.event_name,
    ) == LATEST_WINS


@pytest.mark.parametrize(
    "packet",
    [
        '2["messageCleared",{"profileId":"1","type":"chat"}]',
        '2["processingComplete",{"profileId":"1","type":"chat"}]',
        '2["messageUpdatedToo",{"profileId":"1","type":"chat"}]',
        '2["messageUpdated",{}]',
        '2["messageUpdated",null]',
        '2["messageUpdated",',
        '2/x,["messageUpdated",{"profileId":"1","type":"chat"}]',
        "0",
        "",
    ],
)
def test_all_else_has_to_arrive(packet: str) -> None:
    assert replaces(packet) is None
