"""How many events clients may send: those of a device, of an account, of a client address.

What they have used up outlives their connections: who comes back finds it as they left it. It is
kept for each server.
"""

import time

import msgspec

from alphasync import telemetry
from alphasync.domain.identity import Identity
from alphasync.errors import TooManyRequests
from alphasync.realtime.limits import EventLimits, client_network
from alphasync.realtime.sessions import Session
from alphasync.services.acting import device_of
from alphasync.transport import Buckets


class Rest(msgspec.Struct, frozen=True, array_like=True):
    """What a device that goes to another server has left."""

    events: float
    refusals: float


class Level:
    """What one kind of sender may send, each by its name. ``limit``: what it is called."""

    def __init__(self, limit: str, rate: float, burst: int, refusals: int) -> None:
        self.limit = limit
        self.events = Buckets(rate, burst)
        self.refusals = Buckets(rate, refusals)


Asked = list[tuple[Level, str]]
"""Levels, and who is asked at each."""


class EventAllowance:
    """The narrowest level is asked first: a device that goes too far takes nothing of what its
    account has, nor an account of what the others behind its address have."""

    def __init__(self, limits: EventLimits) -> None:
        refusals = limits.refusals
        self._device = Level("event_rate_per_device", limits.rate, limits.burst, refusals)
        rate, burst = limits.account_rate, limits.account_burst
        self._account = Level("event_rate_per_account", rate, burst, max(burst, refusals))
        rate, burst = limits.address_rate, limits.address_burst
        self._address = Level("event_rate_per_address", rate, burst, max(burst, refusals))

    def spend(self, session: Session, count: int) -> None:
        """For an event that counts as so many. Raises TooManyRequests.

        Of a session whose device is not known yet only the account and the address are asked.
        """
        self._spend(self._asked(session), count)

    def spend_late(self, session: Session, count: int) -> None:
        """For an event that came before its device was known. Raises TooManyRequests."""
        self._spend([(self._device, _device(session))], count)

    def spend_call(self, who: Identity, network: str, count: int) -> None:
        """For a command that came over HTTP from this address, as what counts as one. Raises
        TooManyRequests."""
        asked = [
            (self._device, f"{who.account}/{device_of(who)}"),
            (self._account, who.account),
            (self._address, network),
        ]
        self._spend(asked, count)

    def refuse(self, session: Session, count: int) -> bool:
        """Whether an event may simply be refused; otherwise the client does not listen."""
        now = time.monotonic()
        return all(
            level.refusals.of(name, now).acquire(now, count)
            for level, name in (
                (self._device, _device(session)),
                (self._account, session.who.account),
                (self._address, client_network(session.socket.address)),
            )
        )

    def rest(self, session: Session) -> Rest:
        now, name = time.monotonic(), _device(session)
        return Rest(
            events=self._device.events.of(name, now).left(now),
            refusals=self._device.refusals.of(name, now).left(now),
        )

    def lower(self, session: Session, rest: Rest) -> None:
        """A device comes from another server with what it has left there."""
        now, name = time.monotonic(), _device(session)
        self._device.events.of(name, now).lower(now, rest.events)
        self._device.refusals.of(name, now).lower(now, rest.refusals)

    def _asked(self, session: Session) -> Asked:
        account = self._account, session.who.account
        address = self._address, client_network(session.socket.address)
        if not session.device_id:
            return [account, address]
        return [(self._device, _device(session)), account, address]

    @staticmethod
    def _spend(asked: Asked, count: int) -> None:
        lacking = _lacking(asked, count)
        if lacking is not None:
            telemetry.limits.labels(lacking.limit).inc()
            raise TooManyRequests("Too many events, please slow down")


def _lacking(asked: Asked, count: int) -> Level | None:
    """The level that has not enough; None where so many were taken from each."""
    now = time.monotonic()
    for place, (level, name) in enumerate(asked):
        if not level.events.of(name, now).acquire(now, count):
            for narrower, its_name in asked[:place]:
                narrower.events.of(its_name, now).give_back(count)
            return level
    return None


def _device(session: Session) -> str:
    """Its name among the devices of all accounts; while it is not known that of its token."""
    device = session.device_id or f"token:{session.who.token_hash}"
    return f"{session.who.account}/{device}"
