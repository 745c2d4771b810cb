"""Settings, from the environment. Each is described beside its field, and in docs/settings.md."""

import os
from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError, model_validator

from alphasync import data_dir
from alphasync.config.durations import DeviceSettings, RunSettings, SignInSettings
from alphasync.config.essentials import SANDBOX, GatewaySettings, RedisSettings, ServerSettings
from alphasync.config.quotas import AccountSettings, ConnectionSettings, RateSettings
from alphasync.config.signing_key import (
    SECRET_FILE,
    WrongKeys,
    listed,
    make_once,
    read,
    weakness_among,
)
from alphasync.config.tokens import TokenSettings
from alphasync.config.values import bare, shortened
from alphasync.intake.hosts import ANY

SECRETS = frozenset(
    {"gateway_url", "gateway_token", "jwt_jwks", "jwt_secret", "metrics_token", "redis_url"}
)
"""Settings that may hold one: their values are not said back."""
LOCK_TTL_MIN = 30.0
"""Seconds. It is renewed three times in its life, behind all else that a busy server does; one that
ran out would let a second run begin beside the first."""


class WrongSetting(ValueError):
    """A setting that the server cannot start with; the text names it and says what is expected."""


class Settings(
    ServerSettings,
    RedisSettings,
    GatewaySettings,
    DeviceSettings,
    RunSettings,
    SignInSettings,
    TokenSettings,
    ConnectionSettings,
    AccountSettings,
    RateSettings,
):
    """By their fields' names; ``load`` reads them from the environment."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Also without the line break that a file or a copied text brings along."""
        told = {name: bare(v) if isinstance(v, str) else v for name, v in given.items()}
        return {name: value for name, value in told.items() if value != ""}

    @property
    def figures_for_clients(self) -> bool:
        """Whether ``/metrics`` is on the port that clients have, too."""
        open_to_all = self.env == "development"
        return self.metrics_port is None and (open_to_all or self.metrics_token is not None)

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

    @property
    def hosts(self) -> Sequence[str]:
        """Which ``Host`` the server answers to. Raises WrongSetting in production when nobody has
        said so: elsewhere a machine is called by whatever name is at hand."""
        if self.allowed_hosts is None and self.env == "production":
            raise WrongSetting(
                "ALLOWED_HOSTS: must be set when ALPHASYNC_ENV is production "
                "(the names that clients use, such as app.example.com; * for any)"
            )
        return self.allowed_hosts or [ANY]

    def secrets(self, *, make: bool = True) -> tuple[str, ...]:
        """The keys of the tokens: the setting, or one made once and kept in the data directory.

        The first signs, and any of them is taken. Raises WrongSetting in production without the
        setting, as servers must share it, and for one that can be guessed. ``make``: where it is
        False, also when none has been made yet.
        """
        try:
            if self.jwt_secret:
                keys = listed(self.jwt_secret)
                if self.env == "production" and (weakness := weakness_among(keys)):
                    raise WrongSetting(f"JWT_SECRET: {weakness}")
            elif self.env == "production":
                raise WrongSetting("JWT_SECRET: must be set when ALPHASYNC_ENV is production")
            else:
                keys = self._kept_secrets(make)
        except WrongKeys as error:
            raise WrongSetting(f"JWT_SECRET: {error}") from None
        if not keys:
            raise WrongSetting("JWT_SECRET: there is no key in it")
        return keys

    def _kept_secrets(self, make: bool) -> tuple[str, ...]:
        path = self.data_dir / SECRET_FILE
        try:
            if not make and not path.exists():
                raise WrongSetting(
                    f"ALPHASYNC_DATA_DIR: no server has made its secret in {self.data_dir}: "
                    "name the directory of one (--data-dir), or set JWT_SECRET"
                )
            keys = read(make_once(self.data_dir))
        except data_dir.DataDirUnusable as error:
            raise WrongSetting(f"ALPHASYNC_DATA_DIR: {error}") from None
        except OSError as error:
            raise WrongSetting(f"ALPHASYNC_DATA_DIR: {data_dir.words(path, error)}") from None
        if not keys:
            raise WrongSetting(f"JWT_SECRET: {path} is empty; remove it or set JWT_SECRET")
        return keys


VARIABLES = {field: (field.upper(),) for field in Settings.model_fields} | {
    "workers": ("WORKERS", "WEB_CONCURRENCY"),
    "env": ("ALPHASYNC_ENV",),
    "data_dir": ("ALPHASYNC_DATA_DIR",),
}
"""Field to the environment variables that it is read from; the first that is set counts. Names as
general as ENV are somebody else's."""


def load(**overrides: Any) -> Settings:
    """Settings from the environment, with what the command line says. Raises WrongSetting."""
    said = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**{**_from_environment(), **said})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        text = first["msg"].removeprefix("Value error, ")
        got = "" if field in SECRETS else f" (got {shortened(repr(first['input']))})"
        raise WrongSetting(f"{_variable(field) or VARIABLES[field][0]}: {text}{got}") from None
    _refuse_contradictions(settings)
    return settings


def _from_environment() -> dict[str, str]:
    """What the variables say, by field: those of VARIABLES and no others, in this very case."""
    found = {field: _variable(field) for field in VARIABLES}
    return {field: os.environ[name] for field, name in found.items() if name is not None}


def _variable(field: str) -> str | None:
    """The first of a field's variables that says something; a blank one is as good as unset."""
    return next((name for name in VARIABLES[field] if bare(os.environ.get(name, ""))), None)


def _refuse_contradictions(settings: Settings) -> None:
    """Raises WrongSetting for settings that are good one by one and not together."""
    if settings.metrics_port and settings.metrics_port == settings.port:
        raise WrongSetting("METRICS_PORT: must be another one than PORT")
    given = settings.model_fields_set
    if "jwt_algorithms" in given and not {"jwt_public_key", "jwt_jwks"} & given:
        raise WrongSetting(
            "JWT_ALGORITHMS: says how the keys of JWT_PUBLIC_KEY and JWT_JWKS sign: set one of them"
        )
    if settings.run_ttl < settings.lock_ttl:
        # Where its record is gone sooner, nobody would learn how a run has ended that was locked.
        raise WrongSetting("RUN_TTL: must be at least as long as LOCK_TTL")
    if settings.lock_ttl < LOCK_TTL_MIN:
        raise WrongSetting(f"LOCK_TTL: must be {LOCK_TTL_MIN:.0f}s or more")
    if settings.send_interval > settings.send_interval_max:
        raise WrongSetting("SEND_INTERVAL_MAX: must be at least as long as SEND_INTERVAL")
    if settings.cycle_pause_min > settings.cycle_pause_max:
        raise WrongSetting("CYCLE_PAUSE_MAX: must be at least as long as CYCLE_PAUSE_MIN")
    if settings.device_ttl <= settings.device_grace:
        raise WrongSetting("DEVICE_TTL: must be longer than DEVICE_GRACE")
    if settings.device_ttl <= settings.heartbeat_interval:
        # The record of a device that is connected would run out between two of its heartbeats.
        raise WrongSetting("HEARTBEAT_INTERVAL: must be shorter than DEVICE_TTL")
