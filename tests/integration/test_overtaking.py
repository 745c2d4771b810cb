"""Texts that wait because Redis does not answer yet: the newest of a device and draft is stored."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alphasync import telemetry
from alphasync.gateway.sandbox import start_sandbox
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.realtime.early import TEXT_BYTES
from alphasync.realtime.overtaking import Waiting
from alphasync.realtime.sessions import Session
from alphasync.store.redis import ordered
from alphasync.transport import Take
from alphasync.transport.inbox import Inbox
from tests.harness import PATIENCE, Cluster, Device, Valkey, wait_until
from tests.integration.moving import PackedClient, Pair, moved
from tests.integration.test_drafts import draft, stored, texts

AT_ONCE = 1e-6
"""Of ``typed_wait``: whatever comes while a text is under way waits."""


class Brief(Cluster):
    """One server on a Valkey of its own."""

    valkey: Valkey

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Redis answers nothing meanwhile."""
        self.valkey.pause()
        try:
            yield
        finally:
            self.valkey.resume()


@pytest.fixture
async def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Brief]:
    monkeypatch.setattr(ordered, "ANSWER_TIMEOUT", PATIENCE)
    monkeypatch.setattr(ordered, "STALL_TIMEOUT", PATIENCE)
    valkey = Valkey(tmp_path)
    sandbox = await start_sandbox("127.0.0.1", 0)
    servers = Brief(valkey.url, sandbox)
    servers.valkey = valkey
    try:
        await valkey.start()
        await servers.add_server(typed_wait=AT_ONCE)
        yield servers
    finally:
        await servers.close()
        await sandbox.close()
        valkey.stop()


def line_of(servers: Brief, device: Device) -> tuple[int, Waiting | None]:
    """How many commands of a device wait, and the text that may be overtaken."""
    session = session_of(servers, device)
    return session.early.waiting, session.typing.last


def session_of(servers: Brief, device: Device) -> Session:
    sessions = [each for server in servers.servers for each in server.realtime.sessions]
    return next(each for each in sessions if each.device_id == device.id)


def texts_read_at_once(servers: Brief) -> list[bool]:
    """Of each text that comes from now on, whether it was made a command as it was read."""
    noted: list[bool] = []
    server = servers.servers[0].realtime.server
    take = server.at_once
    assert take is not None

    def note(sid: str, arguments: list[Any]) -> Take | None:
        if arguments[0] == UpdateMessage.event_name:
            noted.append(isinstance(arguments[1], UpdateMessage))
        return take(sid, arguments)

    server.at_once = note
    return noted


def sending(device: Device, *messages: str, **more: Any) -> list[asyncio.Task[dict[str, Any]]]:
    return [
        asyncio.create_task(device.call("updateMessage", {**draft(message), **more}))
        for message in messages
    ]


async def overtaken(servers: Brief, device: Device, count: int) -> None:
    def all_have_come() -> bool:
        _, last = line_of(servers, device)
        return last is not None and len(last.overtaken) == count

    await wait_until(all_have_come, what="the last text waits")


def total() -> float:
    [metric] = telemetry.texts_overtaken.collect()
    return metric.samples[0].value


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_only_the_newest_is_stored(brief: Brief, transport: str) -> None:
    a = await brief.device(transports=[transport])
    b = await brief.device()
    before, at_once = total(), texts_read_at_once(brief)
    with brief.silence():
        calls = sending(a, *map(str, range(100)))
        await overtaken(brief, a, 98)
    first, *others = await asyncio.gather(*calls)
    assert others == [{"ok": True, "revision": first["revision"] + 1}] * 99
    await b.wait_for("messageUpdated", revision=first["revision"] + 1)
    assert texts(b) == ["0", "99"]
    assert await stored(brief) == "99"
    assert total() - before == 98
    assert at_once == [True] * 100


async def test_the_newest_is_stored_while_reading_lags(
    brief: Brief, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However soon Redis answers."""
    await brief.add_server(typed_wait=PATIENCE)
    a = await brief.device(1)
    with brief.silence():
        calls = sending(a, "0")
        await wait_until(lambda: session_of(brief, a).socket.busy, what="a text is under way")
        monkeypatch.setattr(Inbox, "lag", 2 * PATIENCE)
        calls += sending(a, "1", "2")
        await overtaken(brief, a, 1)
    first, *others = await asyncio.gather(*calls)
    assert others == [{"ok": True, "revision": first["revision"] + 1}] * 2


async def test_what_else_a_device_sends_keeps_its_place(brief: Brief) -> None:
    a, b = await brief.pair()
    clear = {"profileId": "123", "type": "chat"}
    with brief.silence():
        calls = sending(a, "0", "1", "2")
        await overtaken(brief, a, 1)
        calls.append(asyncio.create_task(a.call("clearMessage", clear)))
        calls += sending(a, "3", "4")
        await overtaken(brief, a, 1)
        calls += sending(a, "other", profileId="124")
        calls += sending(a, "5")
        await wait_until(lambda: line_of(brief, a)[0] == 5, what="all of them wait")
    assert all(ack["ok"] for ack in await asyncio.gather(*calls))
    await b.wait_for("messageUpdated", message="5")
    seen = [(n, d.get("message")) for n, d in b.events if n in ("messageUpdated", "messageCleared")]
    assert seen == [
        *(("messageUpdated", "0"), ("messageUpdated", "2"), ("messageCleared", None)),
        *(("messageUpdated", "4"), ("messageUpdated", "other"), ("messageUpdated", "5")),
    ]


async def test_one_that_says_what_it_was_made_from_keeps_its_place(brief: Brief) -> None:
    a, b = await brief.pair()
    with brief.silence():
        calls = sending(a, "0", "1")
        await overtaken(brief, a, 0)
        calls += sending(a, "other", profileId="124", base=0)
        calls += sending(a, "2", "3")
        await overtaken(brief, a, 1)
    assert all(ack["ok"] for ack in await asyncio.gather(*calls))
    await b.wait_for("messageUpdated", message="3")
    assert texts(b) == ["0", "1", "other", "3"]


async def test_those_that_say_what_they_were_made_from_wait_for_nothing(brief: Brief) -> None:
    a, b = await brief.pair()
    with brief.silence():
        calls = sending(a, "a", "ab", "abc", base=0)
        odd = await a.call("updateMessage", {**draft("odd"), "odd": 1})
        assert odd["code"] == "invalid_payload"  # so those before it have begun
        assert line_of(brief, a) == (0, None)
    assert all(ack["ok"] for ack in await asyncio.gather(*calls))
    await b.wait_for("messageUpdated", message="abc")


async def test_what_is_refused_takes_nobodys_place(brief: Brief) -> None:
    a, b = await brief.pair()
    with brief.silence():
        calls = sending(a, "0", "1")
        await wait_until(lambda: line_of(brief, a)[0] == 1, what="a text waits")
        for payload in (draft("x" * 10_001), {**draft("2"), "odd": 1}, draft("3", ""), draft("4")):
            refused = payload["message"] != "4"
            call = asyncio.create_task(a.call("updateMessage", payload))
            if refused:
                ack = await call
                assert ack["code"] in ("message_too_long", "invalid_payload")
            else:
                calls.append(call)
        await overtaken(brief, a, 1)
    assert all(ack["ok"] for ack in await asyncio.gather(*calls))
    await b.wait_for("messageUpdated", message="4")
    assert texts(b) == ["0", "4"]


async def test_who_leaves_has_said_it_all_the_same(brief: Brief) -> None:
    a, b = await brief.pair()
    with brief.silence():
        calls = sending(a, "0", "1", "2")
        await overtaken(brief, a, 1)
        await a.drop()
        for call in calls:
            call.cancel()
    await b.wait_for("messageUpdated", message="2")
    assert texts(b) == ["0", "2"]


async def test_one_too_many_is_counted_once(brief: Brief) -> None:
    await brief.add_server(typed_wait=AT_ONCE, event_rate=0.001, event_burst=5)
    a = await brief.device(1)
    limit = telemetry.limits.labels("event_rate_per_device")
    before = limit._value.get()
    with brief.silence():
        calls = sending(a, *map(str, range(5)))
        await overtaken(brief, a, 3)
        for ack in await asyncio.gather(*sending(a, "5", "6")):
            assert ack["code"] == "too_many_requests"
    assert all(ack["ok"] for ack in await asyncio.gather(*calls))
    assert limit._value.get() - before == 2


async def test_a_short_text_has_room_for_a_long_one_in_its_place(brief: Brief) -> None:
    await brief.add_server(typed_wait=AT_ONCE, early_bytes_per_account=1024 * 1024)
    a = await brief.device(1)
    with brief.silence():
        calls = sending(a, "0")
        for _ in range(1024 * 1024 // TEXT_BYTES):
            for profile in ("124", "123"):
                calls += sending(a, "1", profileId=profile)
        done, _ = await asyncio.wait(calls, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert {call.result()["code"] for call in done} == {"too_many_requests"}
    await asyncio.gather(*calls)


async def test_who_goes_to_another_server_and_speaks_messagepack(brief: Brief) -> None:
    """What waits is stored before the session moves; its acknowledgements move with it."""
    await brief.add_server(typed_wait=AT_ONCE)
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        pair = Pair(brief, http, stack)
        client = await pair.client(kind=PackedClient)
        at_once = texts_read_at_once(brief)
        with brief.silence():
            for number in range(5):
                await client.emit("updateMessage", draft(f"{number}"), number)
            moving = asyncio.create_task(client.upgrade())
            await wait_until(lambda: client.ws, what="it asks to go there")
        await moving
        await moved(pair, client)
        await wait_until(lambda: len(client.acks) == 5, what="all are acknowledged")
        first = client.acks[0]["revision"]
        assert [client.acks[number] for number in range(1, 5)] == [
            {"ok": True, "revision": first + 1}
        ] * 4
        assert at_once == [True] * 5
        await client.emit("updateMessage", draft("there"), 5)
        await wait_until(lambda: 5 in client.acks, what="it types there")
    assert await stored(brief) == "there"
