"""What each key of an account is, and what of it is taken out.

The patterns are those of the table in keys.py; a test holds the two together, so that nothing new
is left out without a reason.
"""

import re
from typing import Literal, NamedTuple

Shape = Literal["record", "entries", "notes", "documents", "values"]
"""How a key becomes lines: ``record``: one line, with all of it; ``entries``: a line for each part;
``notes``: the same, where a part is what is remembered of a recipient; ``documents``: the same,
where it is JSON; ``values``: the same, where what a name has is JSON."""

_INDEX = "names keys that are here themselves"
_NOW = "is only about this moment"


class Kind(NamedTuple):
    name: str
    pattern: str
    """Behind the account's tag."""
    shape: Shape = "record"
    hidden: frozenset[str] = frozenset()
    """Fields that are secrets, or prove who somebody is."""
    left_out: str = ""
    """Why it is not taken out."""
    stays: str = ""
    """Why it is not erased."""


KINDS: tuple[Kind, ...] = (
    Kind("account", "meta"),
    Kind("event", "log", "entries"),
    Kind("lock", "lock:<type>:<profile>", left_out=_NOW),
    Kind("run", "run:<type>:<profile>"),
    Kind("draft", "draft:<type>:<profile>"),
    Kind("version", "drafts:heads:<type>:<profile>", "documents"),
    Kind("versionText", "drafts:texts:<type>:<profile>", "entries"),
    Kind("edit", "drafts:edits:<type>:<profile>", "entries"),
    Kind("versionIndex", "drafts:versions", left_out=_INDEX),
    Kind("versionSizes", "drafts:bytes", left_out="counts what is here itself"),
    Kind("device", "device:<id>", hidden=frozenset({"proof", "token"})),
    Kind("devicesAway", "devices:missing:<token>", left_out=_NOW),
    Kind("devicesNew", "devices:new:<token>", left_out=_NOW),
    Kind("deviceListed", "devices:roster", "entries"),
    Kind("devicesTold", "devices:told", left_out=_NOW),
    Kind("messaged", "sent:<type>:<profile>", "entries"),
    Kind("runStart", "starts:<type>:<profile>", "documents"),
    Kind("messagedUntil", "tally:<type>:<profile>"),
    Kind("uncertain", "uncertain:<type>:<profile>", "notes"),
    Kind("failedOrder", "failed:<type>:<profile>", left_out="orders what is here itself"),
    Kind("failed", "reasons:<type>:<profile>", "notes"),
    Kind("doNotContact", "never", "entries"),
    Kind("doNotContactNote", "never:notes", "entries"),
    Kind("plan", "plan:<type>:<id>:<profile>"),
    Kind("runIndex", "runs", left_out=_INDEX),
    Kind("draftIndex", "drafts", left_out=_INDEX),
    Kind("deviceIndex", "devices", left_out=_INDEX),
    Kind("runningIndex", "runs:running", left_out=_INDEX),
    Kind("planIndex", "runs:planned", left_out=_INDEX),
    Kind("signIn", "signin:<id>", hidden=frozenset({"token", "origin", "secret"})),
    Kind("serviceTokenIndex", "tokens", left_out=_INDEX),
    Kind("signInIndex", "signins:<operator>", left_out=_INDEX),
    Kind("signInIndexOfAll", "signins", left_out=_INDEX),
    Kind("signOut", "signouts:<operator>", stays="else the tokens of ended logins were good again"),
    Kind("push", "pushes", left_out="is where devices are reached, with secrets of theirs"),
    Kind("webhookIndex", "webhooks", left_out=_INDEX),
    Kind("webhook", "webhook:<id>", hidden=frozenset({"secret"})),
    Kind("webhookWaiting", "webhooks:outbox", "entries"),
    Kind("webhookTry", "webhooks:tries:<id>", "entries"),
    Kind("webhookSender", "webhooks:sender", left_out=_NOW),
    Kind("record", "audit", "entries", hidden=frozenset({"origin"})),
    Kind("historyIndex", "history", left_out="orders what is here itself"),
    Kind("pastRun", "history:runs", "values"),
    Kind("pastRunText", "history:texts", "entries"),
    Kind("historySize", "history:kept", left_out="counts what is here itself"),
    Kind("pastRunFailed", "history:failed:<id>", "notes"),
    Kind("pastRunUncertain", "history:uncertain:<id>", "notes"),
    Kind("figures", "analytics", "values"),
    Kind("figuresOfToday", "analytics:today", "entries"),
    Kind("figuresOpen", "analytics:open", left_out=_NOW),
    Kind("figuresWhy", "analytics:why:<id>", left_out=_NOW),
    Kind("answer", "answers", left_out="repeats what was told"),
    Kind("answerTimes", "answers:times", left_out=_INDEX),
    Kind("refusals", "refused:<operator>", left_out=_NOW),
    Kind("upstream", "upstream:<operator>", left_out="is the backend's token, a secret"),
)

OTHER = Kind("other", "", "entries")
"""What is in none of the patterns: another version's."""

HIDDEN = OTHER._replace(name="otherSecret", left_out="is a secret by its name")
"""Of those what is called a secret, whatever is in it."""

SECRET = re.compile(r"token|secret|proof|password|hash", re.IGNORECASE)
"""Keys of another version, and fields of its keys, that are not taken out."""

_PARTS = {"type": "(?P<type>chat|mail)", "id": "(?P<id>[^:]+)"}
_NAMED = {"type": "type", "profile": "profileId", "id": "id", "operator": "operatorId"}


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"<(\w+)>", pattern)
    text = "".join(
        _PARTS.get(part, f"(?P<{part}>.+)") if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
    return re.compile(text, re.DOTALL)


_EXPRESSIONS = [(kind, _expression(kind.pattern)) for kind in KINDS]


def kind_of(name: str) -> tuple[Kind, dict[str, str]]:
    """The kind of a key, and what its name says: ``name`` is what stands behind the tag."""
    for kind, expression in _EXPRESSIONS:
        if match := expression.fullmatch(name):
            said = match.groupdict().items()
            return kind, {_NAMED[part]: value for part, value in said if part in _NAMED}
    return (HIDDEN if SECRET.search(name) else OTHER), {"key": name}
