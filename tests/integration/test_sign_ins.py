"""Logins of one operator: each with its own rights and its own token for the gateway."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import jwt
import pytest

from alphasync.gateway.sandbox import RunningSandbox
from alphasync.services.upstream import LINGER
from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.harness import SECRET, Cluster, Device, wait_until
from tests.integration.strict_gateway import StrictGateway, strict_gateway

HANDLE = "X-Alpha-Date-Token"
RIGHTS: dict[str, list[str] | None] = {"all": None, "one": ["p1"], "two": ["p2"]}
ACCOUNT = keys.of_account("o:demo")


class Office:
    """Servers on one strict gateway, and what one does over HTTP."""

    def __init__(self, cluster: Cluster, gateway: StrictGateway, http: aiohttp.ClientSession):
        self.cluster = cluster
        self.gateway = gateway
        self._http = http

    async def call(
        self, method: str, path: str, replica: int = 0, **options: Any
    ) -> tuple[int, Any]:
        async with self._http.request(method, self.cluster.urls[replica] + path, **options) as got:
            return got.status, await got.json()

    async def login(self, password: str = "all") -> dict[str, Any]:
        status, body = await self.call(
            "POST", "/api/auth/login", json={"email": "a@b.example", "password": password}
        )
        assert status == 200, body
        return cast(dict[str, Any], body)

    async def refresh(self, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.call("POST", "/api/auth/refresh", headers=headers)

    async def profiles(self, login: dict[str, Any], replica: int = 0) -> tuple[int, Any]:
        headers = {HANDLE: login["alphaDateToken"]}
        return await self.call("GET", "/api/profiles", replica, headers=headers)

    async def attachments(self, login: dict[str, Any], profile: str) -> tuple[int, Any]:
        headers = {HANDLE: login["alphaDateToken"]}
        return await self.call("GET", f"/api/profiles/{profile}/attachments", headers=headers)

    async def device(self, login: dict[str, Any], replica: int = 0) -> Device:
        return await self.cluster.device(replica, token=login["token"])


@contextlib.asynccontextmanager
async def opened(
    redis_url: str, replicas: int = 1, settings: dict[str, Any] | None = None, **gateway: Any
) -> AsyncIterator[Office]:
    async with (
        strict_gateway(**{"rights": RIGHTS, **gateway}) as strict,
        aiohttp.ClientSession() as http,
    ):
        cluster = Cluster(redis_url, cast(RunningSandbox, strict))
        try:
            for _ in range(replicas):
                await cluster.add_replica(gateway_token="service", **(settings or {}))
            yield Office(cluster, strict, http)
        finally:
            await cluster.close()


@pytest.fixture
async def office(redis_url: str) -> AsyncIterator[Office]:
    async with opened(redis_url) as office:
        yield office


# Rights.


async def test_a_handle_serves_the_profiles_of_its_login_only(office: Office) -> None:
    one, two, all_ = [await office.login(password) for password in ("one", "two", "all")]
    for login, ids in ((one, ["p1"]), (two, ["p2"]), (all_, ["p1", "p2", "p3"])):
        status, body = await office.profiles(login)
        assert (status, [profile["external_id"] for profile in body]) == (200, ids)
        for profile in ("p1", "p2", "p3"):
            status, body = await office.attachments(login, profile)
            assert status == (200 if profile in ids else 404), (ids, profile)
            if status == 404:
                assert body["code"] == "unknown_profile"


async def test_a_run_uses_the_token_of_the_login_that_started_it(office: Office) -> None:
    one, two = await office.login("one"), await office.login("two")
    first, second = await office.device(one), await office.device(two)
    for device, profile in ((first, "p1"), (second, "p2")):
        assert (await device.start(profile))["ok"]
        await device.wait_for("processingComplete", profileId=profile)
    assert office.gateway.used("p1") == {"upstream-one-0"}
    assert office.gateway.used("p2") == {"upstream-two-1"}
    assert (await first.start("p2"))["code"] == "unknown_profile"


async def test_the_service_token_is_for_tokens_that_no_login_made(office: Office) -> None:
    await office.login()
    device = await office.cluster.device()
    assert (await device.start("p1"))["ok"]
    await device.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"service"}


async def test_a_run_whose_login_has_gone_waits_and_takes_no_other_token(office: Office) -> None:
    login = await office.login()
    device = await office.device(login)
    client = make_client(office.cluster.redis_url)
    await client.delete(ACCOUNT.signin(sid_of(login)))
    await client.aclose()
    assert (await device.start("p1"))["ok"]
    await waiting(device)
    assert office.gateway.sent == []
    await office.login("two")  # not for this profile
    assert (await device.call("stopProcessing", {"profileId": "p1", "type": "chat"}))["ok"]
    assert office.gateway.sent == []


async def test_another_server_goes_on_with_the_token_of_the_login(redis_url: str) -> None:
    async with opened(redis_url, replicas=2, settings={"send_interval": 0.05}) as office:
        one = await office.login("one")
        await office.login("all")
        device = await office.device(one, replica=1)
        starter = await office.device(one, replica=0)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.cluster.replicas[1].stop()
        resumed = starter  # another device of the account sees the end of it
        back = await come_back(office, device, one)
        await resumed.wait_for("processingComplete")
        assert office.gateway.used("p1") == {"upstream-one-0"}
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        await back.close()


async def test_another_server_goes_on_waiting(redis_url: str) -> None:
    async with opened(redis_url, replicas=2, settings={"send_interval": 0.05}) as office:
        login = await office.login()
        other = await office.device(login, replica=0)
        device = await office.device(login, replica=1)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        office.gateway.revoke()
        await waiting(other)
        told = len(other.named("processingProgress"))
        await office.cluster.replicas[1].stop()
        back = await come_back(office, device, login)
        await other.wait_for("processingTakenOver")
        await wait_until(lambda: any(map(waits, other.named("processingProgress")[told:])))
        await office.login()
        done = await back.wait_for("processingComplete")
        assert (done["stats"]["sent"], done["stats"]["uncertain"]) == (10, 0)
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10


# Many profiles.

MANY = [f"profile-{number:05}" for number in range(5000)]


async def test_a_login_for_thousands_of_profiles_works_in_all(redis_url: str) -> None:
    async with opened(redis_url, replicas=2, rights={"many": MANY, "all": None}) as office:
        login = await office.login("many")
        assert len(login["token"]) < 4096
        assert login["profiles"] == MANY
        assert claims_of(login["token"])["profiles"] == [], "nothing for who does not know the rest"
        status, body = await office.profiles(login, replica=1)
        assert (status, len(body)) == (200, len(MANY))
        assert (await office.attachments(login, MANY[-1]))[0] == 200
        assert (await office.attachments(login, "p1"))[0] == 404
        device, other = await office.device(login), await office.device(login, replica=1)
        last = MANY[-1]
        assert (await device.start(last))["ok"]
        await other.wait_for("processingComplete", profileId=last)
        typed = {"profileId": MANY[0], "type": "chat", "message": "Hi"}
        assert (await device.call("updateMessage", typed))["ok"]
        await other.wait_for("messageUpdated", profileId=MANY[0])
        refused = await device.call("updateMessage", {**typed, "profileId": "p1"})
        assert refused["code"] == "unknown_profile"
        status, fresh = await office.refresh(login["token"])
        assert status == 200
        again = await office.cluster.device(0, token=fresh["token"])
        assert (await again.call("updateMessage", typed))["ok"]


async def test_a_login_for_more_profiles_than_are_kept(redis_url: str) -> None:
    async with opened(
        redis_url, settings={"profiles_max": 3}, rights={"4": list("abcd"), "3": list("abc")}
    ) as office:
        status, body = await office.call(
            "POST", "/api/auth/login", json={"email": "a@b.example", "password": "4"}
        )
        assert (status, body["code"]) == (403, "too_many_profiles")
        assert body["message"]
        await office.login("3")


async def test_a_profile_that_cannot_be_used_does_not_end_the_login(redis_url: str) -> None:
    odd = ["p1", "", "x" * 129, "a\u00a0b", "a\nb", "p1"]
    async with opened(redis_url, rights={"odd": odd}) as office:
        assert (await office.login("odd"))["profiles"] == ["p1"]


@pytest.mark.parametrize("operator", ["", "x" * 129, "a\nb"])
async def test_an_operator_who_cannot_be_named_gets_no_token(redis_url: str, operator: str) -> None:
    async with opened(redis_url, operator=operator) as office:
        status, body = await office.call(
            "POST", "/api/auth/login", json={"email": "a@b.example", "password": "all"}
        )
        assert (status, body["code"]) == (502, "gateway_unavailable")
        assert "token" not in body


async def test_a_device_whose_login_has_gone_is_told_and_sent_away(redis_url: str) -> None:
    async with opened(redis_url, rights={"many": MANY}) as office:
        login = await office.login("many")
        client = make_client(office.cluster.redis_url)
        await client.delete(ACCOUNT.signin(sid_of(login)))
        await client.aclose()
        device = Device(office.cluster.urls[0], login["token"])
        await device.connect(registered=False)
        assert (await device.wait_for("error"))["code"] == "sign_in_again"
        await wait_until(lambda: not device.client.connected)


# How long.


async def test_a_refresh_prolongs_the_handle_with_the_token(office: Office) -> None:
    login = await office.login()
    client = make_client(office.cluster.redis_url)
    name = ACCOUNT.signin(sid_of(login))
    await client.hset(
        name, "expires", int(await client.hget(name, "expires") or 0) - 9 * 3600_000 + 9000
    )
    await client.pexpire(name, 9000)
    status, fresh = await office.refresh(login["token"])
    assert (status, fresh["prolonged"], fresh["operatorId"]) == (200, True, "demo")
    assert fresh["expiresAt"] == claims_of(fresh["token"])["exp"] * 1000
    assert claims_of(fresh["token"])["sid"] == sid_of(login)
    lives = await client.pttl(name)
    assert lives > 8 * 3600_000 + LINGER * 1000
    await client.aclose()
    assert (await office.profiles(login))[0] == 200


async def test_no_refresh_goes_beyond_the_session(redis_url: str) -> None:
    async with opened(redis_url, settings={"session_max": 1000}) as office:
        login = await office.login()
        ends = claims_of(login["token"])["exp"]
        assert ends - claims_of(login["token"])["iat"] <= 1000
        token = login["token"]
        for _ in range(3):
            status, fresh = await office.refresh(token)
            assert (status, fresh["prolonged"]) == (200, False)
            token = fresh["token"]
            assert claims_of(token)["exp"] <= ends


async def test_a_token_of_elsewhere_gets_no_more_than_it_had(office: Office) -> None:
    token = office.cluster.tokens.mint("demo", lifetime=30)
    ends = claims_of(token)["exp"]
    for _ in range(3):
        status, fresh = await office.refresh(token)
        assert (status, fresh["prolonged"], fresh["expiresAt"]) == (200, False, ends * 1000)
        token = fresh["token"]
        assert claims_of(token)["exp"] == ends


async def test_a_session_that_has_ended_is_to_be_signed_in_again(office: Office) -> None:
    login = await office.login()
    client = make_client(office.cluster.redis_url)
    await client.hset(ACCOUNT.signin(sid_of(login)), "expires", 1)
    await client.aclose()
    for status, body in (
        await office.profiles(login),
        await office.attachments(login, "p1"),
        await office.refresh(login["token"]),
    ):
        assert (status, body["code"], body["status"]) == (401, "sign_in_again", False)
        assert "sign in" in body["message"].lower()


# The gateway's end of it.


async def test_a_gateway_that_refuses_its_own_tokens_sends_nobody_in_circles(
    redis_url: str,
) -> None:
    async with opened(redis_url, gives_bad_tokens=True) as office:
        status, body = await office.call(
            "POST", "/api/auth/login", json={"email": "a@b.example", "password": "all"}
        )
        assert (status, body["code"]) == (502, "gateway_refused")


async def test_an_expired_upstream_token_says_sign_in_again(office: Office) -> None:
    login = await office.login()
    office.gateway.revoke()
    for status, body in (await office.profiles(login), await office.attachments(login, "p1")):
        assert (status, body["code"]) == (401, "sign_in_again")
        assert "401" not in body["message"]


async def test_a_second_login_that_ends_the_first_ones_token_is_used_in_its_place(
    redis_url: str,
) -> None:
    async with opened(redis_url, settings={"send_interval": 0.05}, single=True) as office:
        first = await office.login()
        device = await office.device(first)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.login()
        await device.wait_for("processingComplete")
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        assert office.gateway.used("p1") == {"upstream-all-0", "upstream-all-1"}
        assert not any(waits(event) for event in device.named("processingProgress"))
        assert (await office.profiles(first))[0] == 200
        assert (await office.attachments(first, "p1"))[0] == 200


async def test_rights_that_do_not_cover_the_profile_are_not_used(redis_url: str) -> None:
    async with opened(redis_url, settings={"send_interval": 0.05}, single=True) as office:
        first = await office.login("one")
        device = await office.device(first)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.login("two")
        await waiting(device)
        assert (await office.profiles(first))[0] == 401
        assert (await office.attachments(first, "p1"))[0] == 401
        await office.login("one")
        await device.wait_for("processingComplete")
        assert office.gateway.used("p1") == {"upstream-one-0", "upstream-one-2"}


@pytest.mark.parametrize("when", ["listing", "sending"])
async def test_a_run_waits_for_its_operator_to_sign_in_again(redis_url: str, when: str) -> None:
    settings = {"send_interval": 0.05}
    async with opened(redis_url, replicas=2, settings=settings) as office:
        device = await office.device(await office.login())
        other = await office.cluster.device(1)
        if when == "listing":
            office.gateway.revoke()
        assert (await device.start("p1"))["ok"]
        if when == "sending":
            await wait_until(lambda: len(office.gateway.sent) >= 3)
            office.gateway.revoke()
        await waiting(other)
        late = await office.cluster.device(0)
        state = await late.wait_for("processingStateSync")
        assert (state["isProcessing"], state["waitingFor"]) == (True, "sign_in")
        await office.login()
        done = await other.wait_for("processingComplete")
        assert done["stats"]["sent"] == 10
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        assert not waits(other.named("processingProgress")[-1])
        late = await office.cluster.device(0)
        assert "waitingFor" not in await late.wait_for("processingStateSync")


async def test_a_run_that_nobody_signs_in_for_ends_and_forgets_nobody(redis_url: str) -> None:
    settings = {"send_interval": 0.05, "sign_in_timeout": 0.5}
    async with opened(redis_url, settings=settings) as office:
        device = await office.device(await office.login())
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 3)
        office.gateway.revoke()
        ended = await device.wait_for("processingInterrupted")
        assert ended["code"] == "sign_in_again"
        assert ended["sent"] == len(office.gateway.sent)
        assert (ended["uncertain"], ended["failed"]) == (0, 0)
        assert (await device.start("p1"))["ok"]
        await office.login()
        await device.wait_for("processingComplete")
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10


async def test_a_run_that_waits_can_be_stopped(office: Office) -> None:
    device = await office.device(await office.login())
    office.gateway.revoke()
    assert (await device.start("p1"))["ok"]
    await waiting(device)
    assert (await device.call("stopProcessing", {"profileId": "p1", "type": "chat"}))["ok"]
    pool = office.cluster.replicas[0].pool
    await wait_until(lambda: len(pool) == 0, within=5, what="the run's task has ended")
    late = await office.cluster.device()
    state = await late.wait_for("processingStateSync")
    assert state["status"] == "stopped"
    assert "waitingFor" not in state


# What was there before logins were kept apart.


async def test_what_an_earlier_version_kept_still_works(office: Office) -> None:
    replica = office.cluster.replicas[0]
    client = make_client(office.cluster.redis_url)
    office.gateway.valid["former"] = None
    upstream = replica.pool._tools.upstream
    handle = "h" * 43
    owner = b"\x82\xa7account\xa6o:demo\xaboperator_id\xa4demo"
    from alphasync.services import upstream as module  # noqa: PLC0415

    await client.set(keys.handle(module._digest(handle)), owner, px=60_000)
    await client.set(ACCOUNT.upstream("demo"), upstream._fernet.encrypt(b"former"), px=60_000)
    await client.aclose()
    login = {"alphaDateToken": handle}
    assert (await office.profiles(login))[0] == 200
    device = await office.cluster.device()
    assert (await device.start("p1"))["ok"]
    await device.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"former"}


async def come_back(office: Office, device: Device, login: dict[str, Any]) -> Device:
    """The same device, on the first server."""
    proof = device.last("deviceRegistered")["resumeToken"]
    identity = {"deviceId": device.id, "resumeToken": proof}
    return await office.cluster.device(0, token=login["token"], auth=identity)


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])


def sid_of(login: dict[str, Any]) -> str:
    return str(claims_of(login["token"])["sid"])


def waits(progress: dict[str, Any]) -> bool:
    return bool(progress["progress"].get("waitingFor") == "sign_in")


async def waiting(device: Device) -> None:
    """Until the device is told that the run waits for a sign-in."""
    await wait_until(
        lambda: any(waits(event) for event in device.named("processingProgress")),
        what="a progress that waits for a sign-in",
    )
    assert "sign in" in next(
        event["progress"]["message"] for event in device.named("processingProgress") if waits(event)
    )
