"""Loading and calling the Lua scripts in ``lua/``.

The header of a script is its signature: the names after ``KEYS:`` and ``ARGV:`` become its local
variables, and a caller passes them by those names.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import msgspec

from alphasync.errors import StoreUnavailable
from alphasync.store.pipeline import Pipeline, Reply, ReplyError

LOG_LENGTH = 512
"""Events kept per account: minutes of typing on several devices, about 200 KB at most times."""
LOG_TTL = 10 * 60
"""Seconds. A device away for longer gets a snapshot."""
META_TTL = 24 * 3600
"""Seconds. Longer than any state that carries a revision, so that revisions only ever grow."""

REVISION_JUMP = 1_000_000
"""How far the revision of a new log is ahead of what is known of the old one: farther than anything
that a failover can have lost. A fencing token is a revision, and none is ever given twice."""
NO_LINEAGE = ""
"""The last argument of each script. A pipeline that knows the lineage of its connection puts it in
this place (see OrderedPipeline)."""

RETRY_TTL = 30 * 60
"""Seconds that what a join was answered is known, for whoever asks again."""
TRIES_MAX = 64
"""Devices of one token that a script looks at."""
PAGE_RECORDS = 64
"""Runs and drafts that one script reads: no script may run for more than 5 ms."""
PAGE_BYTES = 64 * 1024
"""Bytes of them, or of events, from which it reads no further."""
PAGE_ENDS = 64
"""Runs that one script ends, and uncertain recipients that it sees to."""
PAGE_PRUNED = 1_000
"""Entries of a blocklist that one script drops."""
UNCERTAIN_LISTED = 100
"""Uncertain recipients of one event or answer."""
UNCERTAIN_BYTES = 16 * 1024
"""Bytes of them."""

_HEADER = re.compile(r"^-- (KEYS|ARGV):(.*)$", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:--.*\n)*local function (\w+)\((?s:.*?)^end\n", re.MULTILINE)


class Lifetimes(msgspec.Struct, frozen=True):
    """How long state lives, in seconds."""

    lock: float = 1800
    run: float = 3600
    draft: float = 7200
    device: float = 7200
    sent: float = 30 * 86400


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    source: str
    sha: str
    keys: tuple[str, ...]
    args: tuple[str, ...]


class Scripts:
    """All scripts of this version, with the lifetimes built in as constants."""

    def __init__(self, pipeline: Pipeline, lifetimes: Lifetimes) -> None:
        self._pipeline = pipeline
        self._scripts = load(lifetimes, pipeline.publishes_with)
        pipeline.on_connect = tuple(
            ("SCRIPT", "LOAD", script.source) for script in self._scripts.values()
        )

    async def call(
        self,
        name: str,
        keys: Mapping[str, str],
        args: Mapping[str, str | int | bytes],
        *,
        confirmed: bool = False,
        after: asyncio.Future[Reply] | None = None,
    ) -> "Answer":
        """Run a script; it enters the pipeline before this first awaits anything.

        ``confirmed``: what it writes must not be lost by a failover. ``after``: a command that
        Redis must have carried out before it; not together with the former. Raises StoreUnavailable
        when Redis does not answer in time, Unconfirmed when only its replicas do not, and KeyError
        when an argument is missing.
        """
        script = self._scripts[name]
        if len(keys) + len(args) != len(script.keys) + len(script.args):
            raise TypeError(f"{name} takes {script.keys} and {script.args}")
        values = [*map(keys.__getitem__, script.keys), *map(args.__getitem__, script.args)]
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
        return [Answer([item]).text(0) for item in self._list(position)]

    def records(self, position: int) -> list[dict[str, str]]:
        """Hashes, each returned as a flat list of fields and values."""
        found = Answer(self._list(position))
        return [found.record(number) for number in range(len(found))]

    def record(self, position: int) -> dict[str, str]:
        """A hash, returned as a flat list of fields and values."""
        fields = self.texts(position)
        return dict(zip(fields[::2], fields[1::2], strict=True))

    def _list(self, position: int) -> list[Reply]:
        value = self._values[position]
        if not isinstance(value, list):
            raise TypeError(f"expected a list at {position}, got {value!r}")
        return value


def load(lifetimes: Lifetimes, publish: str = "PUBLISH") -> dict[str, Script]:
    """All scripts by name (the file's name without its ending); ``publish`` is the command that
    they publish events with."""
    folder = files("alphasync.store") / "lua"
    milliseconds = {
        "LOG_TTL": LOG_TTL,
        "META_TTL": META_TTL,
        "RETRY_TTL": RETRY_TTL,
        "LOCK_TTL": lifetimes.lock,
        "RUN_TTL": lifetimes.run,
        "DRAFT_TTL": lifetimes.draft,
        "DEVICE_TTL": lifetimes.device,
        "SENT_TTL": lifetimes.sent,
    }
    numbers = {
        "LOG_LENGTH": LOG_LENGTH,
        "REVISION_JUMP": REVISION_JUMP,
        "TRIES_MAX": TRIES_MAX,
        "PAGE_RECORDS": PAGE_RECORDS,
        "PAGE_BYTES": PAGE_BYTES,
        "PAGE_ENDS": PAGE_ENDS,
        "PAGE_PRUNED": PAGE_PRUNED,
        "UNCERTAIN_LISTED": UNCERTAIN_LISTED,
        "UNCERTAIN_BYTES": UNCERTAIN_BYTES,
    }
    numbers |= {name: round(seconds * 1000) for name, seconds in milliseconds.items()}
    constants = "".join(f"local {name} = {number}\n" for name, number in numbers.items())
    constants += f"local publish_with = '{publish}'\n"
    shared = constants + "local lineage = ARGV[#ARGV]\n" + (folder / "_lib.lua").read_text()
    scripts = {}
    for file in folder.iterdir():
        if file.name.endswith(".lua") and not file.name.startswith("_"):
            name = file.name.removesuffix(".lua")
            scripts[name] = _script(name, file.read_text(), shared)
    return scripts


def _used(shared: str, body: str) -> str:
    """``shared`` without the functions that a script does not call: Lua makes each one anew when
    the script is run, which was a twelfth of what a short one takes."""
    for function in reversed(list(_FUNCTION.finditer(shared))):
        behind = shared[function.end() :] + body  # nothing else can know it: it is local
        if re.search(rf"\b{function[1]}\(", behind) is None:
            shared = shared[: function.start()] + shared[function.end() :]
    return shared


def _script(name: str, body: str, shared: str) -> Script:
    header = {kind: tuple(names.split()) for kind, names in _HEADER.findall(body)}
    keys, args = header["KEYS"], header["ARGV"]
    signature = "".join(
        f"local {local} = {table}[{position}]\n"
        for table, names in (("KEYS", keys), ("ARGV", args))
        for position, local in enumerate(names, start=1)
    )
    source = _used(shared, body) + signature + body
    # SHA-1 is how Redis names a script, not a safeguard.
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(name, source, sha, keys, args)
