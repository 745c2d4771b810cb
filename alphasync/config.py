"""Settings, from the environment. Each is described by its field; the README lists them."""

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from alphasync import data_dir
from alphasync.intake.origins import NoOrigin, normalised

UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$")

SECRET_FILE = data_dir.KEY
DEFAULT_ORIGINS = ("http://localhost:3000", "http://localhost:5173")


WORKERS_MAX = 256
"""More than any machine has use for: a slip of the keyboard is not to start them all."""

SANDBOX = "sandbox"
"""Of GATEWAY_URL: the sandbox, and on purpose."""
SECRET_MIN = 32
"""Bytes: the size of the hash that signs (RFC 7518, section 3.2)."""
SECRET_PERIOD_MIN = 16
"""A secret that is a shorter piece again and again is guessed as easily as the piece."""

TOKEN_TTL_MIN = 120.0
"""Seconds."""

SECRETS = frozenset({"gateway_url", "gateway_token", "jwt_secret", "redis_url"})
"""Settings that may hold one: their values are not said back."""


GOT_MAX = 80
"""Characters of a wrong value that are said back."""


class WrongSetting(ValueError):
    """A setting that the server cannot start with; the text names it and says what is expected."""


def seconds(value: object) -> object:
    """``90``, ``"90s"``, ``"30m"``, ``"9h"``, ``"30d"`` or ``"500ms"`` as seconds."""
    if isinstance(value, str):
        match = _DURATION.match(value.lower())
        if match is None or match[2] not in UNITS:
            raise ValueError("expected a duration such as 90s, 30m, 9h or 30d")
        return float(match[1]) * UNITS[match[2]]
    return value


def _origins(value: object) -> object:
    if isinstance(value, str):
        return [origin.strip().removesuffix("/") for origin in value.split(",") if origin.strip()]
    return value


def _networks(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _origin(value: str) -> str:
    try:
        return normalised(value)
    except NoOrigin as error:
        said = value if len(value) <= GOT_MAX else value[:GOT_MAX] + "..."
        raise ValueError(
            f"expected origins such as https://app.example.com, got {said!r}: {error}"
        ) from None


def _bare(text: str) -> str:
    """Without white space around it, nor the mark with which some editors begin a file."""
    return text.strip().removeprefix("\ufeff").strip()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _header_value(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("expected one line of printable ASCII: it is sent in a header")
    return value


def _two_minutes(value: float) -> float:
    if value < TOKEN_TTL_MIN:
        # A device is told a minute before the end, and comes back with a fresh one.
        raise ValueError("expected 2m or more")
    return value


LOCK_TTL_MIN = 30.0
"""Seconds. It is renewed three times in its life, behind all else that a busy server does; one that
ran out would let a second run begin beside the first."""

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Duration = Annotated[float, BeforeValidator(seconds), Field(gt=0, le=366 * 86400)]
TokenLifetime = Annotated[Duration, AfterValidator(_two_minutes)]
Networks = Annotated[list[IPvAnyNetwork], BeforeValidator(_networks)]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], BeforeValidator(_origins)]


class Settings(BaseModel):
    """By their fields' names; ``load`` reads them from the environment."""

    model_config = ConfigDict(extra="forbid")

    host: str = "::"  # of both families: phones and tablets are to reach it
    port: int = Field(3001, ge=0, le=65535)
    workers: int | None = Field(None, ge=1, le=WORKERS_MAX)
    worker_timeout: Annotated[float, BeforeValidator(seconds), Field(ge=0, le=3600)] = 10.0
    env: Annotated[Literal["development", "production"], BeforeValidator(_lower)] = "development"
    data_dir: Path = Path("data")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        "info"
    )

    redis_url: str | None = None
    redis_ca_file: Path | None = None
    redis_verify: bool = True
    redis_wait_replicas: int | None = Field(None, ge=0, le=9)
    gateway_url: str | None = None
    gateway_token: Annotated[str, AfterValidator(_header_value)] | None = None
    gateway_timeout: Duration = 10.0
    gateway_answer_max: int = Field(4 * 1024 * 1024, ge=64 * 1024, le=64 * 1024 * 1024)
    recipients_max: int = Field(100_000, ge=1, le=1_000_000)
    jwt_secret: str | None = None
    cors_origins: Origins = list(DEFAULT_ORIGINS)
    trusted_proxies: Networks = []
    internal_host: str | None = None
    internal_port: int = Field(0, ge=0, le=65535)

    send_interval: Annotated[float, BeforeValidator(seconds), Field(ge=0, le=600)] = 0.2
    lock_ttl: Duration = 30 * 60
    run_ttl: Duration = 3600
    draft_ttl: Duration = 2 * 3600
    device_ttl: Duration = 2 * 3600
    device_grace: Duration = 12.0
    page_grace: Duration = 5.0
    heartbeat_interval: Duration = 10 * 60
    blocklist_ttl: Duration = 30 * 86400
    token_ttl: TokenLifetime = 9 * 3600
    token_leeway: Annotated[float, BeforeValidator(seconds), Field(ge=0, le=300)] = 5.0
    session_max: Duration = 30 * 86400
    sessions_per_operator: int = Field(200, ge=1, le=2_000)
    profiles_max: int = Field(5_000, ge=1, le=8_000)
    sign_in_timeout: Duration = 10 * 60
    login_tries: int = Field(10, ge=1)
    login_tries_per_account: int = Field(50, ge=1)
    login_tries_per_address: int = Field(100, ge=1)
    login_tries_overall: int = Field(2_000, ge=1)
    login_window: Duration = 5 * 60
    ping_interval: Duration = 10.0
    ping_timeout: Duration = 8.0
    connections_max: int | None = Field(None, ge=1)
    head_timeout: Duration = 10.0
    body_timeout: Duration = 15.0
    idle_timeout: Duration = 75.0
    drafts_per_account: int = Field(1_000, ge=1, le=10_000)
    runs_per_account: int = Field(1_000, ge=1, le=10_000)
    running_per_account: int = Field(200, ge=1, le=1_000)
    devices_per_account: int = Field(2_000, ge=1, le=20_000)
    connections_per_account: int = Field(2_000, ge=1)
    connections_per_address: int = Field(4_096, ge=1)
    join_rate: Rate = 20.0
    join_burst: int = Field(2_000, ge=1)
    join_rate_per_address: Rate = 100.0
    join_burst_per_address: int = Field(4_096, ge=1)
    request_rate_per_address: Rate = 1_000.0
    request_burst_per_address: int = Field(1_000, ge=1)
    event_rate: Rate = 200.0
    event_burst: int = Field(1_000, ge=1)
    event_rate_per_account: Rate = 1_000.0
    event_burst_per_account: int = Field(5_000, ge=1)
    event_rate_per_address: Rate = 5_000.0
    event_burst_per_address: int = Field(20_000, ge=1)
    control_rate: Rate = 100.0
    control_burst: int = Field(1_000, ge=100)
    byte_rate: Rate = 2_000_000.0
    byte_burst: int = Field(16_000_000, ge=256 * 1024)
    early_bytes_per_account: int = Field(64_000_000, ge=1024 * 1024)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Also without the line break that a file or a copied text brings along."""
        bare = {n: _bare(v) if isinstance(v, str) else v for n, v in given.items()}
        return {name: value for name, value in bare.items() if value != ""}

    @field_validator("gateway_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is None or value == SANDBOX:
            return value
        if any(char.isspace() or not char.isprintable() for char in value):
            raise ValueError("expected an address without white space in it")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected an http:// or https:// address, or sandbox")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("expected an address without credentials, query or fragment")
        _ = parts.port  # raises for one that is none
        return value

    @property
    def uses_sandbox(self) -> bool:
        """Whether messages go to the sandbox, which lets anybody in.

        Raises WrongSetting in production when nobody has said so.
        """
        if self.gateway_url is None and self.env == "production":
            raise WrongSetting(
                "GATEWAY_URL: must be set when ALPHASYNC_ENV is production "
                f"({SANDBOX}, to message nobody and let demo/demo in)"
            )
        return self.gateway_url in (None, SANDBOX)

    def secret(self, *, make: bool = True) -> str:
        """The key that signs tokens: the setting, or one made once and kept in the data directory.

        Raises WrongSetting in production without the setting, as replicas must share it, and for
        one that can be guessed. ``make``: where it is False, also when none has been made yet.
        """
        if self.jwt_secret:
            if self.env == "production" and (weakness := weakness_of(self.jwt_secret)):
                raise WrongSetting(f"JWT_SECRET: {weakness}")
            return self.jwt_secret
        if self.env == "production":
            raise WrongSetting("JWT_SECRET: must be set when ALPHASYNC_ENV is production")
        path = self.data_dir / SECRET_FILE
        try:
            if not make and not path.exists():
                raise WrongSetting(
                    f"ALPHASYNC_DATA_DIR: no server has made its secret in {self.data_dir}: "
                    "name the directory of one (--data-dir), or set JWT_SECRET"
                )
            path = data_dir.prepare(self.data_dir) / SECRET_FILE
            if not path.exists():
                _write_once(path, secrets.token_urlsafe(48))
            secret = path.read_text().strip()
        except data_dir.DataDirUnusable as error:
            raise WrongSetting(f"ALPHASYNC_DATA_DIR: {error}") from None
        except OSError as error:
            raise WrongSetting(f"ALPHASYNC_DATA_DIR: {data_dir.words(path, error)}") from None
        if not secret:
            raise WrongSetting(f"JWT_SECRET: {path} is empty; remove it or set JWT_SECRET")
        return secret


VARIABLES = {field: (field.upper(),) for field in Settings.model_fields} | {
    "workers": ("WORKERS", "WEB_CONCURRENCY"),
    "env": ("ALPHASYNC_ENV",),
    "data_dir": ("ALPHASYNC_DATA_DIR",),
}
"""Field to the environment variables that it is read from; the first that is set counts. Names as
general as ENV are somebody else's."""


def weakness_of(secret: str) -> str | None:
    """Why a secret is none to sign with, and what to do; None when it is good enough."""
    advice = "use `openssl rand -base64 48`"
    if len(secret.encode("utf-8", "surrogatepass")) < SECRET_MIN:
        return f"is shorter than {SECRET_MIN} bytes: {advice}"
    if any(secret.startswith(secret[period:]) for period in range(1, SECRET_PERIOD_MIN)):
        return f"is the same few letters again and again: {advice}"
    return None


def duration(text: str) -> float:
    """Seconds of a duration as settings take it, which is no setting. Raises ValueError."""
    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _write_once(path: Path, text: str) -> None:
    """Make a private file, whole from its first moment; one that exists by then stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(text)
        os.link(draft, path)
    except FileExistsError:
        pass  # made by another replica on this directory in the meantime
    finally:
        draft.unlink()


def load(**overrides: Any) -> Settings:
    """Settings from the environment, with what the command line says. Raises WrongSetting."""
    said = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**{**_from_environment(), **said})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        text = first["msg"].removeprefix("Value error, ")
        got = "" if field in SECRETS else f" (got {_cut(repr(first['input']))})"
        raise WrongSetting(f"{_variable(field) or VARIABLES[field][0]}: {text}{got}") from None
    _refuse_contradictions(settings)
    return settings


def _from_environment() -> dict[str, str]:
    """What the variables say, by field: those of VARIABLES and no others, in this very case."""
    found = {field: _variable(field) for field in VARIABLES}
    return {field: os.environ[name] for field, name in found.items() if name is not None}


def _variable(field: str) -> str | None:
    """The first of a field's variables that says something; a blank one is as good as unset."""
    return next((name for name in VARIABLES[field] if _bare(os.environ.get(name, ""))), None)


def _cut(text: str) -> str:
    return text if len(text) <= GOT_MAX else f"{text[:GOT_MAX]}…"


def _refuse_contradictions(settings: Settings) -> None:
    """Raises WrongSetting for settings that are good one by one and not together."""
    if settings.run_ttl < settings.lock_ttl:
        # A lock that outlives its run's record would lock a profile that nothing runs for.
        raise WrongSetting("RUN_TTL: must be at least as long as LOCK_TTL")
    if settings.lock_ttl < LOCK_TTL_MIN:
        raise WrongSetting(f"LOCK_TTL: must be {LOCK_TTL_MIN:.0f}s or more")
    if settings.device_ttl <= settings.device_grace:
        raise WrongSetting("DEVICE_TTL: must be longer than DEVICE_GRACE")
    if settings.device_ttl <= settings.heartbeat_interval:
        # The record of a device that is connected would run out between two of its heartbeats.
        raise WrongSetting("HEARTBEAT_INTERVAL: must be shorter than DEVICE_TTL")
