"""The event log of an account."""

import msgspec

from alphasync.store import keys
from alphasync.store.scripts import Scripts


class Lost(msgspec.Struct, frozen=True):
    """The log does not reach back that far, or it is another log: only a snapshot helps."""

    epoch: str
    revision: int


def packet_of(envelope: bytes) -> str:
    """The event's packet, which is the last of the envelope's lines (see ``emit`` in _lib.lua)."""
    return envelope.split(b"\n", 4)[4].decode()


class Log:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def after(
        self, account: str, epoch: str, revision: int, last: bytes = b""
    ) -> list[bytes] | Lost:
        """All envelopes after a revision, in order.

        ``last``: the envelope that this replica has delivered at the revision. A log that has
        another one there, or does not reach the revision, is begun anew.
        """
        names = keys.of_account(account)
        found: list[bytes] = []
        while True:
            answer = await self._scripts.call(
                "log_read",
                {"meta": names.meta, "log": names.log},
                {"known_epoch": epoch, "after": revision + len(found), "last": last},
            )
            if answer.outcome == "LOST":
                return Lost(answer.text(1), answer.number(2))
            found += [envelope.encode() for envelope in answer.texts(3)]
            if answer.outcome == "OK":
                return found
            last = found[-1]
