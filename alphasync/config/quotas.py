"""Settings that bound what clients may use, so that nobody takes from others."""

from typing import Annotated

from pydantic import Field

from alphasync.config.essentials import Section
from alphasync.config.values import Duration, Rate, WhenUnset


class ConnectionSettings(Section):
    """Bounds of connections. Each holds for one server; an IPv6 client counts by its /64
    network."""

    connections_max: Annotated[int | None, WhenUnset("what `ulimit -n` has room for")] = Field(
        None, ge=1
    )
    """Connections of one server in all. Beyond them those make room that keep the server waiting:
    idle ones, half requests, WebSockets without a token, of which one address has half of all at
    most. Where there is none, clients get 503 `too_many_connections`, and `/readyz` says so."""
    connections_per_account: int = Field(2_000, ge=1)
    """Connections of one account."""
    connections_per_address: int = Field(4_096, ge=1)
    """Connections of one client address. Behind a load balancer all clients have its address,
    unless it is in `TRUSTED_PROXIES`."""
    head_timeout: Duration = 10.0
    """How long the head of a request may take."""
    body_timeout: Duration = 15.0
    """How long its body may take; then 408 `body_timeout`."""
    idle_timeout: Duration = 75.0
    """How long a connection may stay open between two requests."""
    request_rate_per_address: Rate = 1_000.0
    """HTTP requests per second, for long, of one client address that are not in the session of a
    device that is known there: pages, health, logins, handshakes. More wait up to 10 s, then get
    429 `too_many_requests`, and the connection is closed."""
    request_burst_per_address: int = Field(1_000, ge=1)
    """The same requests, at once."""


class AccountSettings(Section):
    """Bounds of one account. They hold for all servers together."""

    drafts_per_account: int = Field(1_000, ge=1, le=10_000)
    """Drafts on record; over it `too_many_drafts`."""
    versions_per_draft: int = Field(50, ge=0, le=500)
    """Versions of a draft that are kept: its text at a pause in typing, at a change of hands,
    before it was cleared. The oldest make room for new ones; 0 keeps none."""
    version_bytes_per_account: int = Field(16_000_000, ge=0, le=1_000_000_000)
    """Bytes of all versions together, with 512 for each besides its text. The oldest of the draft
    that was left alone for longest make room for new ones."""
    runs_per_account: int = Field(1_000, ge=1, le=10_000)
    """Runs on record; over it `too_many_runs`."""
    running_per_account: int = Field(200, ge=1, le=1_000)
    """Runs at once; over it `too_many_runs`."""
    do_not_contact_max: int = Field(100_000, ge=1, le=1_000_000)
    """Recipients on the do-not-contact list; over it `do_not_contact_full`. 100,000 of them take
    about 25 MB of Redis."""
    failed_listed_per_run: int = Field(1_000, ge=1, le=10_000)
    """Recipients of a run who could not be messaged and are listed by name, to be tried again. Of
    further ones it is only said how many they are. Each takes some 300 bytes of Redis for a day."""
    audit_max: int = Field(20_000, ge=0, le=1_000_000)
    """Entries of an account's record of who did what; the oldest make room for new ones, about a
    hundred at a time. Each takes some 350 bytes of Redis; 0 writes none."""
    service_tokens_max: int = Field(20, ge=0, le=200)
    """Service tokens of an account; over it `too_many_service_tokens`. With 0 there are none."""
    webhooks_per_account: int = Field(5, ge=0, le=50)
    """Webhooks of an account; over it `too_many_webhooks`. With 0 there are none."""
    history_max: int = Field(50_000, ge=0, le=1_000_000)
    """Runs of an account's history; the oldest make room for new ones. 0 keeps none."""
    history_bytes_per_account: int = Field(64_000_000, ge=1_000_000, le=10_000_000_000)
    """Bytes of Redis that an account's history takes, about: a run takes 1 KB besides its text, and
    0.2 KB for each recipient whom it could not message. The oldest make room for new ones."""
    analytics_names_max: int = Field(1_000, ge=1, le=10_000)
    """What an account's figures of one day tell apart: profiles, operators and devices of runs, and
    reasons for failures, each by the hour; and as many devices that were there. What is beyond it
    is counted together. Each takes some 60 bytes of Redis for `ANALYTICS_TTL`."""
    idempotency_keys_max: int = Field(1_000, ge=1, le=10_000)
    """Calls with an `Idempotency-Key` of an account whose answers are kept, for a day; the oldest
    make room for new ones."""
    plans_per_account: int = Field(100, ge=1, le=1_000)
    """Planned runs; over it `too_many_plans`."""
    push_per_account: int = Field(200, ge=1, le=2_000)
    """Devices that are told by push how runs have ended, each where its operator has asked for it;
    over it `too_many_subscriptions`."""
    devices_per_account: int = Field(2_000, ge=1, le=20_000)
    """Devices that are connected or may come back; over it `too_many_devices`, and the connection
    is closed."""
    listed_devices_per_account: int = Field(200, ge=1, le=1_000)
    """Devices on the list of who is here, which each device gets whole; a further one is not on it.
    """


class RateSettings(Section):
    """Bounds of what clients send. Each holds for one server; a rate is for long, a burst for what
    comes at once."""

    event_rate: Rate = 200.0
    """Events per second of one device. Over it and its burst `too_many_requests`; a client that
    sends on regardless is cut. One of more than 16 KB counts as several. Who connects again finds
    what is left."""
    event_burst: int = Field(1_000, ge=1)
    """Events of one device at once."""
    event_rate_per_account: Rate = 1_000.0
    """Events per second of all devices of one account."""
    event_burst_per_account: int = Field(5_000, ge=1)
    """Events of all devices of one account at once."""
    event_rate_per_address: Rate = 5_000.0
    """Events per second of all devices of one client address."""
    event_burst_per_address: int = Field(20_000, ge=1)
    """Events of all devices of one client address at once."""
    join_rate: Rate = 20.0
    """Devices of one account that register per second. More wait up to 10 s, then get
    `too_many_joins`, and the connection is closed."""
    join_burst: int = Field(2_000, ge=1)
    """Devices of one account that register at once."""
    join_rate_per_address: Rate = 100.0
    """Devices of one client address that register per second."""
    join_burst_per_address: int = Field(4_096, ge=1)
    """Devices of one client address that register at once."""
    previews_per_account: int = Field(5, ge=1, le=100)
    """Previews of starts (`previewRun`) of one account at a time, each of which lists all of a
    profile's recipients; over it `too_many_previews`."""
    previews_max: int = Field(20, ge=1, le=1_000)
    """The same of all accounts."""
    preview_timeout: Duration = 30.0
    """How long one may take; then `gateway_unavailable`."""
    control_rate: Rate = 100.0
    """What one connection sends per second besides events: pings and pongs, acknowledgements,
    fragments below 1 KB, polls that find nothing, POSTs without an event. Who goes beyond it is
    cut."""
    control_burst: int = Field(1_000, ge=100)
    """The same things of one connection, at once."""
    byte_rate: Rate = 2_000_000.0
    """Bytes per second of one connection, whatever they are. Who goes beyond it is cut."""
    byte_burst: int = Field(16_000_000, ge=256 * 1024)
    """Bytes of one connection at once."""
    early_bytes_per_account: int = Field(64_000_000, ge=1024 * 1024)
    """Bytes of memory for commands that wait until their devices are registered, or behind a text;
    over it `too_many_requests`."""
    typed_wait: Duration = 0.1
    """How long a typed text may take, on a server or a Redis that does not keep up, before newer
    ones of its device and draft wait behind it: of those only the newest is stored, and all are
    acknowledged with it. So long may what a device sends wait to be read, too. For texts without
    `base`, as clients send them that do not wait for an answer."""
