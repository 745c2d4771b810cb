"""Logins, profiles, attachments and recipients, read from the sandbox over real sockets."""

import json
from typing import Any

import aiohttp
import pytest

from alphasync.domain.roles import Role
from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    BadCredentials,
    GatewayRefused,
    Login,
    ProfileUnknown,
    RecipientRefused,
    RunRefused,
    Sent,
)
from alphasync.gateway.sandbox import load_people, start_sandbox
from tests.integration.sandbox.talking import PROFILE, chat, deliveries


async def test_login(gateway: HttpGateway) -> None:
    login = await gateway.login("demo@example.com", "demo")
    assert login == Login("demo", login.token, None)
    with pytest.raises(BadCredentials):
        await gateway.login("demo@example.com", "wrong")
    with pytest.raises(BadCredentials):
        await gateway.login("", "")


async def test_a_login_of_the_team_says_its_role(gateway: HttpGateway) -> None:
    for role in Role:
        login = await gateway.login(f"{role}@example.com", "demo")
        assert login == Login(role, login.token, None, "demo-team", role)
        profiles = await gateway.profiles(login.token)
        assert [profile.external_id for profile in profiles] == ["2001", "2002", "2003"]
        with pytest.raises(BadCredentials):
            await gateway.login(f"{role}@example.com", role)


async def test_profiles_and_attachments(gateway: HttpGateway) -> None:
    token = (await gateway.login("demo@example.com", "demo")).token
    profiles = await gateway.profiles(token)
    assert [profile.external_id for profile in profiles] == ["1001", "1002", "1003", "1004", "1005"]
    assert await gateway.profiles(None) == profiles
    media = await gateway.attachments(token, PROFILE)
    assert {item.content_type for item in media.images} == {"image"}
    assert {item.content_type for item in media.videos} == {"video"}
    assert {item.content_type for item in media.audios} == {"audio"}


@pytest.mark.parametrize(
    ("profile_id", "pages"),
    [("1001", [10]), ("1003", [60]), ("1004", [100, 100]), ("1005", [100] * 5)],
)
@pytest.mark.parametrize("type", ["chat", "mail"])
async def test_cursors_lead_through_all_recipients_once(
    gateway: HttpGateway, profile_id: str, pages: list[int], type: str
) -> None:
    sizes: list[int] = []
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await gateway.recipients(None, profile_id, type, cursor)
        assert page.honours_keys
        sizes.append(len(page.recipients))
        seen += [recipient.id for recipient in page.recipients]
        cursor = page.next
        if cursor is None:
            break
    assert sizes == pages
    assert len(set(seen)) == sum(pages)


async def test_a_cursor_is_good_for_its_own_listing_only(gateway: HttpGateway) -> None:
    cursor = (await gateway.recipients(None, "1005", "chat", None)).next
    for profile_id, type, given in (
        ("1004", "chat", cursor),
        ("1005", "mail", cursor),
        ("1005", "chat", "made up"),
        ("1005", "letter", None),
    ):
        with pytest.raises(GatewayRefused):
            await gateway.recipients(None, profile_id, type, given)


async def test_a_wrong_token_is_refused_everywhere(gateway: HttpGateway) -> None:
    for call in (
        gateway.profiles("wrong"),
        gateway.attachments("wrong", PROFILE),
        gateway.recipients("wrong", PROFILE, "chat", None),
    ):
        with pytest.raises(GatewayRefused):
            await call
    assert isinstance(await gateway.send("wrong", PROFILE, chat(), "k"), RunRefused)


@pytest.mark.parametrize("profile_id", ["9999", "1", "", ".", "..", "a/b", "../1001", "1001?", "é"])
async def test_an_unknown_profile(gateway: HttpGateway, profile_id: str) -> None:
    with pytest.raises(ProfileUnknown):
        await gateway.attachments(None, profile_id)
    with pytest.raises(ProfileUnknown):
        await gateway.recipients(None, profile_id, "chat", None)


async def test_another_operators_profile_is_unknown(tmp_path: Any) -> None:
    path = tmp_path / "people.json"
    accounts = [
        {
            "email": f"{name}@example.com",
            "password": "pw",
            "operatorId": name,
            "profiles": [
                {"id": f"of/{name}", "name": name, "recipients": [{"id": f"friend of {name}"}]}
            ],
        }
        for name in ("ann", "bob")
    ]
    path.write_text(json.dumps({"accounts": accounts}))
    running = await start_sandbox("127.0.0.1", 0, load_people(path))
    gateway = HttpGateway(running.url)
    try:
        token = (await gateway.login("bob@example.com", "pw")).token
        assert [profile.external_id for profile in await gateway.profiles(token)] == ["of/bob"]
        assert isinstance(await gateway.send(token, "of/bob", chat("friend of bob"), "k"), Sent)
        with pytest.raises(ProfileUnknown):
            await gateway.recipients(token, "of/ann", "chat", None)
        refused = await gateway.send(token, "of/ann", chat("friend of ann"), "k")
        assert isinstance(refused, RecipientRefused)
        async with aiohttp.ClientSession(running.url) as web:
            assert [entry["profileId"] for entry in await deliveries(web)] == ["of/bob"]
    finally:
        await gateway.aclose()
        await running.close()


async def test_a_token_outlives_a_restart() -> None:
    before = await start_sandbox("127.0.0.1", 0)
    gateway = HttpGateway(before.url)
    token = (await gateway.login("demo@example.com", "demo")).token
    await gateway.aclose()
    await before.close()
    after = await start_sandbox("127.0.0.1", 0)
    gateway = HttpGateway(after.url)
    assert await gateway.profiles(token)
    await gateway.aclose()
    await after.close()
