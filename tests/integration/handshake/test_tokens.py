"""Connecting: on which transport, where the token is looked for, and how one is refused."""

import json

import pytest
import socketio

from tests.harness import Cluster, Device, wait_until
from tests.integration.support import check, raw

pytestmark = pytest.mark.any_redis


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


async def test_the_token_in_auth(servers: Cluster) -> None:
    device = await servers.device(token=servers.token())
    check(
        device.last("deviceRegistered"),
        deviceId=str,
        name="Python",
        resumed=False,
        recovered=False,
        resumeToken=str,
        heartbeatInterval=600_000,
        epoch=str,
        revision=1,
        role="admin",
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("transports", [["polling"], ["websocket"]], ids=lambda value: value[0])
async def test_the_token_in_the_header(brisk: Cluster, scheme: str, transports: list[str]) -> None:
    headers = {"Authorization": f"{scheme} {brisk.token()}"}
    device = Device(brisk.urls[0], None, headers=headers, transports=transports)
    await device.connect()
    await device.close()


async def test_auth_goes_before_the_header(one_server: Cluster) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    await one_server.device(headers=bad)
    good = {"Authorization": f"Bearer {one_server.token()}"}
    device = Device(one_server.urls[0], "nonsense", headers=good)
    assert await refusal(device) == INVALID


async def test_the_name_of_a_device(one_server: Cluster) -> None:
    device = await one_server.device(auth={"deviceName": "Anna's phone 📱"})
    assert device.last("deviceRegistered")["name"] == "Anna's phone 📱"
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0.0.0 Safari/537.36"}
    device = await one_server.device(headers=agent)
    assert device.last("deviceRegistered")["name"] == "Chrome on Android"


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
    expired = cluster.tokens.mint("demo", lifetime=-5).token
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


async def test_connect_error_has_the_exact_message(servers: Cluster) -> None:
    for url in servers.urls:
        for offered, message in refused_tokens(servers):
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


async def test_a_token_that_runs_out(one_server: Cluster) -> None:
    token = one_server.tokens.mint("demo", lifetime=3).token
    device = await one_server.device(token=token)
    warning = await device.wait_for("tokenExpiring")
    check(warning, expiresAt=int)
    assert device.client.connected
    await wait_until(lambda: not device.client.connected, what="cut")
