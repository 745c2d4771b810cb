"""The keys that sign tokens: how they are listed, whether one is good enough, and one that is made
where none is set."""

import csv
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from alphasync import data_dir

SECRET_FILE = data_dir.KEY
SECRET_MIN = 32
"""Bytes: the size of the hash that signs (RFC 7518, section 3.2)."""
SECRET_PERIOD_MIN = 16
"""A secret that is a shorter piece again and again is guessed as easily as the piece."""
KEYS_MAX = 8
"""A key that is being rotated away has one successor; each more is tried for what none has signed.
"""


class WrongKeys(ValueError):
    """A list of keys that is none; the text says why, and nothing of the keys."""


def listed(text: str) -> tuple[str, ...]:
    """The keys of the setting, the one that signs first.

    A comma separates two, and one with a comma in it stands between double quotes. A text without a
    comma is one key as it stands. Raises WrongKeys.
    """
    if "," not in text:
        return (text,)
    try:
        [row] = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        raise WrongKeys("expected keys by comma, all in one line") from None
    found = _counted(key.strip() for key in row)
    if len(found) > 1 and any(_size(key) < SECRET_MIN for key in found):
        # Also where a shorter one would do: it may be one key, from when a comma was but a letter.
        raise WrongKeys(
            f"a comma separates keys, and each of several has {SECRET_MIN} bytes or more: "
            'put one that has a comma in it between double quotes ("…")'
        )
    return found


def read(path: Path) -> tuple[str, ...]:
    """The keys of a file, one a line, the one that signs first. Raises WrongKeys and OSError."""
    return _counted(line.strip() for line in path.read_text().splitlines())


def _counted(given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(key for key in given if key))
    if len(found) > KEYS_MAX:
        raise WrongKeys(f"lists {len(found)} keys, {KEYS_MAX} is the most")
    return found


def weakness_of(secret: str) -> str | None:
    """Why a secret is none to sign with, and what to do; None when it is good enough."""
    advice = "use `openssl rand -base64 48`"
    if _size(secret) < SECRET_MIN:
        return f"is shorter than {SECRET_MIN} bytes: {advice}"
    if any(secret.startswith(secret[period:]) for period in range(1, SECRET_PERIOD_MIN)):
        return f"is the same few letters again and again: {advice}"
    return None


def weakness_among(keys: tuple[str, ...]) -> str | None:
    """As of one; of several, with the place of the one that is weak: an older key opens as much."""
    for place, key in enumerate(keys, start=1):
        if weakness := weakness_of(key):
            return weakness if len(keys) == 1 else f"(key {place} of {len(keys)}) {weakness}"
    return None


def _size(secret: str) -> int:
    return len(secret.encode("utf-8", "surrogatepass"))


def make_once(folder: Path) -> Path:
    """The file of the key in a data directory, made by the first who asks for it.

    Raises data_dir.DataDirUnusable and OSError.
    """
    path = data_dir.prepare(folder) / SECRET_FILE
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path


def _write_once(path: Path, text: str) -> None:
    """Make a private file, whole from its first moment; one that exists by then stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(text)
        os.link(draft, path)
    except FileExistsError:
        pass  # made by another server on this directory in the meantime
    finally:
        draft.unlink()
