"""Events that are taken as they come, before a handler is asked, and how they are acknowledged."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
from socketio.packet import ACK

from alphasync.transport.outgoing import Outgoing, message

Answer = Callable[[object], None]
"""Acknowledges an event, if its client has asked for that, with JSON."""
Take = Callable[[Answer], Coroutine[Any, Any, None] | None]
"""Takes an event, and is given how to acknowledge it; what it returns is to be carried out."""
AtOnce = Callable[[str, list[Any]], Take | None]
"""Is asked first what takes an event, of a client's id, with its name and arguments: if anything
does it is handed to no handler. Nothing is awaited."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Makes an event's name and arguments of what stands on the wire, whatever the application then
    takes them for, in fewer steps than it takes in general. Each returns None where an event is to
    be read as any other."""

    json: Callable[[str], list[Any] | None]
    packed: Callable[[msgspec.Raw], list[Any] | None]
    """Of MessagePack; nothing may come of it that JSON could not say."""


class Acknowledgements:
    """Made of the same answer for many events, one after the other, its JSON is made once.

    ``dumps`` is that of the server's packets, which have to be Socket.IO's own.
    """

    def __init__(self, dumps: Callable[..., str]) -> None:
        self._dumps = dumps
        self._answer: object = None
        self._said = "[null]"
        """What was answered last, and its JSON."""

    def packet(self, namespace: str, id_: int, answer: object) -> Outgoing:
        if answer is not self._answer:
            said = self._dumps([answer], separators=(",", ":"))
            self._answer, self._said = answer, said
        to = "" if namespace == "/" else f"{namespace},"
        return message(f"{ACK}{to}{id_}{self._said}")
