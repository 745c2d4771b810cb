"""Tokens and cursors of the sandbox: opaque to clients, readable after a restart."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

# No secret: the sandbox guards invented people. Fixed, so that a session that was opened before a
# restart of the sandbox goes on after it.
_KEY = b"alphasync sandbox"


def issue_token(operator_id: str) -> str:
    """The token of an operator, always the same."""
    digest = hmac.digest(_KEY, operator_id.encode(), sha256).hex()
    return f"{_wrap(operator_id)}.{digest}"


def operator_of(token: str) -> str | None:
    """The operator whom the token was issued to, or None for one that was not issued here."""
    operator_id = _unwrap(token.partition(".")[0])
    if operator_id is None:
        return None
    genuine = issue_token(operator_id).encode()
    return operator_id if hmac.compare_digest(genuine, token.encode("utf-8", "replace")) else None


def make_cursor(profile_id: str, type: str, offset: int) -> str:
    """The cursor of the page that starts at `offset` in one listing."""
    return _wrap(f"{offset}:{type}:{profile_id}")


def offset_of(cursor: str, profile_id: str, type: str) -> int | None:
    """The offset in a cursor of this listing, or None for any other text."""
    offset, _, listing = (_unwrap(cursor) or "").partition(":")
    if listing != f"{type}:{profile_id}" or not (offset.isascii() and offset.isdigit()):
        return None
    return int(offset) if len(offset) <= 9 else None


def _wrap(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unwrap(text: str) -> str | None:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
