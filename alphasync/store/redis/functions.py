"""Scripts as functions of a library: called by another name, where Redis can do so.

Lua makes the functions within a script anew for each call of it, and keeps a copy of them for each
script; those of a library are made once. Redis has libraries since 7.0, and a user may be denied
them, so this is decided for each connection. Who submits EVALSHA need not know.
"""

import contextlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoPermissionError, ResponseError

from alphasync.store.redis.advice import plain

NOT_FOUND = "Function not found"
"""What Redis says where somebody has removed a library."""
LIBRARIES_MAX = 3
"""Of all versions and settings, in one Redis: two in an upgrade, and one of somebody else. Those
that were loaded first go: a Redis keeps them for good, and each makes the others slower."""
_SCRIPT_HEAD = len(b"$7\r\nEVALSHA\r\n$40\r\n\r\n") + 40
"""Bytes of the command and a script's SHA-1, as they go over a connection."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Library:
    """Some scripts as functions, whose names are of this version and these settings only, so that
    none takes away what others call."""

    name: str
    """Of the libraries of all versions. In a Redis each has a number beside it, in the order in
    which they came, and its digest."""
    digest: str
    source: str
    """Without the first line, which names the library."""
    trial: str
    """A function that does nothing: it is there, and may be called, or another way is taken."""
    functions: Mapping[str, str]
    """The name of the function that does the same as a script, by the script's SHA-1."""

    @cached_property
    def heads(self) -> dict[str, bytes]:
        """How its calls begin, as they go over a connection, by the script's SHA-1."""
        return {
            sha: b"$5\r\nFCALL\r\n$%d\r\n%s\r\n" % (len(name), name.encode())
            for sha, name in self.functions.items()
        }


async def heads_for(connection: AbstractConnection, library: Library) -> dict[str, bytes]:
    """The library's heads; {} where scripts are to be called as scripts over this connection."""
    try:
        listed = await _ask(connection, "FUNCTION", "LIST", "LIBRARYNAME", f"{library.name}_*")
        there = re.findall(rf"\b{library.name}_(\d+)_([0-9a-f]{{40}})\b", str(listed))
        if library.digest not in [digest for _, digest in there]:
            there.sort(key=_number)
            await _load(connection, library, 1 + (_number(there[-1]) if there else 0))
            for number, digest in there[: max(0, len(there) + 1 - LIBRARIES_MAX)]:
                await _ask(connection, "FUNCTION", "DELETE", f"{library.name}_{number}_{digest}")
        await _ask(connection, "FCALL", library.trial, 0)
    except ResponseError as error:
        log.info("redis is called without functions", error=plain(error))
        return {}
    return library.heads


async def _load(connection: AbstractConnection, library: Library, number: int) -> None:
    name = f"{library.name}_{number}_{library.digest}"
    # Another server may have been first: with the same name and number, as it saw the same ones.
    with contextlib.suppress(ResponseError):  # the trial says why
        await _ask(
            connection, "FUNCTION", "LOAD", "REPLACE", f"#!lua name={name}\n{library.source}"
        )


def _number(found: tuple[str, str]) -> int:
    return int(found[0])


def as_function(packed: bytes, head: bytes) -> bytes:
    """The call of a script, as it goes over a connection, as that of a function."""
    start = packed.index(b"\r\n") + 2
    return packed[:start] + head + packed[start + _SCRIPT_HEAD :]


def ends_functions(error: ResponseError) -> bool:
    """Whether an answer says that scripts are to be called as such from now on."""
    return isinstance(error, NoPermissionError) or str(error) == NOT_FOUND


async def _ask(connection: AbstractConnection, *command: str | int) -> object:
    await connection.send_command(*command)
    answer: object = await connection.read_response(timeout=math.inf)
    return answer
