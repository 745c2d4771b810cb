"""Joins and farewells that fail or come too late leave nothing behind."""

import asyncio
from typing import Any

import pytest

from alphasync.domain.identity import Identity
from alphasync.realtime.relay import Relay
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.devices import Devices
from tests.harness import Cluster, Device, wait_until

pytestmark = pytest.mark.any_redis


async def test_a_join_that_fails_ends_the_connection_with_a_reason(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("that nobody has thought of")

    monkeypatch.setattr(Devices, "join", fail)
    device = Device(one_server.urls[0], one_server.token(), transports=["websocket"])
    await device.connect(registered=False)
    await device.wait_for("error", code="internal_error")
    await wait_until(lambda: not device.client.connected, what="disconnected")
    await device.close()


@pytest.mark.parametrize("on_purpose", [True, False], ids=["left", "lost"])
async def test_a_farewell_that_fails_leaves_nothing_of_the_session(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch, on_purpose: bool
) -> None:
    """No timer of it, no place in the account's relay; the next one is served as ever."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("that nobody has thought of")

    realtime = one_server.servers[0].realtime
    with monkeypatch.context() as patch:
        patch.setattr(Devices, "leave" if on_purpose else "lose", fail)
        device = await one_server.device()
        (session,) = realtime.sessions
        await (device.close() if on_purpose else device.drop())
        await wait_until(lambda: not len(realtime.subscriber), what="nobody follows the account")
    assert not len(realtime.sessions)
    assert session.expiry is not None
    assert session.expiry.cancelled()
    await one_server.device()


async def test_a_session_that_cannot_be_put_on_record_again_is_cut(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its device comes back, and is on record then."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("that nobody has thought of")

    device = await one_server.device()
    realtime = one_server.servers[0].realtime
    monkeypatch.setattr(Devices, "restore", fail)
    realtime.reclaim("a name that it had")
    await wait_until(lambda: not device.client.connected, what="disconnected")
    await wait_until(lambda: not len(realtime.sessions), what="gone")


@pytest.mark.slow
async def test_a_socket_that_is_still_joining_ends_with_its_token(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    token = one_server.tokens.mint("demo", lifetime=3).token
    with monkeypatch.context() as patch:
        patch.setattr(Devices, "join", hang)
        device = Device(one_server.urls[0], token, transports=["websocket"])
        await device.connect(registered=False)
        await wait_until(lambda: not device.client.connected, what="disconnected")
    await device.close()


async def test_a_session_that_is_gone_before_its_turn_is_not_put_on_record(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins: list[str] = []
    join, find, follow = Devices.join, Devices.find, Subscriber.follow
    turn = asyncio.Event()

    async def counted(self: Devices, who: Identity, session: str, *rest: Any) -> Any:
        joins.append(session)
        return await join(self, who, session, *rest)

    async def found(self: Devices, who: Identity, session: str, *rest: Any) -> Any:
        joins.append(session)
        return await find(self, who, session, *rest)

    async def in_turn(self: Subscriber, relay: Relay) -> None:
        await turn.wait()
        await follow(self, relay)

    monkeypatch.setattr(Devices, "join", counted)
    monkeypatch.setattr(Devices, "find", found)
    monkeypatch.setattr(Subscriber, "follow", in_turn)
    gone = Device(one_server.urls[0], one_server.token(), transports=["websocket"])
    await gone.connect(registered=False)
    await gone.close()
    sessions = one_server.servers[0].realtime.sessions
    await wait_until(lambda: len(sessions) == 0, what="nobody left")
    turn.set()
    await one_server.device()
    assert len(joins) == 1
