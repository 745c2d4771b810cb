"""Sessions are listed and ended over HTTP, and whoever has one of them is out, on every server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio

from alphasync.errors import StoreUnavailable
from tests.harness import Device, wait_until
from tests.integration.sign_ins.offices import Office, opened, sid_of

CUT_WITHIN = 2.0
"""Seconds until a device of a session that was ended is disconnected."""


@pytest.fixture
async def offices(redis_url: str) -> AsyncIterator[Office]:
    async with opened(redis_url, servers=2) as office:
        yield office


def bearer(login: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {login['token']}"}


async def listed(office: Office, login: dict[str, Any], server: int = 0) -> list[dict[str, Any]]:
    status, body = await office.call("GET", "/api/sessions", server, headers=bearer(login))
    assert status == 200, body
    sessions: list[dict[str, Any]] = body["sessions"]
    return sessions


async def end(office: Office, login: dict[str, Any], what: str = "") -> tuple[int, Any]:
    return await office.call("DELETE", f"/api/sessions{what}", headers=bearer(login))


async def is_out(device: Device) -> None:
    """Disconnected, and told why."""
    await wait_until(lambda: not device.client.connected, within=CUT_WITHIN)
    assert device.last("error")["code"] == "signed_out"
    assert device.parted == "server disconnect", "by which a client does not come back by itself"


async def is_refused(office: Office, login: dict[str, Any], server: int, **auth: str) -> None:
    """It is not let in: before it is connected where the server knows, else before it joins."""
    device = Device(office.cluster.urls[server], login["token"], auth=auth)
    why: list[Any] = []
    device.client.on("connect_error", why.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await device.connect(registered=False)
    assert why == [{"message": "Invalid authentication token", "data": {"code": "signed_out"}}]


async def test_who_is_signed_in_from_where_and_since_when(offices: Office) -> None:
    first, second = await offices.login(), await offices.login("one")
    device = await offices.device(first, 1)
    one, other = await listed(offices, second)
    assert (one["id"], other["id"]) == (sid_of(second), sid_of(first))
    assert (one["current"], other["current"]) == (True, False)
    assert (one["here"], other["here"]) == (False, True)
    assert other["deviceId"] == device.id
    assert other["address"] == "127.0.0.1"
    assert (other["email"], other["operatorId"]) == ("a@b.example", "demo")
    assert other["since"] <= other["lastSeen"] < other["expiresAt"]
    assert one["agent"] == "Python"


async def test_an_ended_one_is_out_everywhere_and_cannot_come_back(offices: Office) -> None:
    stolen, own = await offices.login(), await offices.login()
    away = await offices.device(stolen, 1)
    here, mine = await offices.device(stolen, 0), await offices.device(own, 1)
    offer = {"deviceId": away.id, "resumeToken": away.last("deviceRegistered")["resumeToken"]}
    assert await end(offices, own, f"/{sid_of(stolen)}") == (200, {"status": True, "ended": 1})
    await asyncio.gather(is_out(away), is_out(here))
    left = await mine.wait_for("deviceLeft", deviceId=away.id)
    assert left["reason"] == "signed_out"
    assert (await mine.wait_for("sessionsEnded"))["sessions"] == [sid_of(stolen)]
    for server in (0, 1):
        await is_refused(offices, stolen, server)
        await is_refused(offices, stolen, server, **offer)
    status, body = await offices.refresh(stolen["token"])
    assert (status, body["code"]) == (401, "signed_out")
    assert (await offices.profiles(stolen))[0] == 401
    assert (await offices.call("GET", "/api/sessions", headers=bearer(stolen)))[0] == 401
    assert mine.client.connected
    assert [session["id"] for session in await listed(offices, own)] == [sid_of(own)]


async def test_a_server_that_was_away_learns_it_before_it_lets_anybody_in(offices: Office) -> None:
    stolen, own = await offices.login(), await offices.login()
    assert (await end(offices, own, f"/{sid_of(stolen)}"))[0] == 200
    await offices.cluster.add_server()
    device = Device(offices.cluster.urls[2], stolen["token"])
    await device.connect(registered=False)
    await device.emit("startProcessing", {"profileId": "p1", "type": "chat", "message": "Hello"})
    await is_out(device)
    assert not device.named("deviceRegistered")
    await is_refused(offices, stolen, 2)
    mine = await offices.device(own, 2)
    assert not mine.last("deviceRegistered")["resumed"]
    assert not mine.named("processingStarted")


async def test_all_others_and_then_all(offices: Office) -> None:
    logins = [await offices.login() for _ in range(3)]
    devices = [await offices.device(login, number) for number, login in enumerate(logins)]
    elsewhere = await offices.cluster.device(1)
    assert (await end(offices, logins[0]))[1]["ended"] == 2
    await asyncio.gather(*map(is_out, (*devices[1:], elsewhere)))
    assert devices[0].client.connected
    device = Device(offices.cluster.urls[0], elsewhere._auth["token"])
    await device.connect(registered=False)
    await is_out(device)
    assert (await end(offices, logins[0], "?thisOne=true"))[1]["ended"] == 1
    await is_out(devices[0])


async def test_signing_out_of_this_one(offices: Office) -> None:
    login, other = await offices.login(), await offices.login()
    device, staying = await offices.device(login, 1), await offices.device(other)
    for number in range(2):  # the second time as after a lost answer
        status, _ = await offices.call("POST", "/api/auth/logout", headers=bearer(login))
        assert status == (200, 401)[number]
    await is_out(device)
    assert (await offices.refresh(login["token"]))[1]["code"] == "signed_out"
    assert staying.client.connected
    assert (await end(offices, other, "/current"))[0] == 200
    await is_out(staying)


async def test_what_is_not_there_or_anothers_is_answered_the_same(offices: Office) -> None:
    login = await offices.login()
    stranger = {"token": offices.cluster.token("stranger")}
    answers = [
        await end(offices, stranger, f"/{session}")
        for session in (sid_of(login), "as1.0000000000000000000000", "x", "current")
    ]
    assert {status for status, _ in answers} == {404}
    assert {body["code"] for _, body in answers} == {"unknown_session"}
    assert await listed(offices, stranger) == []
    for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", "/current")):
        assert (await offices.call(method, f"/api/sessions{path}"))[0] == 401
    assert len(await listed(offices, login)) == 1


async def test_what_was_started_with_it_is_interrupted_also_what_needs_no_device(
    redis_url: str,
) -> None:
    async with opened(redis_url, servers=2, settings={"send_interval": 1.0}) as office:
        stolen, own = await office.login(), await office.login()
        device, mine = await office.device(stolen, 1), await office.device(own)
        assert (await device.start("p1", detached=True))["ok"]
        assert (await device.start("p2"))["ok"]
        await mine.wait_for("processingProgress", profileId="p1")
        assert (await end(office, own, f"/{sid_of(stolen)}"))[0] == 200
        for profile in ("p1", "p2"):
            told = await mine.wait_for("processingInterrupted", profileId=profile)
            assert told["code"] == "signed_out"
        assert not mine.named("processingComplete")


async def test_who_signs_out_has_what_needs_no_device_go_on(redis_url: str) -> None:
    async with opened(redis_url, servers=2, settings={"send_interval": 0.1}) as office:
        login, own = await office.login(), await office.login()
        device, mine = await office.device(login, 1), await office.device(own)
        assert (await device.start("p1", detached=True))["ok"]
        assert (await device.start("p2"))["ok"]
        await office.call("POST", "/api/auth/logout", headers=bearer(login))
        await is_out(device)
        told = await mine.wait_for("processingInterrupted", profileId="p2")
        assert told["code"] == "device_disconnected"
        await mine.wait_for("processingComplete", profileId="p1")
        assert office.gateway.used("p1") == {"upstream-all-0"}


async def test_a_server_that_nobody_can_publish_to_is_told_directly(
    offices: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stolen, own = await offices.login(), await offices.login()
    device = await offices.device(stolen, 1)
    deaf = offices.cluster.servers[1].realtime
    monkeypatch.setattr(deaf.sign_offs, "hear", lambda _account, _envelope: None)
    monkeypatch.setattr(deaf, "_deliver", lambda _account, _envelope: None)
    assert (await end(offices, own, f"/{sid_of(stolen)}"))[0] == 200
    await is_out(device)


async def test_a_server_that_is_not_told_directly_reads_it(
    offices: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody() -> set[str]:
        raise StoreUnavailable

    stolen, own = await offices.login(), await offices.login()
    device = await offices.device(stolen, 1)
    monkeypatch.setattr(offices.cluster.servers[0].realtime.sign_offs, "_others", nobody)
    assert (await end(offices, own, f"/{sid_of(stolen)}"))[0] == 200
    await is_out(device)


async def test_nothing_is_started_with_it_until_its_server_hears(
    offices: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes on without a device would go on with the operator's newest login."""

    async def nobody() -> set[str]:
        return set()

    stolen, own = await offices.login(), await offices.login()
    device, mine = await offices.device(stolen, 1), await offices.device(own)
    assert (await mine.start("p2", detached=True))["ok"]
    teller, deaf = (server.realtime for server in offices.cluster.servers)
    monkeypatch.setattr(teller.sign_offs, "_others", nobody)
    monkeypatch.setattr(deaf.sign_offs, "hear", lambda _account, _envelope: None)
    assert (await end(offices, own, f"/{sid_of(stolen)}"))[0] == 200
    about = {"profileId": "p1", "type": "chat"}
    later = {"startAt": (await mine.wait_for("sessionsEnded"))["timestamp"] + 60_000}
    for command, payload in (
        ("startProcessing", {**about, "message": "Hello", "detached": True}),
        ("planRun", {**about, "message": "Hello", **later}),
        ("takeOverProcessing", {**about, "profileId": "p2"}),
    ):
        answer = await device.call(command, payload)
        assert (answer["ok"], answer["code"]) == (False, "signed_out"), command
    assert device.client.connected, "it has not heard"
    assert not mine.named("runPlanned")
    assert not mine.named("processingTakenOver")
    assert {event["profileId"] for event in mine.named("processingStarted")} == {"p2"}
