"""Why a run ended: each reason there is, caused once, and seen as it is by every device."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

import alphasync
from alphasync.domain.events import INTERRUPTED_BY
from alphasync.errors import BlocklistLost, SignedOut
from alphasync.gateway.port import BadCredentials, GatewayError
from alphasync.services.endings import SESSION_ENDED
from alphasync.services.lost import ALL_LOST, RUN_LOST, STORAGE_LOST
from alphasync.services.recipients import Lister
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.worker import listing, sending, waiting
from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.backend import Backend, answered, fronted, page
from tests.integration.support import check

NAMES = keys.of_account("o:demo")
PACKAGE = Path(alphasync.__file__).parent
MANY = page(*(f"r{number}" for number in range(500)))
SLOW = {"send_interval": 0.02}


@dataclass
class Scene:
    """Two servers and what is behind them; ``a`` is to start the run, ``b`` to see its end."""

    servers: Cluster
    backend: Backend
    redis: Redis
    a: Device
    b: Device

    async def start(self) -> None:
        assert (await self.a.start("p"))["ok"]

    async def in_mid_run(self) -> None:
        await self.start()
        await self.b.wait_for("processingProgress", 4)


Cause = Callable[[Scene], Awaitable[None]]


def listing_gives(value: Any, status: int = 200, **headers: str) -> Cause:
    """The gateway answers a listing so, every time."""

    async def cause(scene: Scene) -> None:
        scene.backend.listing = lambda _cursor, _number: answered(value, status, **headers)
        await scene.start()

    return cause


def sending_gives(status: int, honours: bool = True, **headers: str) -> Cause:
    """The gateway answers messages so, every time."""

    def answer(_recipient: str, _number: int) -> web.Response:
        return answered({"message": "says the gateway"}, status, **headers)

    async def cause(scene: Scene) -> None:
        scene.backend.answer = answer
        scene.backend.honours = honours
        await scene.start()

    return cause


def redis_loses(*names: str) -> Cause:
    async def cause(scene: Scene) -> None:
        await scene.in_mid_run()
        await (scene.redis.delete(*names) if names else scene.redis.flushall())

    return cause


async def the_device_leaves(scene: Scene) -> None:
    await scene.in_mid_run()
    await scene.a.close()


async def the_device_stays_away(scene: Scene) -> None:
    await scene.in_mid_run()
    await scene.a.drop()


async def the_token_of_the_device_ends(scene: Scene) -> None:
    device = await scene.servers.device(token=scene.servers.token(lifetime=2))
    assert (await device.start("p"))["ok"]
    await wait_until(lambda: not device.client.connected, what="cut at the end of its token")


async def signed_in(scene: Scene) -> str:
    credentials = {"email": "a@b.example", "password": "x"}
    async with (
        aiohttp.ClientSession(scene.servers.urls[0]) as http,
        http.post("/api/auth/login", json=credentials) as response,
    ):
        return str((await response.json())["token"])


async def its_session_is_ended(scene: Scene) -> None:
    token = await signed_in(scene)
    device = await scene.servers.device(token=token)
    assert (await device.start("p", detached=True))["ok"]
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(scene.servers.urls[1], headers=headers) as http,
        http.delete("/api/sessions/current") as response,
    ):
        assert response.status == 200, await response.text()


async def nobody_signs_in_again(scene: Scene) -> None:
    """The gateway takes the token of the run's login no more."""
    device = await scene.servers.device(token=await signed_in(scene))
    scene.backend.answer = lambda _recipient, _number: answered({}, 401)
    assert (await device.start("p"))["ok"]


async def the_runner_is_lost(scene: Scene) -> None:
    """It stops without a word, and its lock runs out; then somebody starts again."""
    await scene.in_mid_run()
    (runner,) = [task for task in asyncio.all_tasks() if task.get_name().startswith("run ")]
    runner.cancel()
    await asyncio.wait([runner])
    await scene.redis.delete(NAMES.lock("chat", "p"))
    assert (await scene.b.start("p"))["ok"]


async def a_fault_of_ours(scene: Scene) -> None:
    await scene.start()


@dataclass(frozen=True)
class Case:
    code: str
    reason: str
    """All of it, as a regular expression."""
    cause: Cause
    settings: dict[str, Any] = field(default_factory=dict)


AWAY = "Device disconnected"
NOBODY = "The session has ended, and nobody signed in again"
NO_ANSWER = "The gateway does not answer"
TWICE = page("r0", next="again")

CASES = {
    "the device left": Case("device_disconnected", AWAY, the_device_leaves, SLOW),
    "the device stayed away": Case(
        "device_disconnected",
        AWAY,
        the_device_stays_away,
        {**SLOW, "device_grace": 0.3, "page_grace": 0.3},
    ),
    "the device's token ended": Case(
        "sign_in_again",
        NOBODY,
        the_token_of_the_device_ends,
        {**SLOW, "device_grace": 0.3, "page_grace": 0.3, "sign_in_timeout": 0.5},
    ),
    "nobody signed in again": Case(
        "sign_in_again",
        NOBODY,
        nobody_signs_in_again,
        {"sign_in_timeout": 0.5},
    ),
    "its session was ended": Case("signed_out", SESSION_ENDED, its_session_is_ended, SLOW),
    "listing refused": Case(
        "gateway_refused", ".*no, no.*", listing_gives({"message": "no, no"}, 403)
    ),
    "listing without a token": Case("gateway_refused", ".*401.*", listing_gives({}, 401)),
    "listing of nobody": Case("unknown_profile", ".*", listing_gives({}, 404)),
    "listing not answered": Case("gateway_unavailable", ".*500.*", listing_gives({}, 500)),
    "listing not to be read": Case("gateway_unavailable", ".*", listing_gives(b"<html>")),
    "listing put off for ever": Case(
        "too_many_requests",
        "The gateway asks to wait again and again",
        listing_gives({}, 429, Retry_After="0"),
    ),
    "listing in a circle": Case(
        "endless_listing",
        "The gateway gave the same page of recipients twice",
        listing_gives(TWICE),
    ),
    "too many recipients": Case(
        "too_many_recipients",
        "The profile has more than 499 recipients",
        listing_gives(MANY),
        {"recipients_max": 499},
    ),
    "message refused": Case("gateway_refused", ".*says the gateway.*", sending_gives(403)),
    "message not understood": Case("gateway_refused", ".*says the gateway.*", sending_gives(400)),
    "message without a token": Case("gateway_refused", ".*401.*", sending_gives(401)),
    "message never taken": Case("gateway_unavailable", NO_ANSWER, sending_gives(503)),
    "message perhaps sent": Case(
        "gateway_unavailable", NO_ANSWER, sending_gives(500, honours=False)
    ),
    "message put off for ever": Case(
        "too_many_requests",
        "The gateway asks to wait again and again",
        sending_gives(429, Retry_After="0"),
    ),
    "the record is gone": Case(STORAGE_LOST, RUN_LOST, redis_loses(NAMES.run("chat", "p")), SLOW),
    "all is gone": Case(STORAGE_LOST, ALL_LOST, redis_loses(), SLOW),
    "the blocklist is gone": Case(
        "blocklist_lost",
        re.escape(BlocklistLost.default_message),
        redis_loses(NAMES.sent("chat", "p")),
        SLOW,
    ),
    "the runner is lost": Case("runner_lost", "The runner was lost", the_runner_is_lost, SLOW),
    "a fault of ours": Case("internal_error", "Something went wrong", a_fault_of_ours),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few tries as there can be, and no long waits between them."""
    monkeypatch.setattr(sending, "TRIES_MAX", 2)
    monkeypatch.setattr(listing, "PAGE_TRIES_MAX", 2)
    monkeypatch.setattr(waiting, "ASKED_TIMES_MAX", 2)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = make_client(redis_url)
    assert isinstance(client, Redis)
    yield client
    await client.aclose()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", CASES)
async def test_every_device_sees_the_true_reason(
    redis_url: str, redis: Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    if case.cause is a_fault_of_ours:
        monkeypatch.setattr(Lister, "fetch", lambda *_: 1 / 0)
    backend = Backend(pages={None: MANY})
    given = {"send_interval": 0.0, **case.settings}
    async with fronted(redis_url, backend, servers=2, **given) as servers:
        a, b = await servers.pair()
        await case.cause(Scene(servers, backend, redis, a, b))
        told: dict[str, Any] = {}
        for device in (each for each in (a, b) if each.client.connected):
            told = await device.wait_for("processingInterrupted")
            check(told, profileId="p", type="chat", code=case.code, operatorId="demo")
            assert re.fullmatch(case.reason, told["reason"]), told["reason"]
            assert len(device.named("processingInterrupted")) == 1
        if case.code == "runner_lost":
            return  # the next run has its place on record
        state = await (await servers.device(1)).wait_for("processingStateSync")
        check(state, isProcessing=False, status="interrupted", reason=told["reason"])


async def test_a_gateway_that_is_not_there_is_the_reason(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_TRIES_MAX", 2)
    async with cluster(redis_url, servers=2) as servers:
        a, b = await servers.pair()
        await servers.sandbox.close()
        await a.start("1001")
        for device in (a, b):
            told = await device.wait_for("processingInterrupted")
            assert told["code"] == "gateway_unavailable"
            assert "cannot be reached" in told["reason"]


def of_the_gateway(kind: type[GatewayError]) -> set[str]:
    """The codes of all that goes wrong while recipients are listed."""
    return {kind.code}.union(*(of_the_gateway(each) for each in kind.__subclasses__()))


def test_there_is_a_case_for_every_code_that_a_run_can_end_with() -> None:
    ending = re.compile(
        r'\b(?:Ended|Verdict|ProcessingInterrupted|interrupt)\((?:[^()]|\([^()]*\))*"([a-z_]{6,})"'
    )
    sources = [path for part in ("worker", "services") for path in (PACKAGE / part).glob("*.py")]
    found = {code for path in sources for code in ending.findall(path.read_text())}
    assert {"device_disconnected", "runner_lost", "gateway_unavailable"} <= found
    found |= of_the_gateway(GatewayError) - {BadCredentials.code}
    found |= {STORAGE_LOST, BlocklistLost.code, SignedOut.code}
    assert found == {case.code for case in CASES.values()}
    assert found == set(INTERRUPTED_BY)
