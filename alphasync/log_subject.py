"""What the lines of a log are about: whose command, which request, which run.

It is said once, as a command, a request or a run begins, and read only when a line is written: a
key stroke, of which nothing is written, pays for setting one variable. A task that is started
meanwhile is about the same, until it says otherwise.
"""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Protocol

REQUEST_ID = "X-Request-Id"
_SANE = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")
"""What proxies and clients send: UUIDs, ULIDs, numbers, trace ids."""


class Subject(Protocol):
    def log_fields(self) -> Mapping[str, str]:
        """Ids only: account, device, run, request. Never what somebody wrote, nor a secret."""


class Named:
    """A subject of which all that is known is its ids."""

    def __init__(self, **fields: str) -> None:
        self.fields = fields

    def log_fields(self) -> Mapping[str, str]:
        return self.fields


class Request(Named):
    """An HTTP request. Most write no line: the id of one that came with none is made when somebody
    asks for it."""

    def __init__(self, given: str | None) -> None:
        super().__init__()
        self._given = given

    @property
    def id(self) -> str:
        if "request" not in self.fields:
            self.fields["request"] = request_id(self._given)
        return self.fields["request"]

    def log_fields(self) -> Mapping[str, str]:
        return {"request": self.id, **self.fields}


_subject: ContextVar[Subject | None] = ContextVar("what the log is about", default=None)


def about(subject: Subject | None) -> None:
    """All lines of this task are about it from here on."""
    _subject.set(subject)


def also(**fields: str) -> None:
    """More is known by now of the request that is under way; there may be none."""
    subject = _subject.get()
    if isinstance(subject, Named):
        subject.fields.update(fields)


def fields() -> Mapping[str, str]:
    subject = _subject.get()
    return {} if subject is None else subject.log_fields()


def request_id(given: str | None) -> str:
    """The id that came with a request, or a fresh one where it has none that a log can hold."""
    return given if given and _SANE.fullmatch(given) else secrets.token_hex(8)
