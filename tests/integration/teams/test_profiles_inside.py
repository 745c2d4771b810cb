"""A team whose operators are each for some of its profiles: of the others they learn nothing."""

import json
import time
from typing import Any

import aiohttp
import pytest

from alphasync.domain.roles import Role, may
from alphasync.realtime.handlers import REGISTRY
from tests.harness import Cluster, Device
from tests.integration.support import MAIL, Payload
from tests.unit.protocol.payloads import NEEDED, OF_A_PROFILE

ANNS, BOBS = "1001", "1002"
SECRET = "only for who is for this profile"
OF_HER_OWN = ("processingProgress", "processingStopped", "allProcessingStopped")
"""Of a run that goes on until she stops it."""


async def of_team(
    servers: Cluster, name: str, server: int, *profiles: str, **claims: Any
) -> Device:
    limits = {"profiles": list(profiles)} if profiles else {}
    return await servers.device(server, token=servers.token(name, team="red", **limits, **claims))


async def does_everything(device: Device, profile: str) -> Payload:
    """Something of all that a team has of a profile; returns the ids of it."""
    about = {"profileId": profile, "type": "chat"}
    for text in (SECRET, f"{SECRET}!"):
        assert (await device.call("updateMessage", {**about, "message": text}))["ok"]
        assert (await device.call("clearMessage", about))["ok"]
    versions = (await device.call("listVersions", about))["versions"]
    mail = {"profileId": profile, "type": "mail"}
    picture = NEEDED[REGISTRY["updateAttachments"][0]]["attachments"]
    assert (await device.call("updateAttachments", {**mail, "attachments": picture}))["ok"]
    at = round(time.time() * 1000) + 3_600_000
    plan = await device.call("planRun", {**mail, "message": SECRET + MAIL, "startAt": at})
    assert plan["ok"], plan
    assert (await device.start(profile, message=SECRET))["ok"]
    await device.wait_for("processingComplete", profileId=profile)
    assert (await device.start(profile, message=SECRET, continuous={"pause": 60.0}))["ok"]
    return {"planId": plan["planId"], "version": versions[0]["version"]}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_each_hears_of_their_own_and_of_no_other(servers: Cluster, role: Role) -> None:
    ann = await of_team(servers, "ann", 0, ANNS)
    bob = await of_team(servers, "bob", 1, BOBS, role=role)
    witness = await of_team(servers, "cleo", 1)
    await does_everything(ann, ANNS)
    assert (await bob.call("updateMessage", {"profileId": BOBS, "type": "chat", "message": "x"}))[
        "ok"
    ]
    # Behind this there is nothing more of hers on its way to him.
    await witness.wait_for("messageUpdated", profileId=BOBS)
    assert (await bob.call("heartbeat"))["ok"]
    assert {event["profileId"] for event in witness.named("messageUpdated")} == {ANNS, BOBS}
    late = await of_team(servers, "bob", 0, BOBS, role=role)
    assert (await late.call("heartbeat"))["ok"]
    for device in (bob, late):
        assert {data["profileId"] for _, data in device.events if "profileId" in data} <= {BOBS}
        assert SECRET not in str(device.events)
        # As a value of its own: a time may have its digits.
        assert f'"{ANNS}"' not in json.dumps(device.events)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_no_command_reaches_the_others(servers: Cluster, role: Role) -> None:
    ann = await of_team(servers, "ann", 0, ANNS)
    hers = await does_everything(ann, ANNS)
    bob = await of_team(servers, "bob", 1, BOBS, role=role)
    heard = len(ann.events)
    for model in OF_A_PROFILE:
        fields = model.__struct_encode_fields__
        payload = NEEDED[model] | {name: hers[name] for name in fields if name in hers}
        acks = [
            await bob.call(model.event_name, {**payload, "profileId": profile})
            for profile in (ANNS, "there is none")
        ]
        assert acks[0] == acks[1], model.event_name
        assert acks[0]["code"] == ("unknown_profile" if may(role, model.right) else "not_allowed")
        # What is hers is not his by being called so, either.
        if any(name in hers for name in fields):
            ack = await bob.call(model.event_name, {**payload, "profileId": BOBS})
            assert ack["code"] in ("unknown_plan", "unknown_version"), ack
            assert SECRET not in str(ack)
    assert (await bob.call("stopAllProcessing"))["stopped"] == 0
    token = servers.token("bob", team="red", profiles=[BOBS], role=role)
    url = f"{servers.urls[-1]}/api/profiles/{ANNS}/blocklist/export?type=chat"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "unknown_profile")
    assert (await ann.call("stopAllProcessing"))["stopped"] == 1
    await ann.wait_for("allProcessingStopped")
    told = {name for name, _ in ann.events[heard:]}
    assert told <= {*OF_HER_OWN, "deviceJoined"}, told
