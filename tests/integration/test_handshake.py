"""Connecting: who may, what comes first, and taking an identity up again."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio

from alphasync.domain.identity import Identity
from alphasync.realtime.relay import Relay
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.devices import Devices
from tests.harness import PATIENCE, Cluster, Device, wait_until
from tests.integration.support import by_profile, check, deliveries, raw, snapshot, switch

pytestmark = pytest.mark.any_redis


def revisions(device: Device) -> list[int]:
    """Where the device was after its snapshot, and every place after that."""
    start = device.last("deviceRegistered")["revision"]
    snapshot_events = ("deviceRegistered", "processingStateSync", "messageSync", "error")
    return [start, *(d["revision"] for n, d in device.events if n not in snapshot_events)]


@pytest.mark.parametrize(
    ("transports", "ends_on"),
    [
        (["polling"], "polling"),
        (["websocket"], "websocket"),
        (["polling", "websocket"], "websocket"),
    ],
    ids=["polling", "websocket", "upgrade"],
)
async def test_every_transport(brisk: Cluster, transports: list[str], ends_on: str) -> None:
    a, b = await brisk.pair(transports=transports)
    assert (a.client.transport(), b.client.transport()) == (ends_on, ends_on)
    await a.emit("updateMessage", {"profileId": "1", "type": "chat", "message": "Hi"})
    await b.wait_for("messageUpdated", message="Hi")
    assert (await b.start())["ok"]
    await a.wait_for("processingComplete")


async def test_the_token_in_auth(replicas: Cluster) -> None:
    device = await replicas.device(token=replicas.token())
    check(
        device.last("deviceRegistered"),
        deviceId=str,
        name="",
        resumed=False,
        recovered=False,
        resumeToken=str,
        heartbeatInterval=600_000,
        epoch=str,
        revision=0,
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("transports", [["polling"], ["websocket"]], ids=lambda value: value[0])
async def test_the_token_in_the_header(brisk: Cluster, scheme: str, transports: list[str]) -> None:
    headers = {"Authorization": f"{scheme} {brisk.token()}"}
    device = Device(brisk.urls[0], None, headers=headers, transports=transports)
    await device.connect()
    await device.close()


async def test_auth_goes_before_the_header(one_replica: Cluster) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    await one_replica.device(headers=bad)
    good = {"Authorization": f"Bearer {one_replica.token()}"}
    device = Device(one_replica.urls[0], "nonsense", headers=good)
    assert await refusal(device) == INVALID


async def test_the_name_of_a_device(one_replica: Cluster) -> None:
    device = await one_replica.device(auth={"deviceName": "Anna's phone 📱"})
    assert device.last("deviceRegistered")["name"] == "Anna's phone 📱"


async def refusal(device: Device) -> str:
    """Why the server refused to connect the device."""
    reasons: list[dict[str, str]] = []
    device.client.on("connect_error", reasons.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await device.connect()
    assert len(reasons) == 1
    return reasons[0]["message"]


REQUIRED = "Authentication token required"
INVALID = "Invalid authentication token"


def refused_tokens(cluster: Cluster) -> list[tuple[object, str]]:
    expired = cluster.tokens.mint("demo", lifetime=-5)
    return [
        (None, REQUIRED),
        ({}, REQUIRED),
        ({"token": ""}, REQUIRED),
        ({"token": None}, REQUIRED),
        ({"token": 7}, REQUIRED),
        ({"token": "nonsense"}, INVALID),
        ({"token": cluster.token() + "x"}, INVALID),
        ({"token": expired}, INVALID),
    ]


async def test_connect_error_has_the_exact_message(replicas: Cluster) -> None:
    for url in replicas.urls:
        for offered, message in refused_tokens(replicas):
            async with raw(url) as socket:
                await socket.send("40" + (json.dumps(offered) if offered is not None else ""))
                frame = await socket.frame("44")
                assert json.loads(frame[2:]) == {"message": message}, offered
                assert [f[0] for f in socket.frames] == ["0", "4"], socket.frames


async def test_connect_error_on_polling(brisk: Cluster) -> None:
    for token, message in ((None, REQUIRED), ("nonsense", INVALID)):
        device = Device(brisk.urls[-1], token, transports=["polling"])
        assert await refusal(device) == message
        assert not device.events


async def test_connect_comes_before_any_event_and_device_registered_first(
    replicas: Cluster,
) -> None:
    a = await replicas.device()
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "draft"})
    assert (await a.start())["ok"]
    await a.wait_for("processingComplete")
    async with typing(a):
        for round_ in range(10):
            async with raw(replicas.urls[round_ % len(replicas.urls)]) as socket:
                await socket.register(replicas.token())
                await socket.frame('42["messageUpdated"')
                assert socket.frames[0].startswith("0{")
                assert socket.frames[1].startswith("40{")
                assert socket.frames[2].startswith('42["deviceRegistered"')
                names = [json.loads(frame[2:])[0] for frame in socket.frames[2:]]
                first_update = names.index("messageUpdated")
                assert set(names[1:first_update]) == {"messageSync", "processingStateSync"}
                assert set(names[first_update:]) == {"messageUpdated"}


async def test_a_device_that_joins_amid_events_misses_none(replicas: Cluster) -> None:
    a = await replicas.device(0)
    async with typing(a):
        for number in range(10):
            device = await replicas.device(number)
            await device.wait_for("messageUpdated", count=20)
            places = revisions(device)
            assert all(after == before + 1 for before, after in itertools.pairwise(places)), places
            drafts = device.named("messageSync")
            assert len(drafts) <= 1
            if drafts:
                first = device.named("messageUpdated")[0]
                assert int(first["message"]) == int(drafts[0]["message"]) + 1
            await device.close()


@contextlib.asynccontextmanager
async def typing(device: Device) -> AsyncIterator[None]:
    """Somebody types without a pause: 1, 2, 3..."""
    done = False

    async def keep_typing() -> None:
        for number in itertools.count(1):
            text = {"profileId": "1", "type": "chat", "message": str(number)}
            await device.call("updateMessage", text)
            if done:
                return

    task = asyncio.create_task(keep_typing())
    try:
        yield
    finally:
        done = True
        await task


async def test_the_snapshot_has_one_event_per_run_and_per_draft(replicas: Cluster) -> None:
    await switch(replicas, latency=0.05)
    a = await replicas.device()
    assert (await a.start("1001"))["ok"]
    await a.wait_for("processingComplete")
    assert (await a.start("1005", type="chat"))["ok"]
    await a.wait_for("processingProgress", count=3, profileId="1005")
    text = {"profileId": 7, "type": "mail", "message": "Dear 👋"}
    written = await a.call("updateMessage", text)
    await a.call("updateMessage", {"profileId": "8", "type": "chat", "message": "gone soon"})
    emptied = await a.call("clearMessage", {"profileId": "8", "type": "chat"})

    b = await replicas.device(1)
    await b.call("heartbeat")
    found = by_profile([(n, d) for n, d in b.events if n in ("processingStateSync", "messageSync")])
    assert set(found) == {
        ("processingStateSync", "1001", "chat"),
        ("processingStateSync", "1005", "chat"),
        ("messageSync", "7", "mail"),
        ("messageSync", "8", "chat"),
    }
    started = a.named("processingStarted")
    completed = a.last("processingComplete")
    check(
        found["processingStateSync", "1001", "chat"],
        profileId="1001",
        type="chat",
        isProcessing=False,
        current=10,
        total=10,
        deviceId=a.id,
        startedAt=started[0]["startedAt"],
        isOwnDevice=False,
        operatorId="demo",
        status="completed",
        sent=10,
        skipped=0,
        failed=0,
        uncertain=0,
        message=str,
        revision=completed["revision"],
    )
    running = found["processingStateSync", "1005", "chat"]
    check(
        running,
        profileId="1005",
        type="chat",
        isProcessing=True,
        current=int,
        total=500,
        deviceId=a.id,
        startedAt=started[1]["startedAt"],
        isOwnDevice=False,
        operatorId="demo",
        status="running",
        sent=running["current"],
        skipped=0,
        failed=0,
        uncertain=0,
        message=str,
        revision=int,
    )
    assert running["current"] >= 1
    check(
        found["messageSync", "7", "mail"],
        profileId="7",
        type="mail",
        message="Dear 👋",
        deviceId=a.id,
        timestamp=int,
        isOwnDevice=False,
        revision=written["revision"],
    )
    check(
        found["messageSync", "8", "chat"],
        profileId="8",
        type="chat",
        message="",
        deviceId=a.id,
        timestamp=int,
        isOwnDevice=False,
        revision=emptied["revision"],
    )


async def test_an_empty_account_has_an_empty_snapshot(replicas: Cluster) -> None:
    assert await snapshot(replicas) == (0, [])


async def test_resuming_keeps_the_device(replicas: Cluster) -> None:
    a = await replicas.device(0, auth={"deviceName": "desk"})
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "mine"})
    before = a.last("deviceRegistered")
    await a.drop()
    identity = {"deviceId": a.id, "resumeToken": before["resumeToken"]}
    again = await replicas.device(1, auth=identity)
    registered = again.last("deviceRegistered")
    assert registered["deviceId"] == a.id
    assert registered["resumed"] is True
    draft = await again.wait_for("messageSync")
    assert (draft["message"], draft["isOwnDevice"]) == ("mine", True)


async def test_a_device_that_left_on_purpose_is_forgotten(replicas: Cluster) -> None:
    """Its pair is that of nobody: who brings it is a new device, with the state as it is now."""
    a, witness = await replicas.pair()
    await a.call("updateMessage", {"profileId": "1", "type": "chat", "message": "mine"})
    before = a.last("deviceRegistered")
    await a.close()
    record = f"as:{{o:demo}}:device:{a.id}"
    client = replicas.replicas[0].store.client
    async with asyncio.timeout(PATIENCE):
        while await client.exists(record):
            await asyncio.sleep(0.01)
    offer = {name: before[name] for name in ("deviceId", "resumeToken", "epoch", "revision")}
    again = await replicas.device(1, auth=offer)
    registered = again.last("deviceRegistered")
    assert registered["deviceId"] not in (a.id, witness.id)
    assert (registered["resumed"], registered["recovered"]) == (False, False)
    draft = await again.wait_for("messageSync")
    assert (draft["message"], draft["isOwnDevice"]) == ("mine", False)


@pytest.mark.parametrize("wrong", ["token", "device", "only device", "only token", "types"])
async def test_a_wrong_resume_token_gets_a_new_identity(replicas: Cluster, wrong: str) -> None:
    a = await replicas.device()
    right = a.last("deviceRegistered")["resumeToken"]
    offered: dict[str, object] = {
        "token": {"deviceId": a.id, "resumeToken": right[:-1] + "?"},
        "device": {"deviceId": "0" * 16, "resumeToken": right},
        "only device": {"deviceId": a.id},
        "only token": {"resumeToken": right},
        "types": {"deviceId": [a.id], "resumeToken": {"a": right}},
    }[wrong]
    other = await replicas.device(1, auth=offered)
    registered = other.last("deviceRegistered")
    assert registered["deviceId"] not in (a.id, "0" * 16)
    assert registered["resumed"] is False
    assert a.client.connected


async def test_another_account_cannot_take_an_identity(replicas: Cluster) -> None:
    a = await replicas.device()
    identity = {"deviceId": a.id, "resumeToken": a.last("deviceRegistered")["resumeToken"]}
    thief = await replicas.device(1, token=replicas.token("thief"), auth=identity)
    assert thief.id != a.id
    assert (await a.call("heartbeat"))["ok"]


async def test_a_second_socket_supersedes_the_first(replicas: Cluster) -> None:
    await switch(replicas, latency=0.1)
    a, other = await replicas.pair()
    assert (await a.start())["ok"]
    identity = {"deviceId": a.id, "resumeToken": a.last("deviceRegistered")["resumeToken"]}
    again = await replicas.device(1, auth=identity)
    await wait_until(lambda: not a.client.connected, what="the first one is cut")
    assert a.last("error")["code"] == "superseded"
    assert a.names()[-1] == "error", "it comes before the cut, and nothing after it"
    assert again.id == a.id
    # What the device runs goes on: the device is there.
    stats = (await other.wait_for("processingComplete"))["stats"]
    assert stats["sent"] == 10
    assert not other.named("processingInterrupted")
    assert len(await deliveries(replicas)) == 10
    assert (await again.call("heartbeat"))["ok"]


async def test_a_token_that_runs_out(one_replica: Cluster) -> None:
    token = one_replica.tokens.mint("demo", lifetime=3)
    device = await one_replica.device(token=token)
    warning = await device.wait_for("tokenExpiring")
    check(warning, expiresAt=int)
    assert device.client.connected
    await wait_until(lambda: not device.client.connected, what="cut")


@pytest.mark.parametrize("revision", [True, False, 2**53 + 1, 2**64, -(2**64), 1.5, "\ud83d"])
async def test_an_odd_revision_of_one_client_reaches_no_other(
    one_replica: Cluster, revision: object
) -> None:
    neighbour = await one_replica.device(token=one_replica.token("neighbour"))
    first = await one_replica.device()
    known = first.last("deviceRegistered")
    offer = {name: known[name] for name in ("deviceId", "resumeToken", "epoch")}
    again = await one_replica.device(auth={**offer, "revision": revision})
    assert again.last("deviceRegistered")["deviceId"] == known["deviceId"]
    draft = {"profileId": "1", "type": "chat", "message": "Hi"}
    assert (await neighbour.call("updateMessage", draft))["ok"]
    assert one_replica.replicas[0].store.pipeline.connected


async def test_a_join_that_fails_ends_the_connection_with_a_reason(
    one_replica: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("that nobody has thought of")

    monkeypatch.setattr(Devices, "join", fail)
    device = Device(one_replica.urls[0], one_replica.token(), transports=["websocket"])
    await device.connect(registered=False)
    await device.wait_for("error", code="internal_error")
    await wait_until(lambda: not device.client.connected, what="disconnected")
    await device.close()


@pytest.mark.parametrize("on_purpose", [True, False], ids=["left", "lost"])
async def test_a_farewell_that_fails_leaves_nothing_of_the_session(
    one_replica: Cluster, monkeypatch: pytest.MonkeyPatch, on_purpose: bool
) -> None:
    """No timer of it, no place in the account's relay; the next one is served as ever."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("that nobody has thought of")

    realtime = one_replica.replicas[0].realtime
    with monkeypatch.context() as patch:
        patch.setattr(Devices, "leave" if on_purpose else "lose", fail)
        device = await one_replica.device()
        (session,) = realtime.sessions
        await (device.close() if on_purpose else device.drop())
        await wait_until(lambda: not len(realtime.subscriber), what="nobody follows the account")
    assert not len(realtime.sessions)
    assert session.expiry is not None
    assert session.expiry.cancelled()
    await one_replica.device()


async def test_a_session_that_cannot_be_put_on_record_again_is_cut(
    one_replica: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its device comes back, and is on record then."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("that nobody has thought of")

    device = await one_replica.device()
    realtime = one_replica.replicas[0].realtime
    monkeypatch.setattr(Devices, "restore", fail)
    realtime.restore()
    await wait_until(lambda: not device.client.connected, what="disconnected")
    await wait_until(lambda: not len(realtime.sessions), what="gone")


async def test_a_socket_that_is_still_joining_ends_with_its_token(
    one_replica: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    token = one_replica.tokens.mint("demo", lifetime=3)
    with monkeypatch.context() as patch:
        patch.setattr(Devices, "join", hang)
        device = Device(one_replica.urls[0], token, transports=["websocket"])
        await device.connect(registered=False)
        await wait_until(lambda: not device.client.connected, what="disconnected")
    await device.close()


async def test_a_session_that_is_gone_before_its_turn_is_not_put_on_record(
    one_replica: Cluster, monkeypatch: pytest.MonkeyPatch
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
    gone = Device(one_replica.urls[0], one_replica.token(), transports=["websocket"])
    await gone.connect(registered=False)
    await gone.close()
    sessions = one_replica.replicas[0].realtime.sessions
    await wait_until(lambda: len(sessions) == 0, what="nobody left")
    turn.set()
    await one_replica.device()
    assert len(joins) == 1
