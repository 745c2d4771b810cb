"""The figures as pictures."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.results import Results
from benchmarks.tables import LABELS, ORDER
from benchmarks.works import blocklist, fanout, idle, latency, servers

COLORS = {
    "alphasync": "#1f6feb",
    "node": "#3c873a",
    "bun": "#bf3989",
    "stock": "#d29922",
    "floor": "#8b949e",
    "other": "#a371f7",
    "exists": "#d29922",
    "smembers": "#cf222e",
    "keys": "#8b949e",
}
INCH = 72
"""Points: the fonts' sizes stay readable at the width of a page."""
WIDTH = 640 / INCH
LOWEST = 0.5
"""µs at which the logarithmic bars begin."""


def draw(results: Results, folder: Path) -> list[str]:
    """Draw what there are figures for; the names of the files."""
    mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9})
    pictures = {
        "bench-fanout.svg": _fanout(results),
        "bench-devices.svg": _devices(results),
        "bench-servers.svg": _servers(results),
        "bench-blocklist.svg": _blocklist(results),
    }
    drawn = []
    for name, figure in pictures.items():
        if figure is not None:
            figure.savefig(folder / name, metadata={"Date": None, "Creator": None})
            drawn.append(name)
    return drawn


def _figure(panels: int, height: float = 240) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH, height / INCH), layout="constrained")
    found = [figure.add_subplot(1, panels, place + 1) for place in range(panels)]
    for axes in found:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color="#d0d7de", linewidth=0.5)
    return figure, found


def _peers(results: Results, work: str) -> list[str]:
    there = {one.peer for one in results.of(work)}
    return [peer for peer in ORDER if peer in there]


def _fanout(results: Results) -> Figure | None:
    peers = _peers(results, fanout.WORK)
    if not peers:
        return None
    figure, panels = _figure(2)
    width = 0.8 / len(peers)
    for axes, burst, title in zip(panels, (1, fanout.BURST), ("paced", "bursts"), strict=True):
        for place, peer in enumerate(peers):
            for spot, size in enumerate(fanout.SIZES):
                case = fanout.case(size, burst)
                one = results.find(fanout.WORK, case, peer, fanout.PER_DELIVERY)
                if one is None:
                    continue
                low, high = one.spread
                axes.bar(
                    spot + (place - (len(peers) - 1) / 2) * width,
                    one.median,
                    width * 0.92,
                    color=COLORS[peer],
                    label=LABELS[peer] if spot == 0 else None,
                    yerr=[[one.median - low], [high - one.median]],
                    error_kw={"elinewidth": 0.8, "ecolor": "#57606a"},
                )
        axes.set_yscale("log")
        axes.set_ylim(bottom=LOWEST)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_xticks(range(len(fanout.SIZES)), [str(size.members) for size in fanout.SIZES])
        axes.set_xlabel(f"devices in a room, {title}")
    panels[0].set_ylabel("µs of CPU per delivered event")
    panels[0].legend(frameon=False)
    panels[1].sharey(panels[0])
    return figure


def _devices(results: Results) -> Figure | None:
    shown = [
        (latency.WORK, latency.P50, "delay, p50, ms"),
        (latency.WORK, latency.P99, "delay, p99, ms"),
        (idle.WORK, idle.MEMORY, "KB per idle device"),
        (idle.WORK, idle.SPEED, "connects per second"),
    ]
    if not all(results.of(work) for work, _, _ in shown):
        return None
    figure, panels = _figure(len(shown), height=200)
    for axes, (work, metric, title) in zip(panels, shown, strict=True):
        found = [one for one in results.of(work) if one.metric == metric and one.peer != "floor"]
        found.sort(key=lambda one: ORDER.index(one.peer))
        axes.bar(
            range(len(found)),
            [one.median for one in found],
            color=[COLORS[one.peer] for one in found],
        )
        axes.set_xticks(
            range(len(found)), [LABELS[one.peer] for one in found], rotation=30, ha="right"
        )
        axes.set_title(title, fontsize=9)
    return figure


def _servers(results: Results) -> Figure | None:
    return _lines(
        results,
        servers.WORK,
        {float(others): servers.case(others) for others in servers.OTHERS},
        "other servers, each with accounts of its own",
        "µs of CPU per delivered event",
    )


def _blocklist(results: Results) -> Figure | None:
    cases = list(dict.fromkeys(one.case for one in results.of(blocklist.WORK)))
    sizes = {float(case.split()[0].replace(",", "")): case for case in cases}
    beside = "ms for 100 recipients"
    return _lines(results, blocklist.WORK, sizes, "entries in the list", beside, log=True)


def _lines(
    results: Results,
    work: str,
    cases: dict[float, str],
    below: str,
    beside: str,
    *,
    log: bool = False,
) -> Figure | None:
    peers = _peers(results, work)
    if not peers:
        return None
    figure, (axes,) = _figure(1)
    for peer in peers:
        found = {
            x: one
            for x, case in cases.items()
            for one in results.of(work)
            if one.case == case and one.peer == peer
        }
        axes.plot(
            list(found),
            [one.median for one in found.values()],
            marker="o",
            color=COLORS[peer],
            label=LABELS[peer],
        )
    axes.set(xlabel=below, ylabel=beside)
    if log:
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:,g}")
    else:
        axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure
