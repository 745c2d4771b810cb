"""The gateway client itself: the addresses that it takes, its connections, its end."""

import asyncio
from typing import Any

import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import Gateway, GatewayUnavailable, NotSent, RecipientRefused, Sent
from alphasync.gateway.sandbox import RunningSandbox
from tests.integration.sandbox.talking import PROFILE, chat
from tests.streams import stream_server


async def test_a_base_path_credentials_and_cookies() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nConnection: close\r\n"
            b"Content-Length: 18\r\n\r\n"
            b'{"recipients": []}'
        )

    async with stream_server(serve) as port:
        gateway = HttpGateway(f"http://localhost:{port}/v1/")
        try:
            await gateway.recipients("secret", "a/b é", "chat", "c+d=&")
            await gateway.recipients(None, "x", "mail", None)
        finally:
            await gateway.aclose()
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
