"""What doctor has to say of one thing."""

import json
from collections.abc import Sequence
from typing import Literal

import msgspec

Level = Literal["ok", "weak", "broken"]
"""Broken: the server does not start, or something does not work. Weak: it works, and protects less
than it could."""
VERDICTS: dict[Level, str] = {"ok": "ok", "weak": "WEAK", "broken": "FAIL"}


class Finding(msgspec.Struct, frozen=True):
    what: str
    ok: bool
    text: str
    weak: bool = False
    """Of what is not ok: whether it works all the same."""
    remedy: str = ""
    """What to do about it, where the text does not say so."""

    @property
    def level(self) -> Level:
        if self.ok:
            return "ok"
        return "weak" if self.weak else "broken"

    def line(self) -> str:
        """For people."""
        said = f"{self.text}. {self.remedy}" if self.remedy else self.text
        return f"{VERDICTS[self.level]:<4}  {self.what:<15} {said}"


def as_json(findings: Sequence[Finding]) -> str:
    """For programs, which go by these names: they stay."""
    found = [
        {
            "what": one.what,
            "ok": one.ok,
            "level": one.level,
            "text": one.text,
            **({"remedy": one.remedy} if one.remedy else {}),
        }
        for one in findings
    ]
    ok = all(one.ok for one in findings)
    return json.dumps({"ok": ok, "findings": found}, indent=2, ensure_ascii=False)
