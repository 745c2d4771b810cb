"""Loading the Lua scripts in ``lua/``.

The header of a script is its signature: the names after ``KEYS:`` and ``ARGV:`` become its local
variables, and a caller passes them by those names.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from alphasync.store.scripts.limits import (
    LOG_LENGTH,
    LOG_TTL,
    META_TTL,
    PAGE_BYTES,
    PAGE_ENDS,
    PAGE_PRUNED,
    PAGE_RECORDS,
    RETRY_TTL,
    REVISION_JUMP,
    TRIES_MAX,
    UNCERTAIN_BYTES,
    UNCERTAIN_LISTED,
    Lifetimes,
)

_HEADER = re.compile(r"^-- (KEYS|ARGV):(.*)$", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:--.*\n)*local function (\w+)\((?s:.*?)^end\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    source: str
    sha: str
    keys: tuple[str, ...]
    args: tuple[str, ...]


def load(lifetimes: Lifetimes, publish: str = "PUBLISH") -> dict[str, Script]:
    """All scripts by name (the file's name without its ending); ``publish`` is the command that
    they publish events with."""
    folder = files("alphasync.store.scripts") / "lua"
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
