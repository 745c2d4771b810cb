"""Logins of one operator: each with its own rights and its own token for the gateway."""

import pytest

from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.harness import wait_until
from tests.integration.sign_ins.offices import (
    ACCOUNT,
    Office,
    claims_of,
    come_back,
    opened,
    sid_of,
    waiting,
    waits,
)


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
    async with opened(redis_url, servers=2, settings={"send_interval": 0.05}) as office:
        one = await office.login("one")
        await office.login("all")
        device = await office.device(one, server=1)
        starter = await office.device(one, server=0)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.cluster.servers[1].stop()
        resumed = starter  # another device of the account sees the end of it
        back = await come_back(office, device, one)
        await resumed.wait_for("processingComplete")
        assert office.gateway.used("p1") == {"upstream-one-0"}
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        await back.close()


async def test_a_run_that_is_taken_over_goes_on_with_the_login_of_who_took_it(
    redis_url: str,
) -> None:
    async with opened(redis_url, settings={"send_interval": 0.05}) as office:
        one, all_ = await office.login("one"), await office.login("all")
        first, second = await office.device(one), await office.device(all_)
        assert (await first.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        assert (await second.call("takeOverProcessing", {"profileId": "p1", "type": "chat"}))["ok"]
        await second.wait_for("processingComplete")
        tokens = [token for token, *_ in office.gateway.sent]
        assert (tokens[0], tokens[-1]) == ("upstream-one-0", "upstream-all-1")


async def test_a_run_that_waits_for_a_login_goes_on_with_that_of_who_takes_it_over(
    office: Office,
) -> None:
    login = await office.login("one")
    device = await office.device(login)
    client = make_client(office.cluster.redis_url)
    await client.delete(ACCOUNT.signin(sid_of(login)))
    await client.aclose()
    assert (await device.start("p1"))["ok"]
    await waiting(device)
    other = await office.cluster.device()  # of a token that no login made
    assert (await other.call("takeOverProcessing", {"profileId": "p1", "type": "chat"}))["ok"]
    await other.wait_for("processingComplete")
    assert office.gateway.used("p1") == {"service"}


async def test_another_server_goes_on_waiting(redis_url: str) -> None:
    async with opened(redis_url, servers=2, settings={"send_interval": 0.05}) as office:
        login = await office.login()
        other = await office.device(login, server=0)
        device = await office.device(login, server=1)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        office.gateway.revoke()
        await waiting(other)
        told = len(other.named("processingProgress"))
        await office.cluster.servers[1].stop()
        back = await come_back(office, device, login)
        await other.wait_for("processingTakenOver")
        await wait_until(lambda: any(map(waits, other.named("processingProgress")[told:])))
        await office.login()
        done = await back.wait_for("processingComplete")
        assert (done["stats"]["sent"], done["stats"]["uncertain"]) == (10, 0)
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10


MANY = [f"profile-{number:05}" for number in range(5000)]


async def test_a_login_for_thousands_of_profiles_works_in_all(redis_url: str) -> None:
    async with opened(redis_url, servers=2, rights={"many": MANY, "all": None}) as office:
        login = await office.login("many")
        assert len(login["token"]) < 4096
        assert login["profiles"] == MANY
        assert claims_of(login["token"])["profiles"] == [], "nothing for who does not know the rest"
        status, body = await office.profiles(login, server=1)
        assert (status, len(body)) == (200, len(MANY))
        assert (await office.attachments(login, MANY[-1]))[0] == 200
        assert (await office.attachments(login, "p1"))[0] == 404
        device, other = await office.device(login), await office.device(login, server=1)
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


async def test_what_an_earlier_version_kept_still_works(office: Office) -> None:
    server = office.cluster.servers[0]
    client = make_client(office.cluster.redis_url)
    office.gateway.valid["former"] = None
    upstream = server.pool._tools.upstream
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
