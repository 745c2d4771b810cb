"""A device that is known gets in, however many others guess at its account."""

from typing import Any

from alphasync.services.tokens import KNOWN_TTL
from alphasync.store.connect import make_client
from tests.integration.sign_ins.offices import ACCOUNT, Office, opened, sid_of
from tests.integration.sign_ins.test_ended_sessions import bearer, end

MAIL = "a@b.example"
PROXY = {"trusted_proxies": ["127.0.0.1"], "login_tries_per_account": 2}


async def log_in(
    office: Office, address: str, password: str, shows: dict[str, Any] | None = None
) -> int:
    headers = {"X-Forwarded-For": address, **(bearer(shows) if shows else {})}
    asked = {"email": MAIL, "password": password}
    status, _ = await office.call("POST", "/api/auth/login", json=asked, headers=headers)
    return status


async def test_by_an_earlier_token_also_from_another_address(redis_url: str) -> None:
    async with opened(redis_url, settings=PROXY) as office:
        known, stolen = await office.login(), await office.login()
        assert (await end(office, known, f"/{sid_of(stolen)}"))[0] == 200
        for number in range(2):
            assert await log_in(office, f"192.0.2.{number}", "wrong") == 401
        assert await log_in(office, "192.0.2.9", "all") == 429
        assert await log_in(office, "192.0.2.9", "all", {"token": "x.y.z"}) == 429
        assert await log_in(office, "192.0.2.9", "all", stolen) == 429
        tokens = office.cluster.tokens
        of_another = {"token": tokens.mint("demo", email="other@b.example").token}
        assert await log_in(office, "192.0.2.9", "all", of_another) == 429
        long_over = {"token": tokens.mint("demo", email=MAIL, lifetime=-31 * 86400).token}
        assert await log_in(office, "192.0.2.9", "all", long_over) == 429
        over = {"token": tokens.mint("demo", email=MAIL, lifetime=-86400).token}
        assert await log_in(office, "192.0.2.9", "all", over) == 200
        assert await log_in(office, "192.0.2.10", "all", known) == 200


async def test_that_it_was_ended_is_known_for_as_long_as_its_token_is(redis_url: str) -> None:
    """Else a stolen one would show a known device again."""
    async with opened(redis_url, settings={"session_max": 900, "token_ttl": 600}) as office:
        own, stolen = await office.login(), await office.login()
        assert (await end(office, own, f"/{sid_of(stolen)}"))[0] == 200
        client = make_client(redis_url)
        lives = await client.ttl(ACCOUNT.signed_out("demo"))
        await client.aclose()
        assert KNOWN_TTL + 600 - 60 < lives <= KNOWN_TTL + 600
