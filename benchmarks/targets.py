"""What the figures are to be, as ratios within one run, and whether they are."""

import statistics
from dataclasses import dataclass

from benchmarks.results import Results, Series
from benchmarks.works import blocklist, fanout, forwarding, idle, latency, servers

OURS = "alphasync"
FIRST = {"node": 0, "bun": 1}
"""Whose targets stand before the others', in this order."""


@dataclass(frozen=True)
class Target:
    """``ours`` over ``theirs`` is to be at most ``most``; or, with ``least``, at least."""

    text: str
    ours: tuple[str, str, str, str]
    """Work, case, peer and metric."""
    theirs: tuple[str, str, str, str]
    most: float | None = None
    least: float | None = None
    floor: tuple[str, str, str, str] | None = None
    """Where the floor's figure is: what it makes of the same target."""

    @property
    def bound(self) -> str:
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"

    def met(self, ratio: float) -> bool:
        if self.most is not None:
            return ratio <= self.most
        assert self.least is not None
        return ratio >= self.least


@dataclass(frozen=True)
class Verdict:
    target: Target
    ratio: float
    floor: float | None


def _fanout() -> list[Target]:
    shares = {3: 0.65, 10: 0.4, 100: 0.25, 500: 0.25}
    found: list[Target] = []
    for burst in (1, fanout.BURST):
        for size in fanout.SIZES:
            case = fanout.case(size, burst)

            def of(peer: str, case: str = case) -> tuple[str, str, str, str]:
                return fanout.WORK, case, peer, fanout.PER_DELIVERY

            text = f"CPU per event, {case}, of "
            node, bun, stock, floor = (of(peer) for peer in ("node", "bun", "stock", "floor"))
            most = shares[size.members]
            found += [
                Target(f"{text}Node's", of(OURS), node, most=most, floor=floor),
                Target(f"{text}Bun's", of(OURS), bun, most=0.8, floor=floor),
                Target(f"{text}python-socketio's", of(OURS), stock, most=0.1, floor=floor),
            ]
            if burst > 1:
                found.append(Target(f"{text}the floor's", of(OURS), floor, most=1.7))
    return sorted(found, key=lambda target: FIRST.get(target.theirs[2], len(FIRST)))


def _of_node(
    work: str,
    case: str,
    metric: str,
    text: str,
    *,
    most: float | None = None,
    least: float | None = None,
) -> Target:
    ours, theirs = (work, case, OURS, metric), (work, case, "node", metric)
    return Target(f"{text}, of Node's", ours, theirs, most=most, least=least)


def targets(results: Results) -> list[Target]:
    idle_case = next((one.case for one in results.of(idle.WORK)), "")
    smallest, largest = (f"{size:,} entries" for size in (blocklist.SIZES[0], blocklist.SIZES[-1]))
    return [
        *_fanout(),
        _of_node(latency.WORK, latency.CASE, latency.P50, "p50 of the delay", most=0.8),
        _of_node(latency.WORK, latency.CASE, latency.P99, "p99 of the delay", most=1.0),
        _of_node(idle.WORK, idle_case, idle.MEMORY, "Memory per idle connection", most=1.0),
        _of_node(idle.WORK, idle_case, idle.SPEED, "Connects per second", least=1.3),
        Target(
            f"Blocklist filter, {largest} to {smallest}",
            (blocklist.WORK, largest, OURS, blocklist.DELAY),
            (blocklist.WORK, smallest, OURS, blocklist.DELAY),
            most=2.0,
        ),
        Target(
            f"CPU per event, {servers.case(8)} to {servers.case(1)}",
            (servers.WORK, servers.case(8), OURS, servers.PER_DELIVERY),
            (servers.WORK, servers.case(1), OURS, servers.PER_DELIVERY),
            most=1.15,
        ),
        Target(
            "CPU per event of a long poll, through another server to direct",
            (forwarding.WORK, forwarding.WAYS[0].case, forwarding.ELSEWHERE, forwarding.PER_EVENT),
            (forwarding.WORK, forwarding.WAYS[0].case, forwarding.DIRECT, forwarding.PER_EVENT),
            most=1.3,
        ),
    ]


def ratio(ours: Series, theirs: Series) -> float:
    """The median over the rounds of the ratio within a round, so that a slow minute counts once."""
    return statistics.median(a / b for a, b in zip(ours.values, theirs.values, strict=False))


def judge(results: Results) -> list[Verdict]:
    """Those targets for which there are figures."""
    found: list[Verdict] = []
    for target in targets(results):
        ours, theirs = results.find(*target.ours), results.find(*target.theirs)
        if ours is None or theirs is None:
            continue
        floor = results.find(*target.floor) if target.floor else None
        floors = ratio(floor, theirs) if floor else None
        found.append(Verdict(target, ratio(ours, theirs), floors))
    return found
