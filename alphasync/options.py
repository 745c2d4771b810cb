"""What the parts of a server are given of its settings."""

import ssl
from pathlib import Path

from alphasync.config import Settings, WrongSetting
from alphasync.config.tokens import HTTPS
from alphasync.gateway.http import HttpGateway
from alphasync.intake import Bounds
from alphasync.realtime.limits import Allowance, EventLimits, JoinLimits, Limits, RequestLimits
from alphasync.services.bounds import AccountBounds, PaceBounds
from alphasync.services.key_set import KeySet
from alphasync.services.key_source import AtAddress, InFile, NotRead
from alphasync.services.login_tries import LoginLimits
from alphasync.services.previews import PreviewBounds
from alphasync.services.public_keys import NoKeys, of_pem
from alphasync.services.pushes import Limits as PushLimits
from alphasync.services.signing import Trust
from alphasync.services.tokens import KNOWN_TTL
from alphasync.services.upstream import UpstreamTimes
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.limits import Lifetimes


def lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        lock=settings.lock_ttl,
        run=settings.run_ttl,
        draft=settings.draft_ttl,
        device=settings.device_ttl,
        sent=settings.blocklist_ttl,
        audit=settings.audit_ttl,
        audit_max=settings.audit_max,
        history=settings.history_ttl,
        history_max=settings.history_max,
        history_bytes=settings.history_bytes_per_account,
        analytics=settings.analytics_ttl,
        analytics_names=settings.analytics_names_max,
    )


def account_bounds(settings: Settings) -> AccountBounds:
    return AccountBounds(
        drafts=settings.drafts_per_account,
        versions=settings.versions_per_draft,
        version_bytes=settings.version_bytes_per_account,
        runs=settings.runs_per_account,
        running=settings.running_per_account,
        failed=settings.failed_listed_per_run,
        plans=settings.plans_per_account,
        devices=settings.devices_per_account,
        listed_devices=settings.listed_devices_per_account,
    )


def preview_bounds(settings: Settings) -> PreviewBounds:
    return PreviewBounds(
        account=settings.previews_per_account,
        all=settings.previews_max,
        timeout=settings.preview_timeout,
        recipients=settings.recipients_max,
    )


def push_limits(settings: Settings) -> PushLimits:
    return PushLimits(settings.push_per_account, settings.push_ttl, settings.push_private)


def push_contact(settings: Settings) -> str:
    """Whom push services may write to, or '' where nobody has said so."""
    if settings.push_contact:
        return settings.push_contact
    named = [host for host in settings.hosts if "*" not in host]
    return f"https://{named[0]}" if named else ""


def pace_bounds(settings: Settings) -> PaceBounds:
    return PaceBounds(
        interval_min=settings.send_interval,
        interval_max=settings.send_interval_max,
        pause_min=settings.cycle_pause_min,
        pause_max=settings.cycle_pause_max,
    )


def login_limits(settings: Settings) -> LoginLimits:
    return LoginLimits(
        pair=settings.login_tries,
        account=settings.login_tries_per_account,
        address=settings.login_tries_per_address,
        overall=settings.login_tries_overall,
        window=settings.login_window,
    )


def trust(settings: Settings) -> Trust:
    """Whose tokens are taken besides our own. Raises WrongSetting for keys that cannot be used."""
    path = settings.jwt_public_key
    try:
        public = of_pem(path.read_text("utf-8"), settings.jwt_algorithms) if path else []
    except OSError as error:
        raise WrongSetting(f"JWT_PUBLIC_KEY: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongSetting(f"JWT_PUBLIC_KEY: {path} is no text") from None
    except NoKeys as error:
        raise WrongSetting(f"JWT_PUBLIC_KEY: {path}: {error}") from None
    return Trust(tuple(public), settings.jwt_audience, settings.jwt_issuer)


def key_set(settings: Settings, pipeline: Pipeline | None = None) -> KeySet | None:
    """The key set whose tokens are taken, too; None for none. That of a file has been read, that of
    an address is kept by way of ``pipeline``. Raises WrongSetting for a file of no use."""
    place, interval = settings.jwt_jwks, settings.jwt_jwks_interval
    if place is None:
        return None
    if place.startswith(HTTPS):
        tls = _tls("JWT_JWKS_CA_FILE", settings.jwt_jwks_ca_file)
        return KeySet(AtAddress(place, tls), settings.jwt_algorithms, interval, pipeline)
    source = InFile(Path(place))
    found = KeySet(source, settings.jwt_algorithms, interval)
    try:
        found.take(source.read_now())
    except (NotRead, NoKeys) as error:
        raise WrongSetting(f"JWT_JWKS: {place}: {error}") from None
    return found


def upstream_times(settings: Settings) -> UpstreamTimes:
    return UpstreamTimes(lifetime=settings.token_ttl, lasts=settings.session_max)


def ending_ttl(settings: Settings) -> float:
    """Seconds that it is known that a login was ended: for as long as any token of it is good for
    something, be it to show that its device is a known one."""
    return max(settings.session_max, settings.token_ttl + KNOWN_TTL)


def sign_in_grace(settings: Settings) -> float:
    """Seconds that a device has whose token ended: its record has to outlast them."""
    return min(settings.sign_in_timeout, settings.device_ttl / 2)


def connection_limits(settings: Settings) -> Limits:
    return Limits(
        account=settings.connections_per_account,
        address=settings.connections_per_address,
        early_bytes=settings.early_bytes_per_account,
        typed_wait=settings.typed_wait,
    )


def event_limits(settings: Settings) -> EventLimits:
    return EventLimits(
        rate=settings.event_rate,
        burst=settings.event_burst,
        account_rate=settings.event_rate_per_account,
        account_burst=settings.event_burst_per_account,
        address_rate=settings.event_rate_per_address,
        address_burst=settings.event_burst_per_address,
    )


def frame_allowance(settings: Settings) -> Allowance:
    return Allowance(
        rate=settings.control_rate,
        burst=settings.control_burst,
        byte_rate=settings.byte_rate,
        byte_burst=settings.byte_burst,
    )


def join_limits(settings: Settings) -> JoinLimits:
    return JoinLimits(
        rate=settings.join_rate,
        burst=settings.join_burst,
        address_rate=settings.join_rate_per_address,
        address_burst=settings.join_burst_per_address,
    )


def request_limits(settings: Settings) -> RequestLimits:
    return RequestLimits(settings.request_rate_per_address, settings.request_burst_per_address)


def connection_bounds(settings: Settings) -> Bounds:
    return Bounds(settings.head_timeout, settings.body_timeout, settings.idle_timeout)


def http_gateway(settings: Settings, url: str) -> HttpGateway:
    """Raises WrongSetting where the file of a CA is of no use."""
    return HttpGateway(
        url,
        settings.gateway_timeout,
        settings.gateway_answer_max,
        private=settings.gateway_private,
        tls=_tls("GATEWAY_CA_FILE", settings.gateway_ca_file),
    )


def _tls(name: str, ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # one of TLS is such a one, too
        reason = error.strerror or type(error).__name__
        if isinstance(error, ssl.SSLError):
            reason = "there is no certificate in it"
        raise WrongSetting(f"{name}: {ca_file}: {reason}") from None
