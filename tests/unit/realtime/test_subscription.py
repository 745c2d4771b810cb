"""A subscription's proof that its line is alive, while Redis is slow to publish the probes."""

import asyncio
from typing import NoReturn, cast

import pytest

from alphasync.realtime import subscription as module
from alphasync.realtime.subscription import Subscription
from alphasync.store.redis.channels import Channels, Hear, Message
from alphasync.store.redis.lines import Line
from alphasync.store.redis.pipeline import Argument, Pipeline, Reply
from tests.harness import wait_until


class Silent:
    """Redis, which takes each probe and answers none of them."""

    publishes_with = "PUBLISH"

    def __init__(self) -> None:
        self.probes = 0
        self.hear: Hear | None = None

    def submit(self, *_: Argument) -> asyncio.Future[Reply]:
        self.probes += 1
        return asyncio.get_running_loop().create_future()

    def open(self, hear: Hear) -> Channels:
        self.hear = hear
        return cast(Channels, self)

    async def subscribe(self, *channels: str) -> None: ...

    async def lost(self) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None: ...


async def test_what_comes_in_keeps_it_alive_while_a_probe_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PROBE_INTERVAL", 0.01)
    monkeypatch.setattr(module, "PROBE_TIMEOUT", 1e6)
    redis = Silent()
    line = Line("the line", "tag", lambda _: True, redis.open)
    subscription = Subscription(line, cast(Pipeline, redis), lambda _: (), lambda _: None)
    subscription.start()
    try:
        await wait_until(lambda: redis.probes == 2, what="the second probe waits")

        def until() -> float:
            assert subscription._until is not None
            return subscription._until.when() or 0.0

        assert redis.hear is not None
        before = until()
        redis.hear(Message("message", b"of an account", b""))
        await wait_until(lambda: until() > before, what="it lives on")
        assert redis.probes == 2, "one at a time"
    finally:
        await subscription.close()


class Answering(Silent):
    """Redis, which answers each probe."""

    def submit(self, *_: Argument) -> asyncio.Future[Reply]:
        answer = super().submit()
        answer.set_result(1)
        return answer


async def test_it_says_nothing_while_it_hears_of_renewals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_INTERVAL", 0.001)
    monkeypatch.setattr(module, "RENEWED_FOR", 0.05)
    redis = Answering()
    line = Line("the line", "", lambda _: True, redis.open)
    subscription = Subscription(line, cast(Pipeline, redis), lambda _: (), lambda _: None)
    subscription.start()
    try:
        await wait_until(lambda: redis.probes > 2, what="it says that it lives")
        assert redis.hear is not None
        loop = asyncio.get_running_loop()
        heard_at, before = loop.time(), redis.probes
        own = subscription.probe_channel.encode()
        redis.hear(Message("message", own, module.RENEWED))
        await wait_until(lambda: redis.probes > before + 1, what="no renewal came since")
        assert loop.time() - heard_at >= module.RENEWED_FOR
    finally:
        await subscription.close()
