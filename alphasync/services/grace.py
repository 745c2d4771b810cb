"""Devices whose connection broke: each has a grace to come back, and a timer here that ends it."""

import asyncio

from alphasync.services.devices import Devices
from alphasync.store.retries import until_redis_answers
from alphasync.tasks import Tasks

AFTER = 0.02
"""Seconds past the end of a grace: the clock is Redis', the wait is ours."""


class Graces:
    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._timers = Tasks()
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

    async def close(self) -> None:
        """Stop all timers; other replicas take the devices over."""
        await self._timers.close()

    async def _end(self, account: str, device_id: str, session: str, seconds: float) -> None:
        while True:  # at least once: at a takeover the grace may be over already
            await asyncio.sleep(seconds + AFTER)
            seconds = await until_redis_answers(
                self._devices.leave, account, device_id, session, away=True
            )
            if seconds <= 0:
                return
