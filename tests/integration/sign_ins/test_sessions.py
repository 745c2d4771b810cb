"""How long a login lasts, and what its refreshing gives."""

from alphasync.services.upstream import ENDED_LOGIN_GRACE
from alphasync.store.connect import make_client
from tests.harness import Device, wait_until
from tests.integration.sign_ins.offices import ACCOUNT, Office, claims_of, opened, sid_of
from tests.integration.sign_ins.test_rights import MANY


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
    assert lives > 8 * 3600_000 + ENDED_LOGIN_GRACE * 1000
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
    token = office.cluster.tokens.mint("demo", lifetime=30).token
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
