"""Calling the Lua scripts, and reading what they return."""

import asyncio
from collections.abc import Sequence

from alphasync.errors import StoreUnavailable
from alphasync.store.redis.pipeline import Pipeline, Reply, ReplyError
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import library, load

NO_LINEAGE = ""
"""The last argument of each script. A pipeline that knows the lineage of its connection puts it in
this place (see OrderedPipeline)."""


class Scripts:
    """All scripts of this version, with the lifetimes built in as constants."""

    def __init__(self, pipeline: Pipeline, lifetimes: Lifetimes) -> None:
        self._pipeline = pipeline
        self._scripts = load(lifetimes, pipeline.publishes_with)
        pipeline.on_connect = tuple(
            ("SCRIPT", "LOAD", script.source) for script in self._scripts.values()
        )
        pipeline.library = library(self._scripts, lifetimes, pipeline.publishes_with)
        self._going_on = asyncio.Lock()

    async def call(
        self,
        call: Call,
        *,
        confirmed: bool = False,
        after: asyncio.Future[Reply] | None = None,
    ) -> "Answer":
        """Run a script; it enters the pipeline before this first awaits anything.

        ``confirmed``: what it writes must not be lost by a failover. ``after``: a command that
        Redis must have carried out before it; not together with the former. Raises StoreUnavailable
        when Redis does not answer in time, and Unconfirmed when only its replicas do not.
        """
        script = self._scripts[call.name]
        values = (*script.known(call.keys), *map(call.args.__getitem__, script.args))
        tail = (len(script.keys), *values, NO_LINEAGE)
        submit = self._pipeline.confirmed if confirmed else self._pipeline.submit
        how = {} if after is None else {"after": after}
        try:
            reply = await submit("EVALSHA", script.sha, *tail, **how)
        except ReplyError as error:
            if error.kind != "NOSCRIPT":
                raise
            # Scripts are loaded with each connection; somebody flushed them since.
            reply = await submit("EVAL", script.source, *tail, **how)
        return Answer(reply)

    async def listed(self, call: Call) -> "Answer":
        """Run a script that reads a part of a list, which takes some milliseconds to deal with;
        return when it is this one's turn. Raises as ``call`` does."""
        answer = await self.call(call)
        await self.in_turn()
        return answer

    async def in_turn(self) -> None:
        """Return when it is the caller's turn to go on with a few milliseconds of work: one caller
        for each turn of the loop. Redis answers many at once, and whoever types would otherwise
        wait until sixteen accounts have each dealt with theirs."""
        async with self._going_on:
            await asyncio.sleep(0)

    async def field(self, key: str, name: str) -> str | None:
        """One field of a hash, for a script that needs the name of another key from it."""
        value = await self._pipeline.submit("HGET", key, name)
        return value.decode() if isinstance(value, bytes) else None

    async def hashes(self, names: Sequence[str]) -> list[dict[str, str]]:
        """What stands under these keys, each as of its own moment; ``{}`` for one that is gone.

        Redis serves others between two of them. Raises StoreUnavailable.
        """
        replies = await asyncio.gather(*(self._pipeline.submit("HGETALL", n) for n in names))
        return Answer([list(replies)]).records(0)


class Answer:
    """What a script returned: a named outcome, then its values."""

    __slots__ = ("_values",)

    def __init__(self, reply: Reply) -> None:
        """Raises StoreUnavailable for what no script of ours returns."""
        if not isinstance(reply, list):
            raise StoreUnavailable(f"a script answered {reply!r}")
        self._values = reply

    def __len__(self) -> int:
        return len(self._values)

    @property
    def outcome(self) -> str:
        return self.text(0)

    def text(self, position: int) -> str:
        value = self._values[position]
        if not isinstance(value, bytes):
            raise TypeError(f"expected text at {position}, got {value!r}")
        return value.decode()

    def number(self, position: int) -> int:
        return int(self.text(position))

    def texts(self, position: int) -> list[str]:
        found: list[str] = []
        for value in self._list(position):  # of a snapshot some thousands: no object for each
            if not isinstance(value, bytes):
                raise TypeError(f"expected texts at {position}, got {value!r}")
            found.append(value.decode())
        return found

    def lists(self, position: int) -> list["Answer"]:
        """Lists in a list."""
        found = Answer(self._list(position))
        return [Answer(found._list(number)) for number in range(len(found))]

    def records(self, position: int) -> list[dict[str, str]]:
        """Hashes, each returned as a flat list of fields and values."""
        found = Answer(self._list(position))
        return [found.record(number) for number in range(len(found))]

    def rows(self, position: int) -> list[dict[str, str]]:
        """Hashes of which the same fields were read, returned as a list of these and a list of
        values for each; without those that a hash has not."""
        found = Answer(self._list(position))
        names = found.texts(0) if len(found) else []
        return [found._row(number, names) for number in range(1, len(found))]

    def record(self, position: int) -> dict[str, str]:
        """A hash, returned as a flat list of fields and values."""
        fields = self.texts(position)
        return dict(zip(fields[::2], fields[1::2], strict=True))

    def _row(self, position: int, names: list[str]) -> dict[str, str]:
        values = zip(names, self._list(position), strict=True)
        return {name: value.decode() for name, value in values if isinstance(value, bytes)}

    def _list(self, position: int) -> list[Reply]:
        value = self._values[position]
        if not isinstance(value, list):
            raise TypeError(f"expected a list at {position}, got {value!r}")
        return value
