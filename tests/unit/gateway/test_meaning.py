"""What HTTP answers mean: who may be messaged again, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.gateway.meaning import (
    RETRY_AFTER_DEFAULT,
    RETRY_AFTER_MAX,
    classify_send,
    read_error,
    retry_after,
)
from alphasync.gateway.port import (
    AlreadySent,
    BadCredentials,
    GatewayError,
    GatewayRateLimited,
    GatewayRefused,
    GatewayUnavailable,
    NotAuthorised,
    NotSent,
    ProfileUnknown,
    RateLimited,
    RecipientRefused,
    RunRefused,
    SendResult,
    Sent,
    TokenRefused,
    Unknown,
)

NOON = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)

MEANINGS: list[tuple[int, type[SendResult]]] = [
    (200, Sent),
    (201, Sent),
    (202, Sent),
    (204, Sent),
    (299, Sent),
    (300, Unknown),
    (301, RunRefused),
    (302, Unknown),
    (303, Unknown),
    (304, Unknown),
    (307, RunRefused),
    (308, RunRefused),
    (400, RunRefused),
    (401, NotAuthorised),
    (402, RunRefused),
    (403, RunRefused),
    (404, RecipientRefused),
    (405, RunRefused),
    (408, NotSent),
    (409, AlreadySent),
    (410, RecipientRefused),
    (413, RunRefused),
    (422, RecipientRefused),
    (425, NotSent),
    (429, RateLimited),
    (451, RunRefused),
    (500, Unknown),
    (501, NotSent),
    (502, Unknown),
    (503, NotSent),
    (504, Unknown),
    (599, Unknown),
    (101, Unknown),
    (999, Unknown),
]


@pytest.mark.parametrize(("status", "meaning"), MEANINGS)
def test_each_status_has_its_meaning(status: int, meaning: type[SendResult]) -> None:
    assert type(classify_send(status, {})) is meaning


@given(st.integers(min_value=0, max_value=1000))
def test_only_a_2xx_is_sent_and_no_5xx_is_a_refusal(status: int) -> None:
    result = classify_send(status, {})
    assert isinstance(result, Sent) == (200 <= status < 300)
    if status >= 500:
        assert isinstance(result, NotSent | Unknown)


def test_the_reason_holds_the_status_and_the_words_of_the_gateway() -> None:
    assert classify_send(422, {}, "Mailbox full") == RecipientRefused(
        "The gateway answered 422: Mailbox full"
    )
    assert classify_send(500, {}) == Unknown("The gateway answered 500")


def test_a_rate_limit_carries_its_wait() -> None:
    assert classify_send(429, {"Retry-After": "7"}) == RateLimited(7.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0.25", 0.25),
        ("3600", 3600.0),
        ("3601", RETRY_AFTER_MAX),
        ("9" * 15, RETRY_AFTER_MAX),
        ("", RETRY_AFTER_DEFAULT),
        ("-1", RETRY_AFTER_DEFAULT),
        ("soon", RETRY_AFTER_DEFAULT),
        ("nan", RETRY_AFTER_DEFAULT),
        ("inf", RETRY_AFTER_DEFAULT),
        ("1e9", RETRY_AFTER_DEFAULT),
        ("٣", RETRY_AFTER_DEFAULT),
        ("Sat, 32 Mar 2025 12:00:00 GMT", RETRY_AFTER_DEFAULT),
    ],
)
def test_retry_after_in_seconds(value: str, seconds: float) -> None:
    assert retry_after({"Retry-After": value}, NOON) == seconds


def test_no_retry_after_is_the_default() -> None:
    assert retry_after({}, NOON) == RETRY_AFTER_DEFAULT


@pytest.mark.parametrize(("ahead", "seconds"), [(90, 90.0), (-90, 0.0), (90_000, RETRY_AFTER_MAX)])
def test_a_date_counts_from_now_without_a_date_header(ahead: int, seconds: float) -> None:
    until = format_datetime(NOON + timedelta(seconds=ahead), usegmt=True)
    assert retry_after({"Retry-After": until}, NOON) == seconds


def test_a_date_counts_from_the_gateways_own_clock() -> None:
    gateway_now = NOON - timedelta(hours=5)
    headers = {
        "Retry-After": format_datetime(gateway_now + timedelta(seconds=30), usegmt=True),
        "Date": format_datetime(gateway_now, usegmt=True),
    }
    assert retry_after(headers, NOON) == 30.0


def test_an_unreadable_date_header_is_passed_over() -> None:
    until = format_datetime(NOON + timedelta(seconds=30), usegmt=True)
    assert retry_after({"Retry-After": until, "Date": "noon"}, NOON) == 30.0


def test_a_date_without_a_zone_is_utc() -> None:
    assert retry_after({"Retry-After": "Sat, 01 Mar 2025 12:00:10 -0000"}, NOON) == 10.0


date_like = st.builds(
    "{} {} {} {}:{}:{} {}".format,
    st.integers(-1, 40),
    st.sampled_from(["Jan", "Feb", "Dec", "Foo"]),
    st.sampled_from(["0000", "0001", "1970", "2025", "9999", "10000", "99"]),
    st.integers(-1, 30),
    st.integers(-1, 70),
    st.integers(-1, 70),
    st.sampled_from(["GMT", "+0000", "-0000", "+2359", "-2359", "+9999", "PST", ""]),
)


@given(value=st.text() | date_like, date=st.text() | date_like)
def test_any_header_gives_a_wait_within_bounds(value: str, date: str) -> None:
    wait = retry_after({"Retry-After": value, "Date": date}, NOON)
    assert 0.0 <= wait <= RETRY_AFTER_MAX


@pytest.mark.parametrize(
    ("status", "about_profile", "is_login", "kind"),
    [
        (401, False, True, BadCredentials),
        (401, False, False, TokenRefused),
        (401, True, False, TokenRefused),
        (400, False, True, GatewayRefused),
        (403, True, False, GatewayRefused),
        (404, True, False, ProfileUnknown),
        (410, True, False, ProfileUnknown),
        (404, False, False, GatewayRefused),
        (404, False, True, GatewayRefused),
        (302, False, False, GatewayRefused),
        (408, False, False, GatewayUnavailable),
        (429, True, False, GatewayRateLimited),
        (500, True, False, GatewayUnavailable),
        (503, False, True, GatewayUnavailable),
    ],
)
def test_each_reading_error_has_its_kind(
    status: int, about_profile: bool, is_login: bool, kind: type[GatewayError]
) -> None:
    error = read_error(status, {}, "why", about_profile=about_profile, is_login=is_login)
    assert type(error) is kind
    assert str(error) == f"The gateway answered {status}: why"


def test_a_reading_error_carries_its_wait() -> None:
    error = read_error(429, {"Retry-After": "12"})
    assert isinstance(error, GatewayRateLimited)
    assert error.retry_after == 12.0


@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        (BadCredentials, "bad_credentials", False),
        (GatewayRefused, "gateway_refused", False),
        (ProfileUnknown, "unknown_profile", False),
        (GatewayRateLimited, "too_many_requests", True),
        (GatewayUnavailable, "gateway_unavailable", True),
    ],
)
def test_codes_are_stable(kind: type[GatewayError], code: str, retryable: bool) -> None:
    assert (kind.code, kind.retryable) == (code, retryable)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": format_datetime(NOON + timedelta(seconds=9), usegmt=True)}, 9.0),
    ],
)
def test_a_wait_asked_for_with_a_5xx_is_kept(
    status: int, headers: dict[str, str], seconds: float
) -> None:
    sent = classify_send(status, headers, now=NOON)
    assert isinstance(sent, NotSent | Unknown)
    assert sent.retry_after == seconds
    for is_login in (False, True):
        error = read_error(status, headers, is_login=is_login, now=NOON)
        assert error.retry_after == seconds
        assert dict(error.details) == ({"retryAfter": round(seconds)} if seconds else {})
