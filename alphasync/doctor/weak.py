"""Settings with which a server works and protects less than it could: one row for each.

Nothing is asked of anybody: a row goes by the settings, and one by the files of the data directory.
Texts name no value that may hold a secret.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from alphasync import data_dir
from alphasync.config import Settings, WrongSetting
from alphasync.config.durations import SignInSettings
from alphasync.config.values import DAY
from alphasync.doctor.finding import Finding
from alphasync.doctor.roads import (
    Said,
    gateway_host,
    gateway_tls,
    is_here,
    redis_password,
    redis_tls,
    redis_verify,
)

TOKEN_TTL_LONG = 2.0 * DAY
"""Seconds. A device gets fresh ones while it is used: this is how long one works for a thief."""
SESSION_MAX_LONG = 90.0 * DAY
"""Seconds. So long is a lost device signed in, where nobody ends its session."""
PREFIX_MIN = {4: 8, 6: 7}
"""Bits of a network of proxies: 10.0.0.0/8 and fc00::/7 are the largest that can be one's own."""
LIMIT_RAISED = 10
"""Times the default: so many more passwords can be tried in the same time."""
Row = Callable[[Settings], Said]


def weaknesses(settings: Settings) -> list[Finding]:
    """One finding for each setting that is weak, in the order of ROWS."""
    found = []
    for what, row in ROWS.items():
        if said := row(settings):
            text, remedy = said
            found.append(Finding(what, ok=False, text=text, weak=True, remedy=remedy))
    return found


def _env(settings: Settings) -> Said:
    host = gateway_host(settings)
    if settings.env == "production" or host is None or is_here(host):
        return None
    return (
        f"development, and messages go to {settings.gateway_url}: nothing unsafe is refused",
        "Set ALPHASYNC_ENV=production, or GATEWAY_URL to one of this machine",
    )


def _keys(settings: Settings) -> Said:
    try:
        count = len(settings.secrets(make=False))
    except WrongSetting:
        return None  # there is none yet, or it is said elsewhere what is wrong
    if count == 1:
        return None
    return (
        f"{count} keys are taken, and only the first signs: who has an older one can be anybody",
        "When SESSION_MAX has gone by since it stopped signing, take it out of JWT_SECRET",
    )


def _data_dir(settings: Settings) -> Said:
    """Where it is used: with a key and a Redis given, nothing of worth is in it."""
    if settings.jwt_secret and settings.redis_url:
        return None
    folder = settings.data_dir
    try:
        inside = [entry for pattern in data_dir.PRIVATE for entry in folder.glob(pattern)]
        modes = {path: path.stat().st_mode for path in (folder, *inside)}
    except OSError:
        return None  # it is not there yet, or it is said elsewhere what is wrong
    is_open = [path for path, mode in modes.items() if mode & data_dir.OTHERS]
    if not is_open:
        return None
    return (
        f"others on this machine may look into {is_open[-1]}: the key and all data are kept there",
        f"`chmod -R go= {folder}`, or name another in ALPHASYNC_DATA_DIR; where others have been, "
        "take a new key",
    )


def _origins(settings: Settings) -> Said:
    if settings.env != "production":
        return None
    # A browser takes its own machine for safe, whatever the scheme (Secure Contexts, 3.1).
    plain = [
        origin
        for origin in settings.cors_origins
        if origin.startswith("http://") and not is_here(urlsplit(origin).hostname or "")
    ]
    if not plain:
        return None
    return (
        f"pages that come over plain HTTP may use this server ({', '.join(plain)}): whoever is in "
        "between changes them, and has the token of who opens one",
        "Serve them over TLS and write https:// in CORS_ORIGINS",
    )


def _proxies(settings: Settings) -> Said:
    wide = [n for n in settings.trusted_proxies if n.prefixlen < PREFIX_MIN[n.version]]
    if not wide:
        return None
    return (
        f"nearly everybody is taken for a load balancer ({', '.join(map(str, wide))}): a client "
        "says in X-Forwarded-For which address it has, and no limit by address holds",
        "Name the addresses of the load balancers in TRUSTED_PROXIES, and no others",
    )


def _metrics(settings: Settings) -> Said:
    is_open = settings.metrics_port is not None and settings.metrics_token is None
    if not is_open or is_here(settings.metrics_host):
        return None
    place = f"port {settings.metrics_port} of {settings.metrics_host}"
    return (
        f"whoever reaches {place} reads all figures",
        "Set METRICS_TOKEN, or METRICS_HOST=127.0.0.1",
    )


def _private_addresses(settings: Settings) -> Said:
    allowed = [
        name.upper() for name in ("webhook_private", "push_private") if getattr(settings, name)
    ]
    if settings.env != "production" or not allowed:
        return None
    return (
        f"clients have this server send to addresses within your network ({', '.join(allowed)}), "
        "and read how a webhook there answers",
        f"Leave out {' and '.join(allowed)}, or let nobody sign in whom that network is closed to",
    )


def _log_level(settings: Settings) -> Said:
    if settings.env != "production" or settings.log_level != "debug":
        return None
    return (
        "debug: the log has more about clients and messages than who reads logs needs",
        "Set LOG_LEVEL=info",
    )


def _sandbox(settings: Settings) -> Said:
    try:
        is_used = settings.uses_sandbox
    except WrongSetting:
        return None  # said elsewhere
    if settings.env != "production" or not is_used:
        return None
    return (
        "the sandbox is the gateway in production: everybody can sign in, and nobody is messaged",
        "Set GATEWAY_URL to the address of your backend",
    )


def _token_ttl(settings: Settings) -> Said:
    if settings.token_ttl <= TOKEN_TTL_LONG:
        return None
    return (
        f"a token lasts {_days(settings.token_ttl)}: for so long it works for who has taken it",
        f"Set TOKEN_TTL to {_days(TOKEN_TTL_LONG)} or less: devices get fresh ones by themselves",
    )


def _session_max(settings: Settings) -> Said:
    if settings.session_max <= SESSION_MAX_LONG:
        return None
    return (
        f"a login lasts {_days(settings.session_max)}: for so long a lost device is signed in",
        f"Set SESSION_MAX to {_days(SESSION_MAX_LONG)} or less",
    )


def _logins(settings: Settings) -> Said:
    fields = SignInSettings.model_fields
    window = settings.login_window / fields["login_window"].default
    raised = [
        name.upper()
        for name in LOGIN_LIMITS
        if getattr(settings, name) / window > LIMIT_RAISED * fields[name].default
    ]
    if not raised:
        return None
    return (
        f"passwords can be tried more than {LIMIT_RAISED} times as fast as by default "
        f"({', '.join(raised)}, within LOGIN_WINDOW)",
        f"Lower {' and '.join(raised)}, or raise LOGIN_WINDOW",
    )


LOGIN_LIMITS = [name for name in SignInSettings.model_fields if name.startswith("login_tries")]
ROWS: dict[str, Row] = {
    "data_dir": _data_dir,  # first: whoever asks for the key closes its file to others
    "env": _env,
    "older_keys": _keys,
    "cors_origins": _origins,
    "trusted_proxies": _proxies,
    "metrics": _metrics,
    "private_addresses": _private_addresses,
    "log_level": _log_level,
    "redis_tls": redis_tls,
    "redis_password": redis_password,
    "redis_verify": redis_verify,
    "gateway_tls": gateway_tls,
    "sandbox": _sandbox,
    "token_ttl": _token_ttl,
    "session_max": _session_max,
    "login_limits": _logins,
}
"""By the name of the finding. A secret that is weak, and hosts of any name, are told where they are
looked at anyway."""


def _days(seconds: float) -> str:
    return f"{seconds / DAY:.3g} days"
