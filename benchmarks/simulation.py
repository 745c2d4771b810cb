"""A hundred thousand accounts, reckoned from the measured costs: a simulation, not a measurement.

``python -m benchmarks.simulation [JSON]`` prints it. Everything that is assumed is a constant here.
"""

import math
import sys
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks import tables
from benchmarks.results import Results
from benchmarks.works import footprint, growth, worker

DEFAULT_JSON = Path(__file__).with_name("results.json")
US = 1e-6
KB_PER_GB = 1e6


@dataclass(frozen=True)
class Assumptions:
    """A busy moment."""

    accounts: int = 100_000
    """All of them connected."""
    devices: int = 3
    """Of each account. No load balancer brings them together: each is on another server."""
    typing_share: float = 0.02
    """Of the accounts: somebody types in them now."""
    keystrokes: float = 3.0
    """Commands per second of one who types."""
    running_share: float = 0.01
    """Of the accounts: a run is going on in them now."""
    send_rate: float = 2.0
    """Recipients per second of a run: the default pause of 0.2 s, and 0.3 s for the gateway."""
    recent_share: float = 0.2
    """Of the accounts: they had 512 events or more lately, and their event log is full."""
    recipients: int = 5_000
    """Of each account, messaged within the 30 days that the blocklist remembers."""
    heartbeat: float = 600.0
    """Seconds between two heartbeats of a device: the default."""
    server_in_use: float = 0.6
    """Of a server's core, at most: the rest is for peaks, and for those that come from a server
    that is restarted."""
    redis_in_use: float = 0.5
    """Of a shard's core, at most."""
    shard_gb: float = 16.0
    """Memory that a shard's data may take, at most: a half of its machine's, for when it forks."""


@dataclass(frozen=True)
class Costs:
    """What was measured. CPU in µs, memory in KB."""

    command: float
    """Of all servers together, an account's devices being on three of them."""
    recipient: float
    """Of the server that runs, all devices being there, too."""
    relayed: float
    """Of the two other servers, for an event of an account that has devices there."""
    silent: float
    """Per second, of a device."""
    server: float
    """Per second, of a server that nobody uses."""
    redis_command: float
    redis_recipient: float
    redis_per_server: float
    """Per second."""
    server_kb: float
    account_kb: float
    """Of a server, with the one device that an account has there."""
    events_kb: float
    """Of a server: the account's last events."""
    redis_account_kb: float
    """With one device."""
    redis_device_kb: float
    """Another one."""
    redis_events_kb: float
    redis_entry_kb: float
    """Of a blocklist."""


@dataclass(frozen=True)
class Needs:
    devices: int
    commands: float
    """Per second."""
    recipients: float
    """Per second."""
    cores: float
    """Of CPU that the servers use."""
    servers: int
    server_gb: float
    """Memory of each."""
    redis_cores: float
    redis_gb: float
    shards: int


def needs(given: Assumptions, costs: Costs) -> Needs:
    """What such a moment takes."""
    devices = given.accounts * given.devices
    commands = given.accounts * given.typing_share * given.keystrokes
    recipients = given.accounts * given.running_share * given.send_rate
    work = US * (
        commands * costs.command
        + recipients * (costs.recipient + costs.relayed)
        + devices * costs.silent
    )
    # Each server has work of its own: what is left of its share is for the rest.
    servers = math.ceil(work / (given.server_in_use - costs.server * US))
    events = given.accounts * given.recent_share
    kept = devices * costs.account_kb + events * given.devices * costs.events_kb
    redis_cores = US * (
        (commands + devices / given.heartbeat) * costs.redis_command
        + recipients * costs.redis_recipient
        + servers * costs.redis_per_server
    )
    redis_kb = (
        given.accounts
        * (
            costs.redis_account_kb
            + (given.devices - 1) * costs.redis_device_kb
            + given.recipients * costs.redis_entry_kb
        )
        + events * costs.redis_events_kb
    )
    redis_gb = redis_kb / KB_PER_GB
    return Needs(
        devices=devices,
        commands=commands,
        recipients=recipients,
        cores=work + servers * costs.server * US,
        servers=servers,
        server_gb=(costs.server_kb + kept / servers) / KB_PER_GB,
        redis_cores=redis_cores,
        redis_gb=redis_gb,
        shards=math.ceil(max(redis_cores / given.redis_in_use, redis_gb / given.shard_gb)),
    )


def measured(results: Results) -> Costs | None:
    """The medians of the costs; None where one of them was not measured."""
    alone, apart = growth.spread_case(1), growth.spread_case(3)
    growing = {
        "command": (apart, growth.PER_COMMAND),
        "alone": (alone, growth.PER_COMMAND),
        "redis_command": (apart, growth.VALKEY),
    }
    resting = {
        "silent": (footprint.SILENT, footprint.IDLE_CPU),
        "server": (footprint.SERVER, footprint.IDLE_CPU),
        "redis_per_server": (footprint.SERVER, footprint.VALKEY_IDLE_CPU),
        "server_kb": (footprint.SERVER, footprint.SERVER_MEMORY),
        "account_kb": (footprint.ACCOUNT, footprint.SERVER_MEMORY),
        "events_kb": (footprint.EVENTS, footprint.SERVER_MEMORY),
        "redis_account_kb": (footprint.ACCOUNT, footprint.VALKEY_MEMORY),
        "redis_device_kb": (footprint.DEVICE, footprint.VALKEY_MEMORY),
        "redis_events_kb": (footprint.EVENTS, footprint.VALKEY_MEMORY),
        "redis_entry_kb": (footprint.ENTRY, footprint.VALKEY_MEMORY),
    }
    series = {
        name: results.find(work, case, growth.PEER, metric)
        for work, places in ((growth.WORK, growing), (footprint.WORK, resting))
        for name, (case, metric) in places.items()
    }
    series["recipient"] = results.find(worker.WORK, worker.CASE, growth.PEER, worker.CPU)
    series["redis_recipient"] = results.find(worker.WORK, worker.CASE, growth.PEER, worker.VALKEY)
    found = {name: one.median for name, one in series.items() if one is not None}
    if len(found) < len(series):
        return None
    relayed = max(0.0, found["command"] - found.pop("alone"))
    return Costs(relayed=relayed, **found)


def shown(given: Assumptions, found: Needs) -> list[list[str]]:
    """As a table: what is assumed, then what it takes."""
    rows = [["", "each", "in all"]]

    def row(what: str, each: str, whole: str) -> None:
        rows.append([what, each, whole])

    row("accounts, all connected", "", f"{given.accounts:,}")
    row("devices", f"{given.devices} per account", f"{found.devices:,}")
    row(
        "keystrokes",
        f"{given.keystrokes:g}/s in {given.typing_share:.0%} of the accounts",
        f"{found.commands:,.0f}/s",
    )
    row(
        "recipients",
        f"{given.send_rate:g}/s in {given.running_share:.0%} of the accounts",
        f"{found.recipients:,.0f}/s",
    )
    row(
        "on the blocklists",
        f"{given.recipients:,} per account",
        f"{given.accounts * given.recipients:,}",
    )
    row("**cores in use by servers**", "", f"**{tables.number(found.cores)}**")
    row(
        "**servers**",
        f"{given.server_in_use:.0%} of a core, {tables.number(found.server_gb)} GB",
        f"**{found.servers:,}**, {tables.number(found.server_gb * found.servers)} GB",
    )
    row("**cores in use by Redis**", "", f"**{tables.number(found.redis_cores)}**")
    row(
        "**Redis shards**",
        f"{given.redis_in_use:.0%} of a core and {given.shard_gb:g} GB at most",
        f"**{found.shards:,}**, {tables.number(found.redis_gb)} GB",
    )
    return rows


def main(path: Path) -> None:
    costs = measured(Results.load(path))
    if costs is None:
        print(f"{path.name} lacks some of the costs: run the works growth, footprint and worker.")
        return
    print("A simulation from measured costs. Nobody has run this many accounts.\n")
    for field in fields(costs):
        print(f"{field.name:<18} {tables.number(getattr(costs, field.name)):>8}")
    given = Assumptions()
    rows = shown(given, needs(given, costs))
    print("\n" + tables.plain(rows).replace("**", ""))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_JSON)
