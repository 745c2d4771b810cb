"""What the cases of each kind got to: those of which none gets anywhere say nothing."""

from collections import Counter
from collections.abc import Collection, Mapping

from alphasync.realtime.handlers import REGISTRY
from alphasync.reference.calls import CALLS
from tests.faults.malformed.layers import LAYERS

Seen = Mapping[tuple[str, str], Counter[str]]
"""How often which outcome, by layer and kind."""
TO_BE_REACHED: dict[str, Mapping[str, Collection[str]]] = {
    "http": {
        "requests": ("200",),
        "pipelined": ("200",),
        "cut off": ("400",),
        "many headers": ("200",),
        "bytes": ("400",),
    },
    "handshakes": {
        "GET plain": ("200",),
        "GET upgrade": ("101",),
        "POST plain": ("400",),
        "OPTIONS plain": ("200",),
        "PUT plain": ("400",),
        "DELETE plain": ("400",),
    },
    "bodies": {"before connecting": ("200",), "connected": ("200",)},
    "frames": {
        "frames": ("goes on",),
        "closing": ("closed",),
        "lengths": ("closed",),
        "cut off": ("goes on",),
        "bytes": ("closed",),
    },
    "packets": {
        "packets": ("closed",),
        "events": ("goes on",),
        "attachments": ("closed",),
        "in a row": ("closed",),
        "texts": ("closed",),
    },
    "packed": {
        "packets": ("goes on",),
        "events": ("goes on",),
        "what JSON has not": ("closed",),
        "cut off": ("closed",),
        "bytes": ("closed",),
        "in a row": ("closed",),
    },
    "credentials": {
        "token": ("refused",),
        **dict.fromkeys(
            ("deviceId", "resumeToken", "deviceName", "epoch", "revision"), ("registered",)
        ),
    },
    # What is no call of ours gets a 404 without a code.
    "calls": dict.fromkeys(
        (call.title for call in CALLS),
        (
            *("200", "unknown_profile", "unknown_session", "unknown_service_token"),
            *("unknown_run", "unknown_event", "unknown_webhook"),
        ),
    ),
    "gateway": {
        **dict.fromkeys(("login", "profiles", "attachments"), ("200",)),
        "recipients": ("ok",),
        "send": ("ok", "ended"),
    },
}
"""Of each kind one of these is seen. Commands are in ``nowhere``."""
STOPPED_AT_THE_EDGE = {"invalid_payload", "closed"}
FOR_NO_OTHER_SERVER = {"subscribePush"}
"""They have to name a key of the server, which no case has: all are refused as misfits."""


def nowhere(seen: Seen) -> list[str]:
    """The kinds of which no case got to where it should."""
    reached = {
        (layer, kind): bool(seen.get((layer, kind), Counter[str]()).keys() & set(wanted))
        for layer, kinds in TO_BE_REACHED.items()
        for kind, wanted in kinds.items()
    }
    for event in REGISTRY:
        outcomes = seen.get(("commands", event), Counter[str]())
        edge = set[str]() if event in FOR_NO_OTHER_SERVER else STOPPED_AT_THE_EDGE
        reached["commands", event] = bool(outcomes.keys() - edge)
    for layer, has in LAYERS.items():
        for kind in has.kinds:
            reached.setdefault((layer, kind), False)
    return [
        f"{layer}, {kind}: {dict(seen.get((layer, kind), {}))}"
        for (layer, kind), got_there in reached.items()
        if not got_there
    ]
