"""What an HTTP answer of the gateway means. Pure decisions, no I/O.

The one question behind `classify_send` is: may this recipient be messaged again? A status is only
read as "not sent" where HTTP itself says that the request was not acted upon (RFC 9110).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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

# Seconds. Used when a 429 does not say how long to wait: short, because a further 429 costs little.
RETRY_AFTER_DEFAULT = 1.0
# Seconds. A run that is told to wait longer than this looks again after it.
RETRY_AFTER_MAX = 3600.0

# Not acted upon by definition: request not read (408), not wanted as early data (425),
# method not implemented (501), not served at the moment (503).
_NOT_ACTED_UPON = frozenset({408, 425, 501, 503})
# The request has to go elsewhere in the same form, so it had no effect here. 302 and 303 are not
# in this set: servers use them after an effect ("done, now look there").
_MOVED = frozenset({301, 307, 308})

_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


def classify_send(
    status: int,
    headers: Mapping[str, str],
    detail: str = "",
    now: datetime | None = None,
    *,
    says_sent: bool = False,
) -> SendResult:
    """Say what an answer to `POST /profiles/{id}/messages` means for its recipient.

    `headers` are looked up by the names "Retry-After" and "Date"; `detail` is the gateway's own
    explanation for people; `now` replaces the wall clock for an answer without Date; `says_sent`:
    the answer says that the message was sent.
    """
    reason = describe(status, detail)
    if 200 <= status < 300:
        return Sent()
    if status == 409:
        return AlreadySent(says_sent)
    if status in (404, 410, 422):
        return RecipientRefused(reason)
    if status == 429:
        return RateLimited(retry_after(headers, now))
    if status in _NOT_ACTED_UPON:
        return NotSent(reason, retry_after(headers, now, default=0.0))
    if status == 401:
        return NotAuthorised(reason)
    if status in _MOVED or 400 <= status < 500:
        # Any other 4xx blames the request as such, and the next recipient's looks the same.
        return RunRefused(reason)
    return Unknown(reason, retry_after(headers, now, default=0.0))


def read_error(
    status: int,
    headers: Mapping[str, str],
    detail: str = "",
    *,
    about_profile: bool = False,
    is_login: bool = False,
    now: datetime | None = None,
) -> GatewayError:
    """The error for a reading call that was answered with a status outside 200 to 299."""
    reason = describe(status, detail)
    if is_login and status == 401:
        return BadCredentials(reason)
    if status == 401:
        return TokenRefused(reason)
    if about_profile and status in (404, 410):
        return ProfileUnknown(reason)
    if status == 429:
        return GatewayRateLimited(reason, retry_after(headers, now))
    if status in (408, 425) or status >= 500:
        return GatewayUnavailable(reason, retry_after(headers, now, default=0.0))
    return GatewayRefused(reason)


def retry_after(
    headers: Mapping[str, str],
    now: datetime | None = None,
    default: float = RETRY_AFTER_DEFAULT,
) -> float:
    """Seconds to wait by the Retry-After header, which holds seconds or an HTTP date; `default`
    without one that can be read.

    A date is compared with the answer's own Date header if it has one, so that a gateway whose
    clock is off is still understood. The result lies between 0 and RETRY_AFTER_MAX.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), RETRY_AFTER_MAX)
    until = _http_date(value)
    if until is None:
        return default
    since = _http_date(headers.get("Date", "")) or now or datetime.now(UTC)
    return min(max((until - since).total_seconds(), 0.0), RETRY_AFTER_MAX)


def describe(status: int, detail: str) -> str:
    """One line for people about an answer."""
    return f"The gateway answered {status}" + (f": {detail}" if detail else "")


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
        # The zone "-0000" gives a naive time; HTTP dates are always UTC. Converting moves a date at
        # the very edge of the calendar out of it, hence inside the try.
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
