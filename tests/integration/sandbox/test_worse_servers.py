"""The gateway client against servers that are worse than the sandbox."""

import socket

import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    GatewayError,
    GatewayRateLimited,
    GatewayRefused,
    GatewayUnavailable,
    NotSent,
    ProfileUnknown,
    RecipientRefused,
    Sent,
    Unknown,
)
from tests.integration.sandbox.talking import PROFILE, chat, raw_server
from tests.ports import free_port


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
