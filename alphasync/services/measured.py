"""The gateway, with a look at the clock: how long each call took, and what came back."""

import asyncio
import re
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from alphasync import telemetry
from alphasync.errors import AlphasyncError
from alphasync.gateway import port

T = TypeVar("T")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class MeasuredGateway:
    """A ``Gateway`` around another one."""

    def __init__(self, inner: port.Gateway) -> None:
        self._inner = inner

    async def login(self, email: str, password: str) -> port.Login:
        return await _measured("login", self._inner.login(email, password))

    async def profiles(self, token: str | None) -> list[port.Profile]:
        return await _measured("profiles", self._inner.profiles(token))

    async def attachments(self, token: str | None, profile_id: str) -> port.Attachments:
        return await _measured("attachments", self._inner.attachments(token, profile_id))

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> port.RecipientPage:
        call = self._inner.recipients(token, profile_id, type, cursor)
        return await _measured("recipients", call)

    async def send(
        self, token: str | None, profile_id: str, message: port.Message, idempotency_key: str
    ) -> port.SendResult:
        call = self._inner.send(token, profile_id, message, idempotency_key)
        return await _measured("send", call)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _measured(name: str, call: Coroutine[Any, Any, T]) -> T:
    began = time.perf_counter()
    outcome = "internal_error"
    try:
        result = await call
        # What came of a send is data: Sent, NotSent, Unknown and so on.
        outcome = _CAPITAL.sub("_", type(result).__name__).lower() if name == "send" else "ok"
        return result
    except AlphasyncError as error:
        outcome = error.code
        raise
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        telemetry.gateway_seconds.labels(name).observe(time.perf_counter() - began)
        telemetry.gateway_answers.labels(name, outcome).inc()
