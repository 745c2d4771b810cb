"""The figures as tables, for the terminal and for the report."""

from benchmarks.results import Results, Series

LABELS = {
    "alphasync": "alphasync",
    "other": "other",
    "node": "Node",
    "bun": "Bun",
    "stock": "python-socketio",
    "floor": "floor",
    "exists": "EXISTS each",
    "smembers": "SMEMBERS",
    "keys": "KEYS, GET each",
    "events": "the events",
    "snapshot": "a snapshot",
    "direct": "its own server",
    "elsewhere": "another server",
}
"""Column heads, in their order."""
ORDER = list(LABELS)


def number(value: float) -> str:
    """Three figures that matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cell(one: Series | None) -> str:
    """Median and spread."""
    if one is None:
        return "-"
    low, high = one.spread
    return f"{number(one.median)} ({number(low)} to {number(high)})"


def rows(results: Results, work: str, metric: str) -> list[list[str]]:
    """A table with a column per peer: heads first."""
    found = [one for one in results.of(work) if one.metric == metric]
    peers = sorted({one.peer for one in found}, key=_place)
    cases = list(dict.fromkeys(one.case for one in found))
    table = [["", *(LABELS.get(peer, peer) for peer in peers)]]
    table += [
        [case, *(cell(results.find(work, case, peer, metric)) for peer in peers)] for case in cases
    ]
    return table


def metrics(results: Results, work: str) -> dict[str, str]:
    """The work's metrics and their units."""
    return {one.metric: one.unit for one in results.of(work)}


def plain(table: list[list[str]]) -> str:
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def markdown(table: list[list[str]]) -> str:
    head, *body = table
    lines = [head, ["---", *("---:" for _ in head[1:])], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _place(peer: str) -> tuple[int, str]:
    return (ORDER.index(peer) if peer in ORDER else len(ORDER), peer)
