"""Loading the Lua scripts in ``lua/``.

The header of a script is its signature: the names after ``KEYS:`` and ``ARGV:`` become its local
variables. It must agree with the function that declares the script to Python. The names after
``USES:`` are those of the shared functions, in ``lua/shared/``, that it calls; each of these says
in the same way what it calls itself.
"""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import takewhile
from operator import attrgetter
from typing import Any

from alphasync.domain.plans import PLAN_AHEAD_MAX, PLAN_LEAD_MIN
from alphasync.domain.written import HEARD_TIMEOUT
from alphasync.store.redis.functions import Library
from alphasync.store.scripts import (
    account_calls,
    device_calls,
    limits,
    login_calls,
    plan_calls,
    run_calls,
    server_calls,
    token_calls,
    webhook_calls,
)
from alphasync.store.scripts.declaring import Declared, declared_in
from alphasync.store.scripts.limits import Lifetimes

FOLDER = files("alphasync.store.scripts") / "lua"
SHARED = (
    *("basics", "log", "device", "audit", "roster", "plan", "snapshot", "versions"),
    *("lists", "listed", "blocklist", "history", "analytics", "outbox", "run"),
    *("draft", "signin"),
)
"""In this order: a function may call those in front of it."""

AS_FUNCTIONS = ("device_join", "draft_set", "run_step")
"""Those that are called most. Each of them writes: Redis refuses a function beforehand where it
takes no writes, where a script that only reads is carried out. Few: what a call leaves behind is
collected beside all functions of the library, and with all scripts in it nothing is gained."""
LIBRARY = "alphasync"
BEGIN = "begin(ARGV)\n"

_HEADER = re.compile(r"^-- (KEYS|ARGV|USES):(.*)$", re.MULTILINE)
_FUNCTION = re.compile(r"^(?:--.*\n)*local function (\w+)\((?s:.*?)^end\n", re.MULTILINE)
_NAME = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
_COMMENT = re.compile(r"^ *--.*\n|^\n", re.MULTILINE)


class Mismatch(TypeError):
    """The header of a script and the function that declares it do not agree."""


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    source: str
    sha: str
    body: str
    """Without the shared functions, and what each call begins with."""
    uses: tuple[str, ...]
    keys: tuple[str, ...]
    known: Callable[[Any], tuple[Any, ...]]
    """The values of the keys, and of the first arguments, which the same object has."""
    args: tuple[str, ...]
    """The names of the other arguments."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The shared functions by name, in order, and what stands in front of them."""

    prelude: str
    """The variables that they share, and ``begin``, which gives them their values."""
    functions: Mapping[str, str]
    constants: dict[str, str] = field(default_factory=dict)

    def used(self, names: Iterable[str]) -> str:
        """Only what is needed: Lua makes each function anew when a script is run, which was a
        twelfth of what a short one takes. Raises KeyError for a name that there is not."""
        wanted = set[str]()
        open_ = list(names)
        while open_:
            name = open_.pop()
            if name not in wanted:
                wanted.add(name)
                open_ += header(self.functions[name])["USES"]
        needed = (text for name, text in self.functions.items() if name in wanted)
        return self.prelude + "".join(needed)

    def with_values(self, text: str) -> str:
        """A text with the values of the constants in the place of their names. As local variables
        they were made anew for each call, and each function had to find those that it uses: a
        twentieth of what a key stroke takes."""
        return _NAME.sub(lambda name: self.constants.get(name[0], name[0]), text)


def load(lifetimes: Lifetimes, publish: str = "PUBLISH") -> dict[str, Script]:
    """All scripts by name (the file's name without its ending); ``publish`` is the command that
    they publish events with. Raises Mismatch."""
    declared = declared_in(
        *(account_calls, device_calls, login_calls, plan_calls, run_calls, server_calls),
        *(token_calls, webhook_calls),
    )
    bodies = {
        file.name.removesuffix(".lua"): file.read_text()
        for file in FOLDER.iterdir()
        if file.name.endswith(".lua")
    }
    if bodies.keys() != declared.keys():
        raise Mismatch(f"with a file or a function only: {sorted(bodies.keys() ^ declared.keys())}")
    shared = _shared(constants(lifetimes, publish))
    return {name: _script(declared[name], body, shared) for name, body in bodies.items()}


def library(scripts: dict[str, Script], lifetimes: Lifetimes, publish: str = "PUBLISH") -> Library:
    """Those that are called most, as functions. ``lifetimes`` and ``publish`` as for ``load``."""
    wanted = [scripts[name] for name in AS_FUNCTIONS]
    # SHA-1 as for the scripts.
    digest = hashlib.sha1(usedforsecurity=False)
    for script in wanted:
        digest.update(script.sha.encode())
    own = f"{LIBRARY}_{digest.hexdigest()}"
    shared = _shared(constants(lifetimes, publish))
    text = shared.used({name for script in wanted for name in script.uses})
    source = shared.with_values(_COMMENT.sub("", text)) + "".join(
        f"redis.register_function('{own}_{script.name}', function(KEYS, ARGV)\n"
        f"{BEGIN}{script.body}end)\n"
        for script in wanted
    )
    source += (
        f"redis.register_function{{function_name='{own}', callback=function() return 1 end, "
        "flags={'no-writes'}}\n"
    )
    functions = {script.sha: f"{own}_{script.name}" for script in wanted}
    return Library(LIBRARY, digest.hexdigest(), source, own, functions)


def constants(lifetimes: Lifetimes, publish: str = "PUBLISH") -> dict[str, str]:
    """What stands in a script for each name in capitals."""
    log_renewed = limits.LOG_TTL * limits.RENEWED_SHARE
    draft_renewed = min(lifetimes.draft, limits.EDITS_TTL) * limits.RENEWED_SHARE
    milliseconds = {
        "LOG_TTL": limits.LOG_TTL + log_renewed,
        "LOG_RENEWED": log_renewed,
        "META_TTL": log_renewed
        + max(limits.META_TTL, lifetimes.run + 3600, lifetimes.draft + 3600),
        "EDITS_TTL": limits.EDITS_TTL + draft_renewed,
        "DRAFT_RENEWED": draft_renewed,
        "PLAN_TTL": limits.PLAN_TTL,
        "REFUSALS_TTL": limits.REFUSALS_TTL,
        "WEBHOOK_WAITING_TTL": limits.WEBHOOK_WAITING_TTL,
        "ANSWERS_TTL": limits.ANSWERS_TTL,
        "ANSWER_TIMEOUT": limits.ANSWER_TIMEOUT,
        "RETRY_TTL": limits.RETRY_TTL,
        "FAILED_TTL": max(limits.FAILED_TTL, lifetimes.run),
        "VERSION_PAUSE": limits.VERSION_PAUSE,
        "DEVICE_EVENTS_INTERVAL": limits.DEVICE_EVENTS_INTERVAL,
        "DEVICE_LISTED_INTERVAL": limits.DEVICE_LISTED_INTERVAL,
        "LOCK_TTL": lifetimes.lock,
        "RUN_TTL": lifetimes.run,
        "RUNNING_TTL": max(limits.RUNNING_TTL, lifetimes.run) + limits.RUN_RENEWED,
        "RUN_RENEWED": limits.RUN_RENEWED,
        "DRAFT_TTL": lifetimes.draft + draft_renewed,
        "DEVICE_TTL": lifetimes.device * (1 + limits.RENEWED_SHARE),
        "DEVICE_RENEWED": lifetimes.device * limits.RENEWED_SHARE,
        "SENT_TTL": lifetimes.sent,
        "SENT_RENEWED": min(limits.SENT_RENEWED, lifetimes.sent * limits.RENEWED_SHARE),
        "AUDIT_TTL": lifetimes.audit,
        "HISTORY_TTL": lifetimes.history,
        "HISTORY_RENEWED": limits.HISTORY_RENEWED,
        "ANALYTICS_TTL": lifetimes.analytics,
    }
    numbers = {
        "LOG_EVENTS_MAX": limits.LOG_EVENTS_MAX,
        "LOG_CUT_EVERY": limits.LOG_CUT_EVERY,
        "REVISION_JUMP": limits.REVISION_JUMP,
        "DEVICE_EVENTS_MAX": limits.DEVICE_EVENTS_MAX,
        "TRIES_MAX": limits.TRIES_MAX,
        "PAGE_RECORDS_MAX": limits.PAGE_RECORDS_MAX,
        "PAGE_BYTES_MAX": limits.PAGE_BYTES_MAX,
        "EDITS_READ_MAX": limits.EDITS_READ_MAX,
        "EDITS_BYTES_MAX": limits.EDITS_BYTES_MAX,
        "EDIT_OVERHEAD": limits.EDIT_OVERHEAD,
        "HEARD_TIMEOUT": HEARD_TIMEOUT,
        "PAGE_ENDS_MAX": limits.PAGE_ENDS_MAX,
        "PAGE_PRUNED_MAX": limits.PAGE_PRUNED_MAX,
        "PAGE_SEARCHED_MAX": limits.PAGE_SEARCHED_MAX,
        "STARTS_MAX": limits.STARTS_MAX,
        "UNCERTAIN_LISTED_MAX": limits.UNCERTAIN_LISTED_MAX,
        "UNCERTAIN_BYTES_MAX": limits.UNCERTAIN_BYTES_MAX,
        "FAILED_PAGE_MAX": limits.FAILED_PAGE_MAX,
    }
    numbers |= {
        "AUDIT_MAX": lifetimes.audit_max,
        "AUDIT_SEARCHED_MAX": limits.AUDIT_SEARCHED_MAX,
        "HISTORY_MAX": lifetimes.history_max,
        "HISTORY_BYTES": lifetimes.history_bytes,
        "HISTORY_SEARCHED_MAX": limits.HISTORY_SEARCHED_MAX,
        "HISTORY_DROPPED_MAX": limits.HISTORY_DROPPED_MAX,
        "HISTORY_UNCERTAIN_MAX": limits.HISTORY_UNCERTAIN_MAX,
        "HISTORY_WORDS_MAX": limits.HISTORY_WORDS_MAX,
        "HISTORY_OVERHEAD": limits.HISTORY_OVERHEAD,
        "HISTORY_PERSON": limits.HISTORY_PERSON,
        "ANALYTICS_NAMES_MAX": lifetimes.analytics_names,
        "ANALYTICS_REASON_MAX": limits.ANALYTICS_REASON_MAX,
        "ANALYTICS_REASONS_MAX": limits.ANALYTICS_REASONS_MAX,
        "WEBHOOK_WAITING_MAX": limits.WEBHOOK_WAITING_MAX,
        "WEBHOOK_ASKED_MAX": limits.WEBHOOK_ASKED_MAX,
        "VERSION_WORDS_MAX": limits.VERSION_WORDS_MAX,
        "VERSION_OVERHEAD": limits.VERSION_OVERHEAD,
        "VERSIONS_DROPPED_MAX": limits.VERSIONS_DROPPED_MAX,
        "PLAN_LEAD_MIN": PLAN_LEAD_MIN,
        "PLAN_AHEAD_MAX": PLAN_AHEAD_MAX,
    }
    numbers |= {name: round(seconds * 1000) for name, seconds in milliseconds.items()}
    values = {name: str(number) for name, number in numbers.items()}
    return values | {"PUBLISH_WITH": f"'{publish}'"}


def _shared(values: dict[str, str]) -> Shared:
    return Shared((FOLDER / "shared" / "prelude.lua").read_text(), _functions(), values)


@functools.cache  # scripts and library have them both
def _functions() -> Mapping[str, str]:
    functions = dict[str, str]()
    for part in SHARED:
        text = (FOLDER / "shared" / f"{part}.lua").read_text()
        functions |= {match[1]: match[0] for match in _FUNCTION.finditer(text)}
    return functions


def _script(declared: Declared[...], body: str, shared: Shared) -> Script:
    said = header(body)
    keys, args = said["KEYS"], said["ARGV"]
    signature = "".join(
        f"local {local} = {table}[{position}]\n"
        for table, names in (("KEYS", keys), ("ARGV", args))
        for position, local in enumerate(names, start=1)
    )
    # Comments are for us; each connection would be sent them.
    own = shared.with_values(_COMMENT.sub("", signature + body))
    source = shared.with_values(_COMMENT.sub("", shared.used(said["USES"]))) + BEGIN + own
    # SHA-1 is how Redis names a script, not a safeguard.
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    known = [*keys, *takewhile(lambda name: name not in declared.args, args)]
    given = tuple(args[len(known) - len(keys) :])
    if not declared.known.issuperset(known) or declared.args != set(given):
        raise Mismatch(
            f"{declared.name} takes {said}, its function {sorted(declared.args)}, "
            f"and its keys are {sorted(declared.known)}"
        )
    uses = tuple(said["USES"])
    return Script(declared.name, source, sha, own, uses, tuple(keys), _getter(known), given)


def header(text: str) -> dict[str, list[str]]:
    """The names behind KEYS, ARGV and USES."""
    found = {"KEYS": list[str](), "ARGV": list[str](), "USES": list[str]()}
    return found | {kind: names.split() for kind, names in _HEADER.findall(text)}


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) == 1:
        return lambda keys: (getattr(keys, names[0]),)
    return attrgetter(*names)
