"""What a server sends is as docs/protocol.schema.json says, and goes to whom it says."""

import functools
import json
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from tests.harness import Cluster, Device, cluster, wait_until

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "protocol.schema.json").read_text()
)
CHAT = {"profileId": "1001", "type": "chat"}
PICTURE = {"title": "Sea", "link": "https://m.example/1", "message_type": "SENT_IMAGE"}
RUN = {**CHAT, "message": "Hello there"}


@functools.cache
def validator(model: str) -> jsonschema.protocols.Validator:
    """Without a look at all definitions, which are a test's of their own: one before each event
    held the event loop for so long that devices lost their connections."""
    own = json.loads(model)
    kind = jsonschema.validators.validator_for(SCHEMA)
    kind.check_schema(own)
    return kind({**own, "$defs": SCHEMA["$defs"]})


def check(model: dict[str, Any], value: object) -> None:
    """Fail unless the value fits, without a field more."""
    validator(json.dumps(model)).validate(value)
    if isinstance(value, dict) and "$ref" in model:
        known = SCHEMA["$defs"][model["$ref"].rpartition("/")[2]]["properties"]
        assert set(value) <= set(known)


def check_events(device: Device) -> None:
    for name, data in device.events:
        check(SCHEMA["events"][name]["payload"], data)


async def call(device: Device, command: str, payload: dict[str, Any] | None = None) -> None:
    """Send a command that is carried out."""
    model = SCHEMA["commands"][command]
    if payload is not None:
        check(model["payload"], payload)
    ack = await device.call(command, payload)
    assert ack.pop("ok") is True, ack
    check(model["acknowledgement"], ack)


async def test_commands_are_answered_and_told_as_the_schema_says(redis_url: str) -> None:
    async with cluster(redis_url, servers=2, send_interval=0.02) as servers:
        a, b = await servers.pair()
        await call(a, "heartbeat")
        await call(a, "updateMessage", RUN)
        await call(a, "clearMessage", CHAT)
        await call(a, "listVersions", CHAT)
        [version] = (await a.call("listVersions", CHAT))["versions"]
        of_it = {**CHAT, "version": version["version"]}
        await call(a, "readVersion", of_it)
        await call(a, "restoreVersion", of_it)
        mail = {"profileId": "1001", "type": "mail"}
        await call(a, "updateAttachments", {**mail, "attachments": [PICTURE], "base": []})
        await call(a, "previewRun", CHAT)
        await call(a, "startProcessing", RUN)
        await call(b, "readRun", CHAT)
        await b.wait_for("processingProgress", 3)
        await call(b, "stopProcessing", CHAT)
        await call(a, "countBlocklist", CHAT)
        await call(a, "listBlocklist", CHAT)
        [messaged, *_] = (await a.call("listBlocklist", CHAT))["recipients"]
        await wait_until(lambda: not any(len(server.pool) for server in servers.servers))
        await call(b, "removeFromBlocklist", {**CHAT, "recipientId": messaged["id"]})
        await call(a, "addDoNotContact", {"recipientId": "nobody", "note": "asked"})
        await call(a, "listDoNotContact", {"find": "NO"})
        await call(a, "removeDoNotContact", {"recipientId": "nobody"})
        await call(a, "clearBlocklist", CHAT)
        await call(a, "startProcessing", RUN)
        await call(b, "stopAllProcessing")
        await call(a, "startProcessing", RUN)
        for device in (a, b):
            await device.wait_for("processingComplete")
        await call(a, "listUncertain", CHAT)
        await call(a, "resolveUncertain", {**CHAT, "action": "leave"})
        late = await servers.device()
        await late.wait_for("messageSync")
        for device in (a, b, late):
            check_events(device)
        check_audience(a, b)


def check_audience(acting: Device, other: Device) -> None:
    """``acting`` alone has typed, and came first: it alone saw the other one join."""
    for name, event in SCHEMA["events"].items():
        if event["to"] == "others":
            assert other.named(name), name
            assert not acting.named(name), name
        elif name == "deviceJoined":
            joined = [data["deviceId"] for data in acting.named(name)]
            assert [data["deviceId"] for data in other.named(name)] == joined[1:]
        elif event["to"] == "all":
            assert len(acting.named(name)) == len(other.named(name)), name


async def test_refusals_are_as_the_schema_says(one_server: Cluster) -> None:
    device = await one_server.device()
    refused: dict[str, dict[str, Any]] = {
        "startProcessing": {**CHAT, "message": "  "},
        "stopProcessing": CHAT,
        "updateMessage": {**CHAT, "message": "x" * 10_001},
        "clearMessage": {**CHAT, "more": 1},
    }
    for command, payload in refused.items():
        ack = await device.call(command, payload)
        assert ack["ok"] is False
        assert ack["code"] in SCHEMA["commands"][command]["errors"]
        assert ack["retryable"] is SCHEMA["errors"][ack["code"]]["retryable"]
    await wait_until(lambda: len(device.named("error")) == len(refused), what="all refusals")
    check_events(device)


async def test_a_lost_device_is_told_as_the_schema_says(redis_url: str) -> None:
    async with cluster(redis_url, servers=2, send_interval=0.02, device_grace=1.0) as servers:
        a, b = await servers.pair()
        await a.start()
        await b.wait_for("processingProgress", 2)
        await a.drop()
        await b.wait_for("deviceReconnecting")
        known = a.last("deviceRegistered")
        back = await servers.device(
            auth={name: known[name] for name in ("deviceId", "resumeToken")}
        )
        await b.wait_for("deviceReconnected")
        await back.close()
        await b.wait_for("processingInterrupted")
        for device in (b, back):
            check_events(device)


@pytest.mark.parametrize("path", ["/api/profiles", "/api/profiles/{profile}/attachments"])
async def test_http_calls_are_answered_as_the_schema_says(one_server: Cluster, path: str) -> None:
    async with aiohttp.ClientSession(one_server.urls[0]) as http:
        credentials = {"email": "demo@example.com", "password": "demo"}
        async with http.post("/api/auth/login", json=credentials) as answer:
            login = await answer.json()
        check(SCHEMA["calls"]["POST /api/auth/login"]["answer"], login)
        bearer = {"Authorization": f"Bearer {login['token']}"}
        async with http.post("/api/auth/refresh", headers=bearer) as answer:
            check(SCHEMA["calls"]["POST /api/auth/refresh"]["answer"], await answer.json())
        handle = {"X-Alpha-Date-Token": login["alphaDateToken"]}
        async with http.get(path.format(profile=login["profiles"][0]), headers=handle) as answer:
            assert answer.status == 200
            check(SCHEMA["calls"][f"GET {path}"]["answer"], await answer.json())
