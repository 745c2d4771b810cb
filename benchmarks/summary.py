"""What a user may expect of one core, one server and one Redis, in words, and beside whom."""

import textwrap

from benchmarks.results import Results
from benchmarks.tables import LABELS, number
from benchmarks.targets import OURS, ratio
from benchmarks.works import fanout, idle, latency, pythons

SMALL, LARGE = fanout.SIZES[0], fanout.SIZES[2]
OTHERS = ("node", "bun", "stock")
WIDTH = 100

Place = tuple[str, str, str]
"""Work, case and metric."""


def summary(results: Results) -> str:
    """An entry each, of those for which there are figures."""
    found = filter(None, (_core(results), _server(results), _redis(results)))
    return "\n".join(
        textwrap.fill(f"- {one}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        for one in found
    )


def gained(results: Results) -> str:
    """What the newest Python takes of what the oldest one does, where there are both."""
    cases = [fanout.case(size, fanout.BURST) for size in pythons.SIZES]
    names = sorted({one.peer for one in results.of(pythons.WORK)}, key=_version)
    if len(names) < 2:
        return "What a newer one gains is not known for this machine."
    told = []
    for case in cases:
        newest, oldest = (
            results.find(pythons.WORK, case, name, fanout.PER_DELIVERY)
            for name in (names[-1], names[0])
        )
        if newest and oldest:
            told.append(f"{number(ratio(newest, oldest))} in {case}")
    return f"{names[-1]}, of {names[0]}'s CPU: {', '.join(told)}."


def _version(name: str) -> list[int]:
    return [int(part) for part in name.removeprefix(pythons.NAME).split(".")]


def _core(results: Results) -> str:
    small, large = (
        (fanout.WORK, fanout.case(size, fanout.BURST), fanout.PER_DELIVERY)
        for size in (SMALL, LARGE)
    )
    if not (few := _per_second(results, small)) or not (many := _per_second(results, large)):
        return ""
    return (
        f"**One core** delivers {few} events per second in rooms of {SMALL.members}, "
        f"{_beside(results, small)}, and {many} in rooms of {LARGE.members}, "
        f"{_beside(results, large)}."
    )


def _server(results: Results) -> str:
    silent = (idle.WORK, _idle(results), idle.MEMORY)
    half, nearly_all = (
        _median(results, (latency.WORK, latency.CASE, metric))
        for metric in (latency.P50, latency.P99)
    )
    if not (memory := _median(results, silent)) or not half or not nearly_all:
        return ""
    return (
        f"**One server** keeps a silent device in {memory:.0f} KB, "
        f"{_beside(results, silent, less=True)}, and hands on what is typed in {number(half)} ms, "
        f"99 of 100 times within {number(nearly_all)} ms."
    )


def _redis(results: Results) -> str:
    texts = (fanout.WORK, fanout.case(SMALL, fanout.BURST), fanout.VALKEY)
    connects = (idle.WORK, _idle(results), idle.VALKEY)
    if not (typed := _per_second(results, texts)) or not (come := _per_second(results, connects)):
        return ""
    return (
        f"**One Redis**, which all servers share, carries {typed} typed texts per second, "
        f"{_beside(results, texts)}, or {come} devices that connect, {_beside(results, connects)}."
    )


def _idle(results: Results) -> str:
    return next((one.case for one in results.of(idle.WORK)), "")


def _median(results: Results, place: Place) -> float | None:
    work, case, metric = place
    found = results.find(work, case, OURS, metric)
    return found.median if found else None


def _per_second(results: Results, place: Place) -> str:
    """Of what costs so many µs, with two figures that matter; '' where that is not known."""
    cost = _median(results, place)
    return f"{float(f'{1e6 / cost:.2g}'):,.0f}" if cost else ""


def _beside(results: Results, place: Place, *, less: bool = False) -> str:
    """Of what costs less there are so many times as many; with ``less``, how much less it is."""
    work, case, metric = place
    ours, told = results.find(work, case, OURS, metric), list[str]()
    for peer in OTHERS:
        theirs = results.find(work, case, peer, metric)
        if ours and theirs:
            share = ratio(ours, theirs) if less else ratio(theirs, ours)
            told.append(f"{number(share)} times {LABELS[peer]}'s")
    *first, last = told or [""]
    return f"{', '.join(first)} and {last}" if first else last
