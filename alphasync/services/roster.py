"""Who is here: what the devices of an account are told of each other.

The list is kept by the scripts that register devices and miss them. Of many changes at once they
tell no more than so many; the rest is told from here, a moment later, as one list.
"""

import asyncio
from typing import Literal

from msgspec import UNSET

from alphasync.domain import events
from alphasync.domain.devices import Owner
from alphasync.domain.identity import Identity
from alphasync.protocol import packets
from alphasync.store import keys
from alphasync.store.retries import until_redis_answers
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.device_calls import devices_announce, devices_tell
from alphasync.tasks import Tasks

EMAIL_MAX = 254
"""Characters of an operator's address, as in RFC 5321: each device is told of it."""

JOINED_HEAD = packets.opening(events.DeviceJoined)
UPDATED_HEAD = packets.opening(events.DeviceUpdated)
ALL_HEAD = packets.opening(events.DevicesChanged)


LeftReason = Literal["left", "lost", "signed_out"]


def left_head(reason: LeftReason) -> str:
    return packets.head(events.DeviceLeft(reason=reason))


def owner(who: Identity) -> str:
    """The members of an object that say whose a device is. Where one operator is the account, all
    know their address."""
    email = who.email[:EMAIL_MAX] if who.team and who.email else UNSET
    return packets.members(Owner(operator_id=who.operator_id, email=email))


class Roster:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._due: set[str] = set()
        self._tellers = Tasks()

    def tell_later(self, account: str, wait: int) -> None:
        """Tell in so many ms of what was too much to be told by itself; 0: nothing was."""
        if wait > 0 and account not in self._due:
            self._due.add(account)
            self._tellers.spawn(self._tell(account, wait), f"tell who is here {account}")

    async def close(self) -> None:
        """What is untold then is told with the next change."""
        await self._tellers.close()

    async def tell(self, account: str) -> int:
        """Tell of what is untold; returns the ms after which to ask again, or 0."""
        answer = await self._scripts.call(devices_tell(keys.of_account(account), all_head=ALL_HEAD))
        return answer.number(1) if answer.outcome == "WAIT" else 0

    async def announce(self, account: str) -> None:
        """Tell the whole list, whatever was told: after the account's log has gone, all devices
        start from a fresh snapshot by it."""
        await self._scripts.call(devices_announce(keys.of_account(account), all_head=ALL_HEAD))

    async def _tell(self, account: str, wait: int) -> None:
        await asyncio.sleep(wait / 1000)
        self._due.discard(account)  # what comes from here on may have to be told later again
        self.tell_later(account, await until_redis_answers(self.tell, account))
