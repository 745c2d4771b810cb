"""``python -m benchmarks.report [JSON]``: the pages of figures in docs/, and their pictures."""

import re
import sys
from pathlib import Path

from benchmarks import scaling, tables
from benchmarks.results import Results
from benchmarks.summary import gained, summary
from benchmarks.targets import judge

ROOT = Path(__file__).parents[1]
PAGES = {"template.md": "benchmarks.md", "scaling.md": "scaling.md"}
"""Templates, which are beside this file, and what becomes of them in docs/."""
PICTURES = ROOT / "docs" / "images"
DEFAULT_JSON = ROOT / "benchmarks" / "results.json"
PLACE = re.compile(r"<!-- (\w+) ?(\w*) -->")
"""In a template: ``<!-- table fanout -->``, ``<!-- growth pace -->``, ``<!-- targets -->``, ..."""


def page(results: Results, template: str) -> str:
    """The template with the figures in their places."""

    def fill(place: re.Match[str]) -> str:
        match place[1]:
            case "table":
                return work(results, place[2])
            case "summary":
                return summary(results)
            case "gained":
                return gained(results)
            case "targets":
                return verdicts(results)
            case "about":
                return about(results)
            case "growth":
                return scaling.table(results, place[2])
            case "limits":
                return scaling.limits(results)
            case "simulation":
                return scaling.simulated(results)
            case other:
                raise ValueError(f"nothing is called {other!r}")

    return PLACE.sub(fill, template)


def work(results: Results, name: str) -> str:
    """The tables of a work, one per metric."""
    parts = [
        f"{metric[0].upper()}{metric[1:]}{'' if unit in metric else f', {unit}'}:\n\n"
        + tables.markdown(tables.rows(results, name, metric))
        for metric, unit in tables.metrics(results, name).items()
    ]
    return "\n\n".join(parts) or "Not measured in this run."


def verdicts(results: Results) -> str:
    rows = [["", "target", "measured", "the floor's", ""]]
    for one in judge(results):
        floor = tables.number(one.floor) if one.floor is not None else ""
        met = "met" if one.target.met(one.ratio) else "**missed**"
        rows.append([one.target.text, one.target.bound, tables.number(one.ratio), floor, met])
    return tables.markdown(rows)


def about(results: Results) -> str:
    told = results.about
    failed = {f"{name} failed": reason for name, reason in told["failed"].items()}
    facts = {**told["machine"], **told["versions"], "rounds": told["rounds"], **failed}
    return tables.markdown([["", ""], *([name, str(value)] for name, value in facts.items())])


def main(path: Path) -> None:
    from benchmarks import plots  # noqa: PLC0415 - what draws them is not needed for the pages

    results = Results.load(path)
    for template, name in PAGES.items():
        text = Path(__file__).with_name(template).read_text()
        (ROOT / "docs" / name).write_text(page(results, text))
    PICTURES.mkdir(exist_ok=True)
    drawn = plots.draw(results, PICTURES)
    print(f"docs/{', docs/'.join(PAGES.values())} and {', '.join(drawn)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_JSON)
