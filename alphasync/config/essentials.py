"""Settings that say where a server is, and what it works with.

Each section's docstring, and what stands below each setting, is what docs/settings.md says of it.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alphasync.config.values import (
    AnyCase,
    Duration,
    HeaderValue,
    Hosts,
    Networks,
    Origins,
    Seconds,
    WhenUnset,
)
from alphasync.gateway.addresses import gives_out_secrets, host_of

DEFAULT_ORIGINS = ("http://localhost:3000", "http://localhost:5173")
SANDBOX = "sandbox"
"""Of GATEWAY_URL: the sandbox, and on purpose."""
WORKERS_MAX = 256
"""More than any machine has use for: a slip of the keyboard is not to start them all."""


class Section(BaseModel):
    """Some settings that belong together."""

    model_config = ConfigDict(extra="forbid")


class ServerSettings(Section):
    """The server."""

    host: str = "::"
    """Address to listen on. `::` is all addresses of IPv6 and IPv4, as phones and tablets are to
    reach it; `0.0.0.0` is those of IPv4."""
    port: int = Field(3001, ge=0, le=65535)
    """Port to listen on; 0 takes any that is free."""
    workers: Annotated[int | None, WhenUnset("one per core")] = Field(None, ge=1, le=WORKERS_MAX)
    """Processes that serve on the port. The default is one per core where there are more than two
    cores, and else 1. Without this variable `WEB_CONCURRENCY` is read, as some platforms set it."""
    worker_timeout: Annotated[float, Seconds, Field(ge=0, le=3600)] = 10.0
    """A worker process that has been silent for so long hangs, and is replaced. 0: never, as under
    a debugger."""
    env: Annotated[Literal["development", "production"], AnyCase] = "development"
    """In `production` a server does not start without `JWT_SECRET`, `GATEWAY_URL` and
    `ALLOWED_HOSTS`, nor with a secret that can be guessed, nor on a Redis that may drop keys."""
    data_dir: Path = Path("data")
    """Where the embedded Valkey and the secret are kept, readable for this user only. A directory
    that others can write to is closed to them if nothing but ours is in it, and refused
    otherwise."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AnyCase] = "info"
    """The least important lines that are logged."""
    metrics_port: Annotated[int | None, WhenUnset("none")] = Field(None, ge=0, le=65535)
    """A port for `/metrics` alone, also of several workers; 0 takes any that is free. With it the
    figures are nowhere else. Without it they are on `PORT`: in development for everybody, in
    production for those only who bring `METRICS_TOKEN`."""
    metrics_host: str = "127.0.0.1"
    """Address on which `METRICS_PORT` listens. `::` is all, as where Prometheus runs on another
    machine; then keep the port in a private network, or set `METRICS_TOKEN`."""
    metrics_token: Annotated[HeaderValue, Field(min_length=16)] | None = None
    """What whoever asks for `/metrics` has to bring as `Authorization: Bearer …`, on either
    port."""
    internal_host: Annotated[str | None, WhenUnset("its address in Redis's network")] = None
    """Where the other servers reach this one, to pass on what is for its sessions. Clients have no
    business there: keep it in a private network."""
    internal_port: Annotated[int, WhenUnset("any")] = Field(0, ge=0, le=65535)
    """The port of that. 0 takes any that is free; set it where a firewall has to know it, and not
    together with several workers."""
    trusted_proxies: Annotated[Networks, WhenUnset("none")] = []
    """Addresses or networks of load balancers, by comma: whom to believe in `X-Forwarded-For`.
    Without it all clients behind a load balancer count as one address."""
    allowed_hosts: Annotated[Hosts | None, WhenUnset("any; in production it must be set")] = None
    """Names under which clients reach the server, by comma: what `Host` may hold.
    `app.example.com` is that name with any port, `app.example.com:8443` with this one,
    `*.example.com` all names below it; addresses may be named, too. All else gets 421
    `unknown_host`, but for `/healthz`, `/readyz` and `/metrics`. `*` is any name: then a page of
    anybody can reach a server in your network through the browser of somebody who is in it."""
    cors_origins: Origins = list(DEFAULT_ORIGINS)
    """Origins of web clients besides the server's own, by comma, each whole: there are no
    wildcards. `capacitor://localhost` and the like may be named."""
    push_contact: Annotated[
        Annotated[HeaderValue, Field(pattern=r"^(mailto:|https://).")] | None,
        WhenUnset("`https://` and the first of `ALLOWED_HOSTS`"),
    ] = None
    """Whom the push services of browsers may write to, as `mailto:you@example.com`. Apple's takes
    nothing from a server that does not say."""
    push_private: bool = False
    """`true`: push services may be at private addresses, and without TLS, as in tests. Clients say
    where they are."""
    webhook_private: bool = False
    """`true`: webhooks may be at private addresses, and without TLS: those of your own network.
    Admins of accounts say where they are."""
    jwt_secret: Annotated[str | None, WhenUnset("made once")] = None
    """Signs the tokens, and is the same on all servers. In production it must be set, to 32 bytes
    or more; elsewhere one is made and kept in the data directory. Several keys stand by comma, each
    of 32 bytes or more: the first signs and any is taken, so that
    [a key can be changed](deploy/README.md#changing-the-key) and nobody is signed out. A key that
    has a comma in it stands between double quotes."""


class RedisSettings(Section):
    """Redis. [redis.md](redis.md) has the forms of addresses, and what Redis should be set to."""

    redis_url: Annotated[str | None, WhenUnset("a Valkey of its own")] = None
    """`redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`. Without it the
    server starts a Valkey in the data directory; `memory://` keeps nothing. A Redis of yours needs
    `appendonly yes` and `appendfsync always`: with `everysec` a crash can lose a claim that was
    answered, and a later run messages its recipient again."""
    redis_ca_file: Path | None = None
    """With `rediss://`: a file with the certificate of who signs the server's, where the system
    does not know them."""
    redis_verify: bool = True
    """`false`: the certificate is not looked at, and whoever is in between can read along."""
    redis_wait_replicas: Annotated[int | None, WhenUnset("1 with Sentinel and Cluster, else 0")] = (
        Field(None, ge=0, le=9)
    )
    """Redis replicas that must have a claim before its message is sent: a failover would lose it
    otherwise. Runs wait while there are fewer."""


class GatewaySettings(Section):
    """The gateway. [gateway.md](gateway.md) says what your backend answers."""

    gateway_url: Annotated[str | None, WhenUnset("`sandbox`")] = None
    """Address of your backend. `sandbox` is the sandbox, on loopback port 3002 or the next one that
    is free; in production it has to be said."""
    gateway_token: HeaderValue | None = None
    """Used for tokens that were not made by a login here, and for nothing else."""
    gateway_ca_file: Path | None = None
    """With `https://`: a file with the certificate of who signs the gateway's. Then they alone are
    believed, and not whom the system knows. The certificate is looked at in any case."""
    gateway_private: bool = False
    """`true`: any name in `GATEWAY_URL` may lead to a private address. Without it only one without
    a dot, or of a network's own such as `gateway.internal`, may, so that whoever answers for a
    public name cannot lead the server into your network. An address in place of a name may always
    be private; where clouds give out secrets, as at link-local ones, nothing is ever asked."""
    gateway_timeout: Duration = 10.0
    """How long one call may take."""
    gateway_answer_max: int = Field(4 * 1024 * 1024, ge=64 * 1024, le=64 * 1024 * 1024)
    """Bytes of one answer; a larger one is not read."""
    recipients_max: int = Field(100_000, ge=1, le=1_000_000)
    """Recipients of one run; a profile with more is refused."""
    send_interval: Annotated[float, Seconds, Field(ge=0, le=600)] = 0.2
    """How long a run waits between two messages, where its start asks for no longer."""
    send_interval_max: Duration = 3600.0
    """The longest that a start may ask for; not below `SEND_INTERVAL`."""
    cycle_pause_min: Duration = 60.0
    """How long a continuous run waits at least before it lists its recipients again; over it and
    its like `pace_out_of_range`."""
    cycle_pause_max: Duration = 24 * 3600
    """How long at most; not below `CYCLE_PAUSE_MIN`."""

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
        if gives_out_secrets(host_of(value)):
            raise ValueError(
                "there is no gateway where clouds give out secrets, as at link-local addresses"
            )
        _ = parts.port  # raises for one that is none
        return value
