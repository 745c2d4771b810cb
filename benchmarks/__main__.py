"""``python -m benchmarks``: measure, print, and keep the figures as JSON for the report."""

import argparse
import asyncio
import dataclasses
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from alphasync.gateway.sandbox import start_sandbox
from benchmarks import bun, machine, node, replay, tables
from benchmarks.bench import Bench
from benchmarks.orders import LoadFailed
from benchmarks.processes import ServerFailed, many_files
from benchmarks.results import Results
from benchmarks.stacks import PEERS, ROOT, Peer
from benchmarks.works import (
    blocklist,
    fanout,
    footprint,
    forwarding,
    growth,
    idle,
    latency,
    pythons,
    servers,
    snapshot,
    worker,
)

WORKS = {
    module.WORK: module.run
    for module in (
        *(fanout, latency, idle, snapshot, replay, blocklist, worker),
        *(pythons, servers, forwarding, growth, footprint),
    )
}
DEFAULT_JSON = ROOT / "benchmarks" / "latest.json"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(WORKS), help="this work, not all")
    parser.add_argument("--peers", type=names, help=f"by comma, of {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=5, help="of each peer, in turns (5)")
    parser.add_argument("--quick", action="store_true", help="one short round: does it run?")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, help="where the figures go")
    parser.add_argument(
        "--add",
        action="store_true",
        help="to the other works' figures in that file, of the same machine and versions",
    )
    parser.add_argument(
        "--compare",
        type=checkout,
        metavar="FOLDER",
        help="another checkout of alphasync, as a peer more named 'other'",
    )
    return parser.parse_args(given)


def names(text: str) -> list[str]:
    """Names of peers. Raises ArgumentTypeError."""
    given = text.split(",")
    if unknown := set(given) - set(PEERS):
        raise argparse.ArgumentTypeError(f"no peer is called {', '.join(sorted(unknown))}")
    return given


def checkout(text: str) -> Path:
    """A folder with alphasync in it. Raises ArgumentTypeError."""
    folder = Path(text).resolve()
    if not (folder / "alphasync").is_dir():
        raise argparse.ArgumentTypeError(f"there is no alphasync in {folder}")
    return folder


def peers(options: argparse.Namespace) -> dict[str, Peer]:
    """Who takes part; Node and Bun do where they are to be had."""
    found = {name: PEERS[name] for name in options.peers or PEERS}
    if options.compare:
        ours = PEERS["alphasync"]
        found["other"] = dataclasses.replace(ours, name="other", folder=options.compare)
    if "node" in found:
        try:
            node.install()
        except node.NoNode as error:
            print(f"Without Node: {error}")
            del found["node"]
    if "bun" in found:
        try:
            command = (str(bun.install()), *PEERS["bun"].command[1:])
            found["bun"] = dataclasses.replace(PEERS["bun"], command=command)
        except bun.NoBun as error:
            print(f"Without Bun: {error}")
            del found["bun"]
    return found


async def measure(options: argparse.Namespace) -> None:
    """Measure and save after each work; SIGTERM ends it with all that it started."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    rounds = 1 if options.quick else options.rounds
    taking_part = peers(options)
    about, works = machine.about(rounds, options.quick), options.only or WORKS
    results = Results(about)
    if options.add:
        try:
            results = Results.load(options.json).beside(about, works)
        except (OSError, ValueError) as error:
            sys.exit(f"--add: {error}")
    sandbox = await start_sandbox("127.0.0.1", 0)
    try:
        bench = Bench(results, taking_part, rounds, options.quick, sandbox.url)
        for work in works:
            begun = time.monotonic()
            try:
                await WORKS[work](bench)
            except* (LoadFailed, ServerFailed) as failed:
                reason = "; ".join(str(error) for error in failed.exceptions)
                print(f"\n{work} failed: {reason}")
                results.about["failed"][work] = reason
            print(f"\n{work} ({time.monotonic() - begun:.0f} s)")
            for metric, unit in tables.metrics(results, work).items():
                print(f"\n{metric}, {unit}\n{tables.plain(tables.rows(results, work, metric))}")
            results.save(options.json)
    finally:
        await sandbox.close()


if __name__ == "__main__":
    many_files()
    uvloop.run(measure(arguments()))
