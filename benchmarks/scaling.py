"""The figures of docs/scaling.md, which say how far a server and a Redis go."""

from collections.abc import Sequence

from benchmarks import simulation, tables
from benchmarks.results import Results
from benchmarks.works import footprint, growth, worker

NOT_MEASURED = "Not measured in this run."
KB_PER_GB = 1e6

Part = tuple[str, Sequence[str], Sequence[str]]
"""A work, the cases that are the rows, or what they begin with, and the metrics of the columns."""

PARTS: dict[str, Part] = {
    "pace": (
        growth.WORK,
        (*map(growth.pace_case, growth.PACES), growth.FULL),
        (growth.SHARE, growth.PER_COMMAND, growth.VALKEY, growth.COMMANDS, growth.DELIVERIES),
    ),
    "accounts": (
        growth.WORK,
        tuple(map(growth.accounts_case, growth.ACCOUNTS)),
        (growth.PER_COMMAND, growth.VALKEY),
    ),
    "spread": (
        growth.WORK,
        tuple(map(growth.spread_case, growth.SPREAD)),
        (growth.PER_COMMAND, growth.VALKEY),
    ),
    "memory": (
        footprint.WORK,
        (footprint.SERVER, footprint.ACCOUNT, footprint.DEVICE, footprint.EVENTS, footprint.ENTRY),
        (footprint.SERVER_MEMORY, footprint.VALKEY_MEMORY),
    ),
    "idle": (
        footprint.WORK,
        (footprint.SERVER, footprint.SILENT),
        (footprint.IDLE_CPU, footprint.VALKEY_IDLE_CPU),
    ),
    "counts": (
        footprint.WORK,
        ("a server: ", "a device: "),
        (footprint.COMMANDS, footprint.BEATS),
    ),
    "valkey": (
        growth.WORK,
        (
            *map(growth.listeners_case, growth.LISTENERS),
            growth.listeners_case(growth.LISTENERS[-1], safe=True),
        ),
        (growth.COMMANDS, growth.SHARE, growth.VALKEY),
    ),
}


def table(results: Results, name: str) -> str:
    """One of the parts."""
    work, wanted, metrics = PARTS[name]
    units = tables.metrics(results, work)
    there = [one.case for one in results.of(work) if one.metric in metrics]
    cases = [
        case
        for start in wanted
        for case in dict.fromkeys(there)
        if case == start or (start.endswith(": ") and case.startswith(start))
    ]
    if not cases:
        return NOT_MEASURED
    columns = [metric for metric in metrics if metric in units]
    heads = [m if units[m] in m or units[m] == "each" else f"{m}, {units[m]}" for m in columns]
    rows = [
        [case, *(tables.cell(results.find(work, case, growth.PEER, m)) for m in columns)]
        for case in cases
    ]
    return tables.markdown([["", *heads], *rows])


def limits(results: Results) -> str:
    """What one core, one Redis and one GB carry, reckoned from the medians."""

    def value(work: str, case: str, metric: str) -> float | None:
        one = results.find(work, case, growth.PEER, metric)
        return one.median if one is not None else None

    def grown(case: str, metric: str) -> float | None:
        return value(growth.WORK, case, metric)

    def whole_core(case: str) -> float | None:
        """Commands per second, as if all of the core had been in use."""
        carried, share = grown(case, growth.COMMANDS), grown(case, growth.SHARE)
        return carried / share * 100 if carried and share else None

    def takes(case: str, metric: str) -> float | None:
        return value(footprint.WORK, case, metric)

    def over(amount: float, cost: float | None) -> float | None:
        return amount / cost if cost else None

    apart, safe = growth.LISTENERS[-1], growth.listeners_case(growth.LISTENERS[-1], safe=True)
    memory, of_redis = footprint.SERVER_MEMORY, footprint.VALKEY_MEMORY
    found = {
        "A server's core: commands per second, each told to 2 devices": whole_core(growth.FULL),
        "A server's core: recipients per second, each told to 3 devices": over(
            1e6, value(worker.WORK, worker.CASE, worker.CPU)
        ),
        "1 GB of a server: accounts with one device each": over(
            KB_PER_GB, takes(footprint.ACCOUNT, memory)
        ),
        "1 GB of a server: devices more of the same accounts": over(
            KB_PER_GB, takes(footprint.DEVICE, memory)
        ),
        f"A Redis' core: commands per second, {apart} servers told of each": whole_core(
            growth.listeners_case(apart)
        ),
        "The same, with `appendfsync always` on the disk of this machine": grown(
            safe, growth.COMMANDS
        ),
        "A Redis' core: recipients per second of a single run": over(
            1e6, value(worker.WORK, worker.CASE, worker.VALKEY)
        ),
        "1 GB of Redis: accounts with one device each": over(
            KB_PER_GB, takes(footprint.ACCOUNT, of_redis)
        ),
        "1 GB of Redis: entries of blocklists": over(KB_PER_GB, takes(footprint.ENTRY, of_redis)),
    }
    rows = [[what, rounded(amount)] for what, amount in found.items() if amount is not None]
    return tables.markdown([["", "at most"], *rows]) if rows else NOT_MEASURED


def rounded(amount: float) -> str:
    """Two figures: no more of them are meant."""
    digits = len(str(int(amount)))
    return f"{round(amount, 2 - digits):,.0f}"


def simulated(results: Results) -> str:
    costs = simulation.measured(results)
    if costs is None:
        return NOT_MEASURED
    given = simulation.Assumptions()
    return tables.markdown(simulation.shown(given, simulation.needs(given, costs)))
