"""The account's one order, as a server follows it. No I/O here."""

import enum
from collections import deque

import msgspec


class Envelope(msgspec.Struct, frozen=True):
    """An event as it comes from Redis: a finished packet and where it goes."""

    epoch: str
    revision: int
    profile_id: str
    """The profile that it is about, or '' for the whole account."""
    skip: str
    """The device that does not get it, or ''."""
    packet: str


def unparse(envelope: Envelope) -> bytes:
    """The very bytes that an envelope was parsed from."""
    return "\n".join(map(str, msgspec.structs.astuple(envelope))).encode()


def parse(raw: bytes) -> Envelope:
    """Five lines, as ``emit`` in ``log.lua`` writes them; the packet holds no line break."""
    epoch, revision, profile_id, skip, packet = raw.decode().split("\n", 4)
    return Envelope(epoch, int(revision), profile_id, skip, packet)


class Verdict(enum.Enum):
    NEXT = "next"
    """Deliver it."""
    OLD = "old"
    """Delivered before: drop it."""
    GAP = "gap"
    """Something is missing before it, or the log began anew: read the log."""


class Position:
    """The last delivered place, and the last events before it for devices that are joining."""

    __slots__ = ("epoch", "recent", "revision")

    def __init__(self, keep: int) -> None:
        self.epoch = ""
        self.revision = 0
        self.recent: deque[Envelope] = deque(maxlen=keep)

    def judge(self, envelope: Envelope) -> Verdict:
        if envelope.epoch != self.epoch:
            return Verdict.GAP
        if envelope.revision <= self.revision:
            return Verdict.OLD
        return Verdict.NEXT if envelope.revision == self.revision + 1 else Verdict.GAP

    def advance(self, envelope: Envelope) -> None:
        self.revision = envelope.revision
        self.recent.append(envelope)

    @property
    def last(self) -> Envelope | None:
        """The event at the position, where it was delivered here."""
        return self.recent[-1] if self.recent else None

    def jump(self, epoch: str, revision: int) -> None:
        """Go on from a snapshot."""
        self.epoch = epoch
        self.revision = revision
        self.recent.clear()

    def since(self, epoch: str, revision: int) -> list[Envelope] | None:
        """The delivered events after a revision; None where they are not all at hand."""
        if epoch != self.epoch or revision > self.revision:
            return None
        missing = self.revision - revision
        if missing > len(self.recent):
            return None
        return [envelope for envelope in self.recent if envelope.revision > revision]
