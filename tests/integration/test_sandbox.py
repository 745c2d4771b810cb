"""The sandbox over real sockets, and the HTTP gateway client against it and worse servers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    AlreadySent,
    Attachment,
    BadCredentials,
    Gateway,
    GatewayError,
    GatewayRateLimited,
    GatewayRefused,
    GatewayUnavailable,
    Login,
    Message,
    NotAuthorised,
    NotSent,
    ProfileUnknown,
    RateLimited,
    RecipientRefused,
    RunRefused,
    Sent,
    Unknown,
)
from alphasync.gateway.sandbox import RunningSandbox, load_people, start_sandbox

# One of the demo cast, and the first two of its recipients.
PROFILE = "1001"
FIRST, SECOND = "10010001", "10010002"

Deliveries = list[dict[str, Any]]


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox("127.0.0.1", 0)
    yield running
    await running.close()


@pytest.fixture
async def gateway(sandbox: RunningSandbox) -> AsyncIterator[HttpGateway]:
    client = HttpGateway(sandbox.url)
    yield client
    await client.aclose()


@pytest.fixture
async def web(sandbox: RunningSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client, to see the sandbox as curl does."""
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session


def chat(recipient: str = FIRST, text: str = "Hello") -> Message:
    return Message("chat", recipient, text, ())


async def deliveries(web: aiohttp.ClientSession) -> Deliveries:
    async with web.get("/deliveries") as response:
        found: Deliveries = await response.json()
        return found


async def switch(web: aiohttp.ClientSession, **faults: object) -> None:
    async with web.patch("/faults", json=faults) as response:
        assert response.status == 200, await response.text()


async def wait_until(ready: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await ready():
            await asyncio.sleep(0.01)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[str]:
    """A server that reads a request and gives these bytes, or nothing and stays silent."""
    closing = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await closing.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        closing.set()
        server.close()
        await server.wait_closed()


# --- reading


async def test_login(gateway: HttpGateway) -> None:
    login = await gateway.login("demo@example.com", "demo")
    assert login == Login("demo", login.token, None)
    with pytest.raises(BadCredentials):
        await gateway.login("demo@example.com", "wrong")
    with pytest.raises(BadCredentials):
        await gateway.login("", "")


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


# --- sending


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


# --- the switches


async def test_refused_recipients(gateway: HttpGateway, web: aiohttp.ClientSession) -> None:
    await switch(web, refuse=[FIRST])
    assert isinstance(await gateway.send(None, PROFILE, chat(FIRST), "a"), RecipientRefused)
    assert await gateway.send(None, PROFILE, chat(SECOND), "b") == Sent()
    assert [entry["recipientId"] for entry in await deliveries(web)] == [SECOND]
    await switch(web, refuse=1)
    assert isinstance(await gateway.send(None, PROFILE, chat(SECOND), "c"), RecipientRefused)


async def test_rate_limit(gateway: HttpGateway, web: aiohttp.ClientSession) -> None:
    await switch(web, rateLimit={"everyNth": 2, "retryAfter": 0.25})
    results = [await gateway.send(None, PROFILE, chat(), str(number)) for number in range(4)]
    assert results == [Sent(), RateLimited(0.25), Sent(), RateLimited(0.25)]
    assert len(await deliveries(web)) == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("status", "kind"), [(500, Unknown), (503, NotSent)])
async def test_errors(
    gateway: HttpGateway, web: aiohttp.ClientSession, after: bool, status: int, kind: type
) -> None:
    await switch(web, errors={"everyNth": 2, "status": status, "afterRecording": after})
    assert await gateway.send(None, PROFILE, chat(FIRST), "a") == Sent()
    assert type(await gateway.send(None, PROFILE, chat(SECOND), "b")) is kind
    expected = [FIRST, SECOND] if after else [FIRST]
    assert [entry["recipientId"] for entry in await deliveries(web)] == expected


@pytest.mark.parametrize("after", [False, True])
async def test_a_dropped_connection_is_unknown_and_its_key_makes_a_retry_safe(
    gateway: HttpGateway, web: aiohttp.ClientSession, after: bool
) -> None:
    await switch(web, drop={"everyNth": 2, "afterRecording": after})
    assert await gateway.send(None, PROFILE, chat(FIRST), "a") == Sent()
    assert isinstance(await gateway.send(None, PROFILE, chat(SECOND), "b"), Unknown)
    # One arrival: nothing below this client repeated the send by itself.
    assert len(await deliveries(web)) == (2 if after else 1)
    assert await gateway.send(None, PROFILE, chat(SECOND), "b") == Sent()
    assert [entry["recipientId"] for entry in await deliveries(web)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, RunRefused),
        (302, Unknown),
        (400, RunRefused),
        (401, NotAuthorised),
        (403, RunRefused),
        (404, RecipientRefused),
        (409, AlreadySent),
        (410, RecipientRefused),
        (429, RateLimited),
        (501, NotSent),
        (599, Unknown),
    ],
)
async def test_one_status_for_every_message(
    gateway: HttpGateway, web: aiohttp.ClientSession, status: int, kind: type
) -> None:
    await switch(web, status=status)
    assert type(await gateway.send(None, PROFILE, chat(), "a")) is kind
    assert await deliveries(web) == []
    assert await gateway.profiles(None)


async def test_latency_beyond_the_timeout_is_unknown_and_arrives_all_the_same(
    sandbox: RunningSandbox, web: aiohttp.ClientSession
) -> None:
    hasty = HttpGateway(sandbox.url, timeout=0.1)
    try:
        await switch(web, latency=0.4)
        assert await hasty.send(None, PROFILE, chat(), "a") == Unknown(
            "The gateway did not answer in time"
        )
        assert await deliveries(web) == []

        async def arrived() -> bool:
            return len(await deliveries(web)) == 1

        await wait_until(arrived)
    finally:
        await hasty.aclose()


async def test_setting_and_reading_the_switches(web: aiohttp.ClientSession) -> None:
    async with web.put("/faults", json={"latency": 0.5, "seed": 2}) as response:
        assert response.status == 200
    await switch(web, idempotency=False)
    async with web.get("/faults") as response:
        assert await response.json() == {
            "latency": 0.5,
            "refuse": [],
            "rateLimit": None,
            "errors": None,
            "drop": None,
            "status": None,
            "idempotency": False,
            "repeat": "replay",
            "seed": 2,
        }
    for method in ("PUT", "PATCH"):
        async with web.request(method, "/faults", json={"latenzy": 1}) as response:
            assert response.status == 400
            assert "latenzy" in (await response.json())["message"]
    async with web.put("/faults", json={}) as response:
        assert (await response.json())["seed"] == 0


async def test_errors_are_json_with_a_message(web: aiohttp.ClientSession) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PATCH", "/login", 405)):
        async with web.request(method, path) as response:
            assert response.status == status
            assert isinstance((await response.json())["message"], str)


async def test_the_page_is_strict(web: aiohttp.ClientSession) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
    ):
        async with web.get(path) as response:
            assert response.status == 200
            assert response.content_type == kind
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            text = await response.text()
            assert "://" not in text
            assert "innerHTML" not in text


async def test_a_taken_port_is_an_os_error(sandbox: RunningSandbox) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        await start_sandbox("127.0.0.1", sandbox.port)


async def test_closing_does_not_wait_for_latency() -> None:
    running = await start_sandbox("127.0.0.1", 0)
    gateway = HttpGateway(running.url)
    async with aiohttp.ClientSession(running.url) as web:
        await switch(web, latency=60)
        waiting = asyncio.create_task(gateway.send(None, PROFILE, chat(), "k"))

        async def answers() -> bool:
            async with web.get("/faults") as response:
                return response.status == 200 and not waiting.done()

        await wait_until(answers)
    async with asyncio.timeout(10):
        await running.close()
        assert isinstance(await waiting, Unknown | NotSent)
    await gateway.aclose()


# --- worse servers than the sandbox


async def test_a_refused_connection_is_certain() -> None:
    gateway = HttpGateway(f"http://127.0.0.1:{free_port()}")
    try:
        assert await gateway.send(None, PROFILE, chat(), "k") == NotSent(
            "The gateway cannot be reached"
        )
        for call in (
            gateway.login("demo@example.com", "demo"),
            gateway.profiles(None),
            gateway.attachments(None, PROFILE),
            gateway.recipients(None, PROFILE, "chat", None),
        ):
            with pytest.raises(GatewayUnavailable):
                await call
    finally:
        await gateway.aclose()


async def test_a_name_that_does_not_resolve_is_certain() -> None:
    gateway = HttpGateway("http://gateway.invalid")
    try:
        assert isinstance(await gateway.send(None, PROFILE, chat(), "k"), NotSent)
    finally:
        await gateway.aclose()


async def test_a_connection_that_is_never_accepted_is_certain() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # These fill the queue of a listener that accepts nobody, so that the next one only waits.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        gateway = HttpGateway(f"http://127.0.0.1:{address[1]}", timeout=0.3)
        try:
            assert await gateway.send(None, PROFILE, chat(), "k") == NotSent(
                "The gateway did not answer in time"
            )
        finally:
            await gateway.aclose()
            for filler in fillers:
                filler.close()


CUT_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
BROKEN_GZIP = (
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n"
    b"Connection: close\r\n\r\nnope"
)
BROKEN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnope\r\n"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n"
BROKEN_ANSWERS = [b"", NOT_HTTP, b"HTTP/1.1 abc OK\r\n\r\n", CUT_BODY, BROKEN_GZIP, BROKEN_CHUNKS]


@pytest.mark.parametrize("answer", BROKEN_ANSWERS)
async def test_reading_a_broken_answer_is_unavailable(answer: bytes) -> None:
    async with raw_server(answer) as url:
        gateway = HttpGateway(url)
        try:
            with pytest.raises(GatewayUnavailable):
                await gateway.profiles(None)
        finally:
            await gateway.aclose()


@pytest.mark.parametrize("answer", [b"", NOT_HTTP, b"HTTP/1.1 abc OK\r\n\r\n", BROKEN_CHUNKS])
async def test_sending_into_a_broken_answer_is_unknown(answer: bytes) -> None:
    async with raw_server(answer) as url:
        gateway = HttpGateway(url)
        try:
            assert isinstance(await gateway.send(None, PROFILE, chat(), "k"), Unknown)
        finally:
            await gateway.aclose()


@pytest.mark.parametrize("answer", [CUT_BODY, BROKEN_GZIP])
@pytest.mark.parametrize(
    ("line", "result"),
    [
        (b"200 OK", Sent()),
        (b"422 No", RecipientRefused("The gateway answered 422")),
        (b"500 No", Unknown("The gateway answered 500")),
    ],
)
async def test_the_status_of_a_send_counts_even_with_a_broken_body(
    answer: bytes, line: bytes, result: Sent | RecipientRefused | Unknown
) -> None:
    async with raw_server(answer.replace(b"200 OK", line)) as url:
        gateway = HttpGateway(url)
        try:
            assert await gateway.send(None, PROFILE, chat(), "k") == result
        finally:
            await gateway.aclose()


async def test_silence_is_unknown_for_a_send_and_unavailable_for_a_read() -> None:
    async with raw_server(None) as url:
        gateway = HttpGateway(url, timeout=0.2)
        try:
            assert isinstance(await gateway.send(None, PROFILE, chat(), "k"), Unknown)
            with pytest.raises(GatewayUnavailable, match="in time"):
                await gateway.profiles(None)
        finally:
            await gateway.aclose()


async def test_an_endless_answer_is_given_up() -> None:
    length = 64 * 1024 * 1024
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()
    async with raw_server(head + b" " * (9 * 1024 * 1024)) as url:
        gateway = HttpGateway(url)
        try:
            with pytest.raises(GatewayUnavailable, match="too large"):
                await gateway.profiles(None)
        finally:
            await gateway.aclose()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"301 Moved\r\nLocation: /elsewhere", GatewayRefused),
        (b"403 No", GatewayRefused),
        (b"404 No", ProfileUnknown),
        (b"410 No", ProfileUnknown),
        (b"429 Slow\r\nRetry-After: 9", GatewayRateLimited),
        (b"500 No", GatewayUnavailable),
        (b"200 OK", GatewayUnavailable),
    ],
)
async def test_each_reading_error_over_a_socket(line: bytes, kind: type[GatewayError]) -> None:
    async with raw_server(b"HTTP/1.1 " + line + b"\r\nContent-Length: 2\r\n\r\n{}") as url:
        gateway = HttpGateway(url)
        try:
            with pytest.raises(kind) as raised:
                await gateway.recipients(None, PROFILE, "chat", None)
            assert type(raised.value) is kind
            if isinstance(raised.value, GatewayRateLimited):
                assert raised.value.retry_after == 9.0
        finally:
            await gateway.aclose()


async def test_a_base_path_credentials_and_cookies() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nConnection: close\r\n"
            b"Content-Length: 18\r\n\r\n"
            b'{"recipients": []}'
        )
        writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, family=socket.AF_INET)
    gateway = HttpGateway(f"http://localhost:{server.sockets[0].getsockname()[1]}/v1/")
    try:
        await gateway.recipients("secret", "a/b é", "chat", "c+d=&")
        await gateway.recipients(None, "x", "mail", None)
    finally:
        await gateway.aclose()
        server.close()
        await server.wait_closed()
    first, second = (request.decode().lower() for request in seen)
    assert first.startswith(
        "get /v1/profiles/a%2fb%20%c3%a9/recipients?type=chat&cursor=c%2bd%3d%26 http"
    )
    assert "authorization: bearer secret\r\n" in first
    assert second.startswith("get /v1/profiles/x/recipients?type=mail http")
    assert "authorization" not in second
    assert "cookie" not in second


@pytest.mark.parametrize(
    "url", ["", "gateway", "ftp://gateway", "http://", "http://u:p@gateway", "http://gateway/?a=b"]
)
def test_unusable_gateway_urls(url: str) -> None:
    with pytest.raises(ValueError, match="gateway URL"):
        HttpGateway(url)


async def test_a_closed_client_is_unavailable(sandbox: RunningSandbox) -> None:
    gateway: Gateway = HttpGateway(sandbox.url)
    await gateway.profiles(None)
    await gateway.aclose()
    with pytest.raises(GatewayUnavailable):
        await gateway.profiles(None)
    assert isinstance(await gateway.send(None, PROFILE, chat(), "k"), NotSent)
    await gateway.aclose()


async def test_connections_are_reused(gateway: HttpGateway, sandbox: RunningSandbox) -> None:
    opened = 0
    original = asyncio.get_running_loop().create_connection

    async def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal opened
        opened += 1
        return await original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "create_connection", counting)
        for number in range(5):
            assert await gateway.send(None, PROFILE, chat(), str(number)) == Sent()
        assert isinstance(await gateway.send(None, PROFILE, chat("nobody"), "x"), RecipientRefused)
        assert await gateway.profiles(None)
    assert opened == 1
