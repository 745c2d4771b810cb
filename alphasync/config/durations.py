"""Settings that say how long something lasts, and those of logins."""

from typing import Annotated

from pydantic import AfterValidator, Field

from alphasync.config.essentials import Section
from alphasync.config.values import DAY, Duration, Seconds, YearsLong

TOKEN_TTL_MIN = 120.0
"""Seconds. A device is told a minute before the end, and comes back with a fresh one."""


def _two_minutes(value: float) -> float:
    if value < TOKEN_TTL_MIN:
        raise ValueError("expected 2m or more")
    return value


TokenLifetime = Annotated[Duration, AfterValidator(_two_minutes)]


class DeviceSettings(Section):
    """Devices and their connections."""

    ping_interval: Duration = 10.0
    """Between two pings to a client."""
    ping_timeout: Duration = 8.0
    """How long the answer to a ping may take. A silent connection counts as broken after the sum of
    both."""
    device_grace: Duration = 12.0
    """How long a device has to come back when its connection broke: longer than clients wait
    between two tries."""
    page_grace: Duration = 5.0
    """How long it has where its page was closed or loaded again; at most `DEVICE_GRACE`."""
    push_ttl: Duration = 7 * 86400
    """How long a device is told by push how runs have ended, after its console was last open."""
    device_ttl: Duration = 2 * 3600
    """How long a device is remembered after its last sign of life, and up to an eighth longer;
    longer than `DEVICE_GRACE`."""
    heartbeat_interval: Duration = 10 * 60
    """Between two signs of life of a connected device; shorter than `DEVICE_TTL`."""


class RunSettings(Section):
    """Runs, drafts and the blocklist."""

    lock_ttl: Duration = 30 * 60
    """How long the lock of a profile lasts. It is renewed while the run lives; `30s` or more."""
    run_ttl: Duration = 3600
    """How long the state of a run is kept after its end; not below `LOCK_TTL`."""
    draft_ttl: Duration = 2 * 3600
    """How long the text of a draft is kept after its last change, and up to four minutes more."""
    blocklist_ttl: Duration = 30 * DAY
    """For how long a recipient who was messaged is not messaged again."""
    audit_ttl: Duration = 180 * DAY
    """For how long it is on record who did what in an account."""
    history_ttl: Duration = 90 * DAY
    """How long a run that has ended is kept in the account's history."""
    analytics_ttl: YearsLong = 370 * DAY
    """How long an account's figures are kept: how many were messaged, by the hour."""


class SignInSettings(Section):
    """Logins and tokens."""

    token_ttl: TokenLifetime = 9 * 3600
    """How long the token of a login lasts; `2m` or more."""
    token_leeway: Annotated[float, Seconds, Field(ge=0, le=300)] = 5.0
    """How far the clock of who signs a token may be ahead."""
    session_max: Duration = 30 * DAY
    """How long after a login the next one is due, however often its token is refreshed."""
    sign_in_timeout: Duration = 10 * 60
    """How long an operator has to sign in again: a run waits for so long when the gateway no longer
    takes the token of its session, and so does a device whose token ended."""
    sessions_per_operator: int = Field(200, ge=1, le=2_000)
    """Sessions of one operator. One more ends the oldest."""
    profiles_max: int = Field(5_000, ge=1, le=8_000)
    """Profiles that a login may be limited to."""
    login_window: Duration = 5 * 60
    """How long a wrong login counts. Only what the gateway refuses counts."""
    login_tries: int = Field(10, ge=1)
    """Wrong logins for one e-mail address from one client."""
    login_tries_per_account: int = Field(50, ge=1)
    """For one e-mail address from all clients, but for those that logged in to the account in the
    last 30 days."""
    login_tries_per_address: int = Field(100, ge=1)
    """From one client, for all e-mail addresses."""
    login_tries_overall: int = Field(2_000, ge=1)
    """For all e-mail addresses from all clients, but for those that logged in to the account in the
    last 30 days."""
