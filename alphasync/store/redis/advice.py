"""What an error of Redis means for who runs the server, and what to do about it."""

import re

from redis.exceptions import (
    AuthenticationError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
)

_COMMAND = re.compile(r"'([\w|]+)' command")
_ARGUMENTS = re.compile(r",? with args beginning with:.*", re.IGNORECASE)
_REFUSED = re.compile(r"ACL failure|NOPERM|no permissions|can't (?:run|access|publish)", re.I)


def plain(error: BaseException) -> str:
    """The error's own text in one line, without the arguments that Redis quotes: the password may
    be among them."""
    return _ARGUMENTS.sub("", " ".join(str(error).split()))


def refuses_password(error: BaseException) -> bool:
    """Whether Redis does not take who connects; redis-py wraps that as if nobody had answered."""
    return isinstance(error, AuthenticationError) or isinstance(
        error.__cause__, AuthenticationError
    )


def words(error: BaseException, command: str = "") -> str:
    """What is wrong and what to do, for an error that Redis gave to a command."""
    text = plain(error)
    named = _COMMAND.search(text)
    command = (named[1] if named else command).lower()
    if isinstance(error, NoPermissionError) or _REFUSED.search(text):
        if "channel" in text:
            return "the user may not use the channels: &as:* and &socketio are needed"
        if re.search(r"\bkeys?\b", text):
            return "the user may not use the keys: ~as:* is needed"
        return f"the user may not run {command.upper()}: +{command} is needed"
    if refuses_password(error):
        return _authentication(text)
    if isinstance(error, ReadOnlyError) or "READONLY" in text:
        return "it is a read-only replica: give the address of the primary"
    if isinstance(error, OutOfMemoryError) or "OOM" in text:
        return "it is out of memory (maxmemory with noeviction): give it more"
    if isinstance(error, MovedError) or "MOVED" in text:
        return "it is one of a cluster: write redis+cluster:// to use all of it"
    if "MISCONF" in text:
        return "it cannot save to its disk, and takes no writes until it can"
    if "NOREPLICAS" in text:
        return "it has fewer replicas than min-replicas-to-write, and takes no writes"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _authentication(text: str) -> str:
    if "without any password" in text:
        return "it has no password for this user: leave that of the address out"
    if "required" in text:
        return "it asks for a password: redis://:password@host"
    return "the user or the password is wrong: redis://user:password@host, or :password alone"
