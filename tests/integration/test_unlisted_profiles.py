"""A start of a profile that the operator's gateway does not list is refused."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from alphasync.services import listed_profiles
from tests.harness import Cluster, Device, wait_until
from tests.integration.backend import Backend, answered, fronted, page

CREDENTIALS = {"email": "a@b.example", "password": "secret"}


@dataclass
class Listing(Backend):
    """``refuses``: the status that a listing of the profiles is answered with instead."""

    pages: dict[str | None, Any] = field(default_factory=lambda: {None: page("r1")})
    refuses: int = 0
    listed: int = 0
    """How often the profiles were asked for."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/profiles":
            self.listed += 1
            if self.refuses:
                return answered({}, self.refuses)
        return await super().handle(request)

    def list(self, *ids: str) -> None:
        self.profiles = [{"id": id_, "name": id_} for id_ in ids]


class Desk:
    """One server before this gateway, and an operator who signs in."""

    def __init__(self, running: Cluster, gateway: Listing) -> None:
        self.running = running
        self.gateway = gateway

    async def device(self) -> Device:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.running.urls[0]}/api/auth/login", json=CREDENTIALS) as response,
        ):
            login = await response.json()
        return await self.running.device(token=login["token"])

    async def heard(self, times: int) -> None:
        """Return when the gateway has listed so often, and what it said is known here."""
        listed = self.running.servers[0].listed
        await wait_until(lambda: self.gateway.listed >= times and not listed._asking)


@pytest.fixture
async def desk(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(listed_profiles, "LISTED_TTL", 1e9)  # however slow the machine is
    gateway = Listing()
    gateway.list("p1", "p2")
    async with fronted(redis_url, gateway) as running:
        yield Desk(running, gateway)


async def test_it_is_refused_and_the_device_is_told_how_the_run_stands(desk: Desk) -> None:
    device = await desk.device()
    refused = await device.start("p3")
    assert (refused["ok"], refused["code"], refused["retryable"]) == (
        False,
        "unknown_profile",
        False,
    )
    error = await device.wait_for("error")
    assert (error["code"], error["event"]) == ("unknown_profile", "startProcessing")
    state = await device.wait_for("processingStateSync", profileId="p3")
    assert (state["isProcessing"], state["status"]) == (False, "none")
    assert (await device.start("p1"))["ok"]
    await device.wait_for("processingComplete", profileId="p1")
    assert not device.named("processingInterrupted")


async def test_a_login_lists_what_its_starts_are_held_against(desk: Desk) -> None:
    device = await desk.device()
    assert (await device.start("p1"))["ok"]
    await device.wait_for("processingComplete")
    assert desk.gateway.listed == 1


async def test_a_flood_of_them_leaves_no_runs_and_asks_the_gateway_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_profiles, "ASK_INTERVAL", 1e9)  # however long the flood takes
    device = await desk.device()
    for number in range(200):
        assert (await device.start(f"x{number}"))["code"] == "unknown_profile"
    await desk.heard(2)
    assert desk.gateway.listed == 2
    late = await desk.running.device()
    assert (await late.call("heartbeat"))["ok"]
    assert late.named("processingStateSync") == []


async def test_a_profile_that_was_made_just_now_is_refused_no_second_time(desk: Desk) -> None:
    device = await desk.device()
    desk.gateway.list("p1", "p2", "p3")
    assert (await device.start("p3"))["code"] == "unknown_profile"
    await desk.heard(2)
    assert (await device.start("p3"))["ok"]


async def test_commands_around_it_keep_their_order(desk: Desk) -> None:
    device = await desk.device()
    watching = await desk.running.device()
    typed = {"profileId": "p1", "type": "chat"}
    for number in range(20):
        await device.emit("updateMessage", {**typed, "message": f"{number}"})
        await device.emit("startProcessing", {**typed, "profileId": "x", "message": "Hi"})
    await watching.wait_for("messageUpdated", message="19")
    texts = [event["message"] for event in watching.named("messageUpdated")]
    assert texts == [f"{number}" for number in range(20)]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_a_gateway_that_does_not_list_refuses_nothing(
    desk: Desk, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_profiles, "LISTED_TTL", 0.0)
    device = await desk.device()
    desk.gateway.refuses = status
    assert (await device.start("p3"))["ok"]
    await device.wait_for("processingComplete", profileId="p3")


async def test_a_token_that_no_login_made_may_start_what_it_names(desk: Desk) -> None:
    await desk.device()
    device = await desk.running.device()
    assert (await device.start("p3"))["ok"]
    await device.wait_for("processingComplete", profileId="p3")
    assert desk.gateway.listed == 1, "the login's"


async def test_a_limited_login_is_held_against_the_gateways_list_too(desk: Desk) -> None:
    desk.gateway.login = {"operatorId": "demo", "token": "upstream", "profiles": ["p1", "p3"]}
    device = await desk.device()
    await desk.heard(1)
    assert (await device.start("p3"))["code"] == "unknown_profile"
    assert (await device.start("p2"))["code"] == "unknown_profile"
    assert (await device.start("p1"))["ok"]


async def test_a_console_that_lists_the_profiles_says_what_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_profiles, "ASK_INTERVAL", 1000.0)
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        url = desk.running.urls[0]
        async with http.post(f"{url}/api/auth/login", json=CREDENTIALS) as response:
            login = await response.json()
        device = await desk.running.device(token=login["token"])
        desk.gateway.list("p1", "p2", "p3")
        headers = {"X-Alpha-Date-Token": login["alphaDateToken"]}
        async with http.get(f"{url}/api/profiles", headers=headers) as response:
            assert len(await response.json()) == 3
        assert (await device.start("p3"))["ok"]
    assert desk.gateway.listed == 2
