"""Scripts as functions of a library: called by another name, where Redis can do so.

Lua makes the functions within a script anew for each call of it, and keeps a copy of them for each
script; those of a library are made once. Redis has libraries since 7.0, and a user may be denied
them, so this is decided for each connection. Who submits EVALSHA need not know.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoPermissionError, ResponseError

from alphasync.store.redis.advice import plain

NOT_FOUND = "Function not found"
"""What Redis says where another version's library has taken this one's place."""
_EVALSHA = b"$7\r\nEVALSHA\r\n"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Library:
    """Named the same in all versions: the one that was loaded last takes the others' place, so that
    none is left behind in a Redis. Its functions have names of their own in each version."""

    source: str
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
        try:
            await _ask(connection, "FCALL", library.trial, 0)
        except NoPermissionError:
            raise
        except ResponseError:
            await _ask(connection, "FUNCTION", "LOAD", "REPLACE", library.source)
            await _ask(connection, "FCALL", library.trial, 0)
    except ResponseError as error:
        log.debug("redis has no functions for us", error=plain(error))
        return {}
    return library.heads


def as_function(packed: bytes, sha: str, head: bytes) -> bytes:
    """The call of a script, as it goes over a connection, as that of a function."""
    start = packed.index(b"\r\n") + 2
    return packed[:start] + head + packed[start + len(_EVALSHA) + _packed_length(sha) :]


def ends_functions(error: ResponseError) -> bool:
    """Whether an answer says that scripts are to be called as such from now on."""
    return isinstance(error, NoPermissionError) or str(error) == NOT_FOUND


def _packed_length(word: str) -> int:
    return len(b"$%d\r\n%s\r\n" % (len(word), word.encode()))


async def _ask(connection: AbstractConnection, *command: str | int) -> None:
    await connection.send_command(*command)
    await connection.read_response(timeout=math.inf)
