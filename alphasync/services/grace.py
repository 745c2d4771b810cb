"""Devices whose connection broke: each has a grace to come back, and a timer here that ends it."""

import asyncio
import contextlib

from alphasync.log_subject import Named, about
from alphasync.membership.holdings import Holding
from alphasync.membership.lease_table import Adoption
from alphasync.services.devices import Devices
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

GRACE_MARGIN = 0.02
"""Seconds past the end of a grace: the clock is Redis', the wait is ours."""
ADOPTIONS_DRAIN_TIMEOUT = 12.0
"""Seconds for adopted devices to be put on record at a shutdown: as long as runs have."""


class Graces:
    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._timers = Tasks()
        self._adoptions = Tasks()
        self._stopped = False

    def stop(self) -> None:
        """Let no grace end here any more, nor a new one start: no device can come back."""
        self._stopped = True
        self._timers.cancel()

    def start(self, account: str, device_id: str, session: str, seconds: float) -> None:
        """Interrupt the device's runs after these seconds, unless it is back by then."""
        if self._stopped:
            return
        self._timers.spawn(self._end(account, device_id, session, seconds), f"grace {device_id}")

    def adopt(self, holding: Holding, adoption: Adoption) -> None:
        """Look after a device whose server is gone."""
        self._adoptions.spawn(self._adopt(holding, adoption), f"adopt device {holding.name}")

    async def drain(self) -> None:
        """Wait until what was adopted is on record, but not for a Redis that is away: whoever takes
        over from this server finds it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ADOPTIONS_DRAIN_TIMEOUT):
                await self._adoptions.wait()
        await self._adoptions.close()

    async def close(self) -> None:
        """Stop all timers; other servers take the devices over."""
        await self._adoptions.close()
        await self._timers.close()

    async def _end(self, account: str, device_id: str, session: str, seconds: float) -> None:
        about(Named(account=account, device=device_id))
        while True:  # at least once: at a takeover the grace may be over already
            await asyncio.sleep(seconds + GRACE_MARGIN)
            seconds = await until_redis_answers(
                self._devices.leave, account, device_id, session, away=True
            )
            if seconds <= 0:
                return

    async def _adopt(self, holding: Holding, adoption: Adoption) -> None:
        account, device_id, session = holding.account, holding.name, holding.instance
        about(Named(account=account, device=device_id))
        grace = await until_redis_answers(
            self._devices.lose,
            account,
            device_id,
            session,
            holding.owner,
            silent_since=adoption.silent_since,
            absent_since=adoption.absent_since,
        )
        if grace is not None:
            self.start(account, device_id, session, grace)
        await until_redis_answers(self._devices.forget, account, device_id, session, holding.owner)
