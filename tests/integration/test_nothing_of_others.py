"""Whatever one account asks for of another's, it is told what it would be told if that were not."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alphasync.gateway.sandbox.cast import default_people
from alphasync.gateway.sandbox.people import Account, People
from alphasync.protocol.commands import Command
from alphasync.reference.calls import CALLS
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.web.accounts import HANDLE_HEADER
from tests.harness import Cluster, Device, cluster, wait_until
from tests.unit.protocol.payloads import NEEDED

PROFILE = "1001"
ABOUT = {"profileId": PROFILE, "type": "chat"}
NEW = {"runId", "planId", "revision", "startedAt", "timestamp", "epoch"}
"""What is never twice the same in an answer."""
LAST = ("updateMessage", "startProcessing", "planRun")
"""The other commands would find what these make."""


class Things(dict[str, Any]):
    """Ids of what an account has: by the fields of commands and the places in paths."""


def nobodys() -> Things:
    return Things(
        profileId=PROFILE,
        planId=secrets.token_hex(8),
        deviceId=secrets.token_hex(8),
        version=2**40,
        recipientId="somebody",
        session=secrets.token_hex(16),
        proof=secrets.token_urlsafe(24),
        token="ast.0123456789abcdef",
        webhook=f"wh_{secrets.token_hex(8)}",
        attempt="1-1",
        run=secrets.token_hex(8),
    )


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def servers(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """At whose gateway the others can sign in, too, and have no profile."""
    others = [Account(address_of(name), "demo", f"{name}-0", {}) for name in ("early", "later")]
    people = People.of([*default_people().accounts, *others])
    async with cluster(redis_url, servers=request.param, people=people) as running:
        yield running


def address_of(name: str) -> str:
    return f"{name}@example.com"


async def signed_in(servers: Cluster, email: str) -> dict[str, Any]:
    url = f"{servers.urls[0]}/api/auth/login"
    credentials = {"email": email, "password": "demo"}
    async with aiohttp.ClientSession() as http, http.post(url, json=credentials) as answer:
        found: dict[str, Any] = await answer.json()
        assert answer.status == 200, found
        return found


async def furnished(servers: Cluster) -> tuple[Device, Things]:
    """An account with something of everything, a run that goes on among it, and the ids of it."""
    token = (await signed_in(servers, "demo@example.com"))["token"]
    url, headers = f"{servers.urls[0]}/api/sessions", {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.get(url) as listed:
            session = (await listed.json())["sessions"][0]["id"]
        backend = {"name": "secret backend", "role": "admin"}
        async with http.post(f"{servers.urls[0]}/api/tokens", json=backend) as made:
            service = (await made.json())["id"]
    first = await servers.device(0, token=token)
    second = await servers.device(1, token=token)
    for device, text in ((first, "secret one"), (second, "secret two"), (first, "secret three")):
        assert (await device.call("updateMessage", {**ABOUT, "message": text}))["ok"]
    versions = (await first.call("listVersions", ABOUT))["versions"]
    begun = await first.start(PROFILE, message="secret text")
    assert begun["ok"], begun
    await first.wait_for("processingComplete")
    messaged = (await first.call("listBlocklist", ABOUT))["recipients"]
    assert (await first.call("addDoNotContact", {"recipientId": messaged[0]["id"]}))["ok"]
    at = round(time.time() * 1000) + 3_600_000
    plan = await first.call("planRun", {**ABOUT, "message": "secret plan", "startAt": at})
    assert plan["ok"], plan
    live = await first.start(PROFILE, message="secret again", continuous={"pause": 600.0})
    assert live["ok"], live
    await wait_until(
        lambda: first.last("processingProgress")["progress"].get("nextCycleAt"),
        what="the run waits for its next round",
    )
    # Last: nothing ends from here on, and so nothing is told by it.
    async with aiohttp.ClientSession(headers=headers) as http:
        hook = {"url": "https://secret.invalid/"}
        async with http.post(f"{servers.urls[0]}/api/webhooks", json=hook) as made:
            webhook = (await made.json())["id"]
    things = Things(
        profileId=PROFILE,
        planId=plan["planId"],
        deviceId=second.id,
        version=versions[0]["version"],
        recipientId=messaged[0]["id"],
        session=session,
        proof=second.last("deviceRegistered")["resumeToken"],
        token=service,
        webhook=webhook,
        attempt="1-1",
        run=begun["runId"],
    )
    return first, things


async def all_answers(servers: Cluster, name: str, things: Things) -> dict[str, Any]:
    """What somebody is told who asks for these with every command and call."""
    told: dict[str, Any] = {}
    device = await servers.device(1, token=servers.token(name))
    ordered = sorted(NEEDED.items(), key=lambda item: item[0].event_name in LAST)
    for model, needed in ordered:
        fields = (*needed, *model.__struct_encode_fields__)
        payload = needed | {field: things[field] for field in fields if field in things}
        ack = await device.call(model.event_name, payload)
        told[model.event_name] = {key: value for key, value in ack.items() if key not in NEW}
    own = device.last("deviceRegistered")["resumeToken"]
    for whose, proof in (("one's own", own), ("its", things["proof"])):
        came = await come_as(servers, name, things["deviceId"], proof)
        told[f"another's device with {whose} proof"] = came
    told |= await over_http(servers, f"{name}-http", [*ordered], things)
    handle = (await signed_in(servers, address_of(name)))["alphaDateToken"]
    for number, call in enumerate(CALLS, start=1):
        if call.header.startswith(HANDLE_HEADER):
            headers = {HANDLE_HEADER: handle}
        elif call.header.startswith("Authorization"):
            # Each as somebody else: some of them end what one has signed in with.
            headers = {"Authorization": f"Bearer {servers.token(f'{name}-{number}')}"}
        else:
            continue
        url = servers.urls[0] + call.path.format(
            profile=PROFILE, name="stopAllProcessing", **things
        )
        csv = f"id\n{things['recipientId']}\n" if call.method == "POST" else None
        headers |= {"Content-Type": "text/csv"} if csv else {}
        params = {"type": "chat"} if "blocklist" in call.path else {}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.request(call.method, url, params=params, data=csv) as answer,
        ):
            body = await answer.text()
        if call.title == "GET /api/state":
            said = json.loads(body)
            told[call.title] = {key: value for key, value in said.items() if key not in NEW}
        elif call.title != "POST /api/auth/refresh":  # a token is never twice the same
            told[call.title] = (answer.status, body)
    return told


async def over_http(
    servers: Cluster,
    name: str,
    ordered: list[tuple[type[Command], dict[str, Any]]],
    things: Things,
) -> dict[str, Any]:
    """The same by the commands over HTTP."""
    told: dict[str, Any] = {}
    headers = {"Authorization": f"Bearer {servers.token(name)}"}
    async with aiohttp.ClientSession(servers.urls[0], headers=headers) as http:
        for model, needed in ordered:
            path = f"/api/commands/{model.event_name}"
            fields = (*needed, *model.__struct_encode_fields__)
            payload = needed | {field: things[field] for field in fields if field in things}
            async with http.post(path, json=payload) as answer:
                said = await answer.json()
                told[path] = answer.status, {k: v for k, v in said.items() if k not in NEW}
    return told


async def come_as(
    servers: Cluster, name: str, device_id: str, proof: str
) -> tuple[bool, list[str]]:
    """Whether one is that device who comes with this proof and a token of their own, and what one
    is told."""
    auth = {"deviceId": device_id, "resumeToken": proof}
    came = await servers.device(0, token=servers.token(name), auth=auth)
    return came.id == device_id, sorted(came.last("deviceRegistered"))


async def state_of(servers: Cluster, account: str) -> dict[bytes, Any]:
    client = make_client(servers.redis_url)

    async def content(name: bytes) -> Any:
        if name == keys.of_account(account).runs.encode():
            # A run that goes on lasts longer from time to time.
            return sorted(await client.zrange(name, 0, -1))
        if b":run:" in name:
            return {**await client.hgetall(name), b"renewed": b""}  # so does its record
        return await client.dump(name)

    try:
        names = [name async for name in client.scan_iter(match=f"*{account}*", count=1000)]
        # That a server has just looked whether there is something to tell.
        names = [name for name in names if not name.endswith(b":webhooks:sender")]
        return {name: await content(name) for name in names}
    finally:
        await client.aclose()


@pytest.mark.slow
async def test_whoever_asks_for_what_is_of_others_is_told_as_if_it_were_not(
    servers: Cluster,
) -> None:
    without = await all_answers(servers, "early", nobodys())
    owner, things = await furnished(servers)
    before, heard = await state_of(servers, "o:demo"), len(owner.events)
    assert len(before) > 8
    with_it = await all_answers(servers, "later", things)
    assert with_it == without
    assert "secret" not in str(with_it)
    after = await state_of(servers, "o:demo")
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []
    # Behind this there is nothing more on its way to them.
    assert (await owner.call("stopAllProcessing"))["stopped"] == 1
    await owner.wait_for("allProcessingStopped")
    told = [name for name, _ in owner.events[heard:]]
    assert told == ["processingStopped", "allProcessingStopped"]
