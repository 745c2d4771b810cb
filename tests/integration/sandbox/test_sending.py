"""Messages to the sandbox: what is delivered, once per key, and what is refused."""

import asyncio
import json

import aiohttp
import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    Attachment,
    GatewayError,
    Message,
    RecipientRefused,
    RunRefused,
    Sent,
)
from tests.integration.sandbox.talking import FIRST, PROFILE, SECOND, chat, deliveries, switch


async def test_a_sent_message_is_on_the_list(
    gateway: HttpGateway, web: aiohttp.ClientSession
) -> None:
    mail = Message(
        "mail",
        SECOND,
        "Dear 👋 <b>you</b>",
        (Attachment("Sea", "https://media.example.com/sea.jpg", "SENT_IMAGE", "5"),),
    )
    assert await gateway.send(None, PROFILE, mail, "run:2") == Sent()
    (entry,) = await deliveries(web)
    assert isinstance(entry.pop("at"), int)
    assert entry == {
        "profileId": PROFILE,
        "type": "mail",
        "recipientId": SECOND,
        "message": "Dear 👋 <b>you</b>",
        "attachments": [
            {
                "title": "Sea",
                "link": "https://media.example.com/sea.jpg",
                "message_type": "SENT_IMAGE",
                "id": "5",
            }
        ],
        "idempotencyKey": "run:2",
    }


async def test_the_list_in_parts_and_emptied(
    gateway: HttpGateway, web: aiohttp.ClientSession
) -> None:
    for number in range(5):
        await gateway.send(None, PROFILE, chat(text=str(number)), f"k{number}")
    async with web.get("/deliveries", params={"last": "2"}) as response:
        assert response.headers["X-Total-Count"] == "5"
        assert [entry["message"] for entry in await response.json()] == ["3", "4"]
    async with web.get("/deliveries", params={"last": "all"}) as response:
        assert response.status == 400
    async with web.delete("/deliveries") as response:
        assert response.status == 204
    assert await deliveries(web) == []


async def test_the_same_key_delivers_once_and_gets_the_first_answer(
    web: aiohttp.ClientSession,
) -> None:
    async def post() -> tuple[int, object, bool]:
        async with web.post(
            f"/profiles/{PROFILE}/messages",
            json={"type": "chat", "recipientId": FIRST, "message": "Hello"},
            headers={"Idempotency-Key": "k"},
        ) as response:
            return (
                response.status,
                await response.json(),
                "Idempotency-Replayed" in response.headers,
            )

    assert await post() == (200, {"id": 1}, False)
    assert await post() == (200, {"id": 1}, True)
    assert len(await deliveries(web)) == 1


async def test_the_same_key_at_the_same_time_delivers_once(
    gateway: HttpGateway, web: aiohttp.ClientSession
) -> None:
    await switch(web, latency=0.05)
    results = await asyncio.gather(
        *(gateway.send(None, PROFILE, chat(), "k") for _ in range(20)),
        *(gateway.send(None, PROFILE, chat(), f"other {number}") for number in range(20)),
    )
    assert results == [Sent()] * 40
    assert len(await deliveries(web)) == 21


async def test_without_idempotency_doubles_are_seen_and_keys_not_declared(
    gateway: HttpGateway, web: aiohttp.ClientSession
) -> None:
    await switch(web, idempotency=False)
    assert not (await gateway.recipients(None, PROFILE, "chat", None)).honours_keys
    assert await gateway.send(None, PROFILE, chat(), "k") == Sent()
    assert await gateway.send(None, PROFILE, chat(), "k") == Sent()
    assert len(await deliveries(web)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"type": "letter"},
        {"recipientId": None},
        {"message": ""},
        {"message": 5},
        {"attachments": [{"title": "x"}]},
        {"attachments": [{"title": "x", "link": "y", "message_type": "SENT_FILE"}]},
        {"attachments": [{"title": "x", "link": "y", "message_type": "SENT_IMAGE"}] * 6},
    ],
)
async def test_a_wrong_body_is_400_with_words(
    web: aiohttp.ClientSession, change: dict[str, object]
) -> None:
    body = {"type": "chat", "recipientId": FIRST, "message": "Hello"} | change
    async with web.post(f"/profiles/{PROFILE}/messages", json=body) as response:
        assert response.status == 400
        # It is shown to operators: none of a validator's words.
        assert (await response.json())["message"] == "The body cannot be read"
    assert await deliveries(web) == []


async def test_a_body_that_is_not_declared_as_json_is_refused(web: aiohttp.ClientSession) -> None:
    body = json.dumps({"type": "chat", "recipientId": FIRST, "message": "Hello"})
    async with web.post(f"/profiles/{PROFILE}/messages", data=body) as response:
        assert response.status == 415
    assert await deliveries(web) == []


async def test_an_unknown_recipient_is_refused(
    gateway: HttpGateway, web: aiohttp.ClientSession
) -> None:
    result = await gateway.send(None, PROFILE, chat("nobody"), "k")
    assert result == RecipientRefused("The gateway answered 404: There is no such recipient")
    assert await deliveries(web) == []


async def test_what_cannot_be_put_on_the_wire_stops_the_run(gateway: HttpGateway) -> None:
    assert isinstance(await gateway.send(None, PROFILE, chat(text="\ud83d"), "k"), RunRefused)
    assert isinstance(await gateway.send(None, PROFILE, chat(), "k\r\nX: y"), RunRefused)
    assert isinstance(await gateway.send("t\n", PROFILE, chat(), "k"), RunRefused)
    assert isinstance(await gateway.send(None, "..", chat(), "k"), RunRefused)
    with pytest.raises(GatewayError):
        await gateway.profiles("é")
    with pytest.raises(GatewayError):
        await gateway.login("\ud83d", "demo")
