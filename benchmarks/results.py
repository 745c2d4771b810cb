"""What was measured: one number per work, case, peer, metric and round."""

import json
import statistics
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Series:
    """The rounds of one figure."""

    work: str
    case: str
    peer: str
    metric: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest."""
        return min(self.values), max(self.values)


class Results:
    def __init__(self, about: dict[str, Any], series: Sequence[Series] = ()) -> None:
        self.about = about
        self._series = {self._key(one): one for one in series}

    @property
    def series(self) -> list[Series]:
        return list(self._series.values())

    def add(self, work: str, case: str, peer: str, metric: str, unit: str, value: float) -> None:
        fresh = Series(work, case, peer, metric, unit)
        self._series.setdefault(self._key(fresh), fresh).values.append(value)

    def find(self, work: str, case: str, peer: str, metric: str) -> Series | None:
        return self._series.get((work, case, peer, metric))

    def of(self, work: str) -> list[Series]:
        return [one for one in self.series if one.work == work]

    def beside(self, about: dict[str, Any], works: Collection[str]) -> "Results":
        """The figures of all other works. Raises ValueError when they are not comparable."""
        for what in ("machine", "versions", "rounds", "quick"):
            if self.about[what] != about[what]:
                raise ValueError(f"{what} {self.about[what]} there, {about[what]} here")
        failed = {name: why for name, why in self.about["failed"].items() if name not in works}
        rest = [one for one in self.series if one.work not in works]
        return Results({**about, "failed": failed}, rest)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"about": self.about, "series": [asdict(one) for one in self.series]}
        path.write_text(json.dumps(content, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        content = json.loads(path.read_text())
        return cls(content["about"], [Series(**one) for one in content["series"]])

    @staticmethod
    def _key(one: Series) -> tuple[str, str, str, str]:
        return one.work, one.case, one.peer, one.metric


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
