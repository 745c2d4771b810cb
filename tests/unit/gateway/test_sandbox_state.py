"""The sandbox's decisions without a socket: switches, flags, deliveries, tokens, pictures."""

import base64
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.gateway.sandbox.deliveries import DeliveryLog, Receipt
from alphasync.gateway.sandbox.fault_flags import faults_from_flags
from alphasync.gateway.sandbox.faults import (
    PASS,
    Drop,
    Errors,
    FaultCounter,
    Faults,
    FaultsError,
    RateLimit,
    Verdict,
    parse_faults,
    patch_faults,
    refuses,
)
from alphasync.gateway.sandbox.opaque import issue_token, make_cursor, offset_of, operator_of
from alphasync.gateway.sandbox.pictures import avatar, film_still, landscape, sound_wave


def verdicts(faults: Faults, count: int) -> list[Verdict]:
    counter = FaultCounter(faults)
    return [counter.judge("1") for _ in range(count)]


def test_without_switches_everything_passes() -> None:
    assert verdicts(Faults(), 5) == [PASS] * 5


def test_every_nth_is_exactly_every_nth() -> None:
    limited = Verdict("answer", 429, retry_after=2.0)
    assert verdicts(Faults(rate_limit=RateLimit(3, 2.0)), 7) == [
        PASS, PASS, limited, PASS, PASS, limited, PASS,
    ]  # fmt: skip


def test_setting_the_switches_starts_the_count_again() -> None:
    counter = FaultCounter(Faults(drop=Drop(2)))
    assert counter.judge("1") == PASS
    counter.faults = Faults(drop=Drop(2))
    assert counter.judge("1") == PASS
    assert counter.judge("1") == Verdict("drop")


def test_one_message_gets_the_first_of_several_faults() -> None:
    faults = Faults(
        refuse=("1",), rate_limit=RateLimit(8), drop=Drop(4, True), errors=Errors(2, 502, True)
    )
    kinds = [(verdict.kind, verdict.status) for verdict in verdicts(faults, 8)]
    refused, error, drop, limited = ("answer", 422), ("answer", 502), ("drop", 0), ("answer", 429)
    assert kinds == [refused, error, refused, drop, refused, error, refused, limited]
    assert verdicts(Faults(status=403, rate_limit=RateLimit(1)), 1) == [Verdict("answer", 403)]


@given(seed=st.integers(0, 100), share=st.floats(0, 1))
def test_a_refused_share_is_always_the_same_people(seed: int, share: float) -> None:
    faults = Faults(refuse=share, seed=seed)
    people = [str(number) for number in range(200)]
    refused = [person for person in people if refuses(faults, person)]
    assert refused == [person for person in people if refuses(faults, person)]
    # Six standard deviations of 200 throws, and some more where so few are expected that it is no
    # normal distribution any more.
    assert abs(len(refused) - 200 * share) <= 6 * (200 * share * (1 - share)) ** 0.5 + 6


def test_the_ends_of_a_share_and_the_seed() -> None:
    people = [str(number) for number in range(200)]
    assert not any(refuses(Faults(refuse=0.0), person) for person in people)
    assert all(refuses(Faults(refuse=1.0), person) for person in people)
    chosen = [[refuses(Faults(refuse=0.5, seed=seed), p) for p in people] for seed in (1, 2)]
    assert chosen[0] != chosen[1]


def test_switches_as_json() -> None:
    assert parse_faults(b"{}") == Faults()
    text = b"""{"latency": 1, "refuse": ["17"], "rateLimit": {"everyNth": 5, "retryAfter": 2},
        "errors": {"everyNth": 7, "status": 503, "afterRecording": true},
        "drop": {"everyNth": 9}, "status": 409, "idempotency": false, "seed": 4}"""
    assert parse_faults(text) == Faults(
        latency=1.0,
        refuse=("17",),
        rate_limit=RateLimit(5, 2.0),
        errors=Errors(7, 503, True),
        drop=Drop(9, False),
        status=409,
        idempotency=False,
        seed=4,
    )
    assert parse_faults(b'{"refuse": 1}').refuse == 1.0


@pytest.mark.parametrize(
    "body",
    [
        {"latenzy": 1},
        {"latency": -1},
        {"latency": "1"},
        {"refuse": 1.5},
        {"refuse": [17]},
        {"rateLimit": {}},
        {"rateLimit": {"everyNth": 0}},
        {"errors": {"everyNth": 1, "status": 404}},
        {"errors": {"everyNth": 1, "when": 4}},
        {"drop": {"everyNth": 1.5}},
        {"status": 200},
        {"status": 600},
        {"idempotency": 0},
        {"seed": None},
        [],
        None,
    ],
)
def test_switches_that_cannot_be_set(body: Any) -> None:
    text = json.dumps(body)
    with pytest.raises(FaultsError):
        parse_faults(text)
    with pytest.raises(FaultsError):
        patch_faults(Faults(), text)


def test_a_patch_changes_only_what_it_names() -> None:
    faults = Faults(latency=1.0, drop=Drop(2, True), refuse=("1",))
    assert patch_faults(faults, b'{"drop": {"everyNth": 5}, "status": 401}') == Faults(
        latency=1.0, drop=Drop(5, False), refuse=("1",), status=401
    )
    assert patch_faults(faults, b'{"drop": null}') == Faults(latency=1.0, refuse=("1",))
    assert patch_faults(faults, b"{}") == faults


def test_flags() -> None:
    assert faults_from_flags() == Faults()
    assert faults_from_flags(
        latency=0.5,
        refuse="17, 23",
        rate_limit="5:2.5",
        errors="7:503:after",
        drop="9:after",
        status=403,
        idempotency=False,
        seed=3,
    ) == Faults(
        latency=0.5,
        refuse=("17", "23"),
        rate_limit=RateLimit(5, 2.5),
        errors=Errors(7, 503, True),
        drop=Drop(9, True),
        status=403,
        idempotency=False,
        seed=3,
    )
    assert faults_from_flags(refuse="0.1", rate_limit="5", errors="7", drop="9") == Faults(
        refuse=0.1, rate_limit=RateLimit(5), errors=Errors(7), drop=Drop(9)
    )


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"latency": -1.0}, "latency"),
        ({"refuse": "1.5"}, "refuse"),
        ({"refuse": "0.x"}, "refuse"),
        ({"rate_limit": "often"}, "rate-limit"),
        ({"rate_limit": "0"}, "rateLimit.everyNth"),
        ({"rate_limit": "2:nan"}, "rateLimit.retryAfter"),
        ({"rate_limit": "2:1:1"}, "rate-limit"),
        ({"errors": "2:404"}, "errors.status"),
        ({"errors": "2:500:later"}, "errors"),
        ({"drop": "2:before"}, "drop"),
        ({"status": 200}, "status"),
    ],
)
def test_flags_that_cannot_be_set_are_named(flags: dict[str, Any], named: str) -> None:
    with pytest.raises(FaultsError, match=named):
        faults_from_flags(**flags)


def record(
    log: DeliveryLog, key: str | None, *, profile: str = "p", honour: bool = True
) -> Receipt:
    return log.record(profile, "chat", "r", "Hello", (), key, honour_key=honour)


def test_a_key_delivers_once_per_profile() -> None:
    log = DeliveryLog()
    assert record(log, "k") == Receipt(1, replayed=False)
    assert record(log, "k") == Receipt(1, replayed=True)
    assert record(log, "k", profile="q") == Receipt(2, replayed=False)
    assert record(log, None) == Receipt(3, replayed=False)
    assert record(log, None) == Receipt(4, replayed=False)
    assert [entry.profile_id for entry in log.deliveries] == ["p", "q", "p", "p"]


def test_doubles_show_when_keys_are_not_honoured() -> None:
    log = DeliveryLog()
    record(log, "k", honour=False)
    assert record(log, "k", honour=False) == Receipt(2, replayed=False)
    assert record(log, "k", honour=True) == Receipt(1, replayed=True)
    assert len(log.deliveries) == 2


def test_a_cleared_list_is_a_new_list() -> None:
    log = DeliveryLog()
    record(log, "k")
    before = log.deliveries
    log.clear()
    assert log.deliveries == []
    assert len(before) == 1
    assert record(log, "k") == Receipt(1, replayed=False)


@given(st.text())
def test_tokens_name_their_operator(operator_id: str) -> None:
    token = issue_token(operator_id)
    assert token.isascii()
    assert token.isprintable()
    assert operator_of(token) == operator_id
    assert operator_of(token + "0") is None
    assert operator_of(token[:-1]) is None


@given(st.text())
def test_other_texts_are_no_tokens_and_no_cursors(text: str) -> None:
    assert operator_of(text) is None
    assert offset_of(text, "p", "chat") is None


@given(profile=st.text(), offset=st.integers(0, 999_999_999))
def test_cursors_belong_to_their_listing(profile: str, offset: int) -> None:
    cursor = make_cursor(profile, "chat", offset)
    assert offset_of(cursor, profile, "chat") == offset
    assert offset_of(cursor, profile, "mail") is None
    assert offset_of(cursor, profile + "0", "chat") is None


@pytest.mark.parametrize("draw", [avatar, landscape, film_still, sound_wave])
def test_pictures_are_well_formed_and_come_from_their_seed(draw: Any) -> None:
    prefix = "data:image/svg+xml;base64,"
    pictures = [draw(str(seed)) for seed in range(50)]
    for picture in pictures:
        assert picture.startswith(prefix)
        svg = base64.b64decode(picture.removeprefix(prefix)).decode()
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert pictures == [draw(str(seed)) for seed in range(50)]
    assert len(set(pictures)) > 25
