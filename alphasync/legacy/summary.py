"""What became of each key that was looked at."""

from collections import Counter
from typing import Literal

import msgspec

from alphasync.legacy.entries import KINDS, Kind

EXAMPLES_MAX = 5
"""Keys that are named for each reason."""
NAME_MAX = 120
"""Characters of each."""

Became = Literal["new", "later", "known", "old", "ended", "unusable"]
BECAME: tuple[Became, ...] = ("new", "later", "known", "old", "ended", "unusable")
WORDS: dict[Kind, str] = {
    "sent": "people messaged",
    "message": "drafts",
    "processing": "unfinished runs",
}
HEADS: dict[Became, str] = {
    "new": "new",
    "later": "later time",
    "known": "known",
    "old": "too old",
    "ended": "had ended",
    "unusable": "left out",
}


class LeftOut(msgspec.Struct):
    """Keys that were not brought in, for one reason."""

    count: int = 0
    examples: list[str] = msgspec.field(default_factory=list)


class Summary:
    def __init__(self) -> None:
        self.counts: dict[Kind, Counter[Became]] = {kind: Counter() for kind in KINDS}
        self.left_out: dict[str, LeftOut] = {}
        self.others = 0
        """Keys that are none of the earlier server's state, or of operators that are left alone."""

    def count(self, kind: Kind, became: Became, number: int = 1) -> None:
        self.counts[kind][became] += number

    def leave_out(self, kind: Kind, key: str, reason: str, number: int = 1) -> None:
        """``number`` entries, of which ``key`` names one, cannot be brought in."""
        self.count(kind, "unusable", number)
        left = self.left_out.setdefault(reason, LeftOut())
        left.count += number
        if len(left.examples) < EXAMPLES_MAX:
            left.examples.append(key if len(key) <= NAME_MAX else key[:NAME_MAX] + "…")

    @property
    def begun(self) -> bool:
        """Whether any key was looked at."""
        return bool(self.others or any(counter.total() for counter in self.counts.values()))

    @property
    def whole(self) -> bool:
        """Whether nothing had to be left out."""
        return not self.left_out

    def as_json(self, *, dry_run: bool, finished: bool, seconds: float) -> str:
        counts = {
            kind: {became: counter[became] for became in BECAME}
            for kind, counter in self.counts.items()
        }
        return msgspec.json.encode(
            {
                "dryRun": dry_run,
                "finished": finished,
                "seconds": round(seconds, 3),
                **counts,
                "others": self.others,
                "leftOut": self.left_out,
            }
        ).decode()

    def as_text(self) -> str:
        """A table, and what was left out and why."""
        lines = ["".join((" " * 16, *(f"{HEADS[became]:>12}" for became in BECAME)))]
        for kind, counter in self.counts.items():
            numbers = (f"{counter[became]:>12}" for became in BECAME)
            lines.append("".join((f"{WORDS[kind]:<16}", *numbers)))
        if self.others:
            lines.append(f"{self.others} other keys were left alone")
        for reason, left in self.left_out.items():
            lines.append(f"left out, {left.count}: {reason}")
            lines += [f"    {example}" for example in left.examples]
            if left.count > len(left.examples):
                lines.append("    …")
        return "\n".join(lines)
