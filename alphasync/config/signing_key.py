"""The key that signs tokens: whether one is good enough, and one that is made where none is set."""

import os
import secrets
from pathlib import Path

from alphasync import data_dir

SECRET_FILE = data_dir.KEY
SECRET_MIN = 32
"""Bytes: the size of the hash that signs (RFC 7518, section 3.2)."""
SECRET_PERIOD_MIN = 16
"""A secret that is a shorter piece again and again is guessed as easily as the piece."""


def weakness_of(secret: str) -> str | None:
    """Why a secret is none to sign with, and what to do; None when it is good enough."""
    advice = "use `openssl rand -base64 48`"
    if len(secret.encode("utf-8", "surrogatepass")) < SECRET_MIN:
        return f"is shorter than {SECRET_MIN} bytes: {advice}"
    if any(secret.startswith(secret[period:]) for period in range(1, SECRET_PERIOD_MIN)):
        return f"is the same few letters again and again: {advice}"
    return None


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
