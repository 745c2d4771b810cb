"""Connections to a gateway that closes them, and answers that are larger than they look."""

import asyncio
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alphasync.gateway import connection
from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    GatewayUnavailable,
    NotSent,
    Sent,
    Unknown,
)
from tests.integration.raw_gateway import Raw, raw, send


async def test_a_connection_is_used_again_while_it_is_young() -> None:
    talk = Raw()
    async with raw(talk) as url:
        gateway = HttpGateway(url)
        assert [await send(gateway) for _ in range(5)] == [Sent()] * 5
        assert talk.connections == 1
        await gateway.aclose()


async def test_an_idle_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side may be closing it that very moment; so may one that closes without a word."""
    monkeypatch.setattr(connection, "REUSE_TIMEOUT", 0.05)
    talk = Raw(idle=0.12)
    async with raw(talk) as url:
        gateway = HttpGateway(url)
        for _ in range(6):
            assert await send(gateway) == Sent()
            await asyncio.sleep(0.118)
        assert talk.connections == 6
        await gateway.aclose()


@pytest.mark.parametrize(
    ("announced", "connections"),
    [
        ("", 1),
        ("Keep-Alive: timeout=5\r\n", 1),
        ("Keep-Alive: timeout=2, max=100\r\n", 1),
        ("Keep-Alive: max=3, timeout=75\r\n", 1),
        ("Keep-Alive: nonsense\r\n", 1),
        # The first one was pooled before its announcement was read; none is after it.
        ("Keep-Alive: timeout=1\r\n", 4),
        ("Keep-Alive: max=100,  TIMEOUT = 0\r\n", 4),
        ("Connection: close\r\n", 4),
    ],
)
async def test_keep_alive_is_heeded(announced: str, connections: int) -> None:
    talk = Raw(announced)
    async with raw(talk) as url:
        gateway = HttpGateway(url)
        assert [await send(gateway) for _ in range(4)] == [Sent()] * 4
        assert talk.connections == connections
        await gateway.aclose()


async def test_a_connection_closed_before_anything_was_written_was_not_sent_on() -> None:
    """It ends while it waits in the pool, without the loop having had a turn to see it."""
    talk = Raw(then="close")
    async with raw(talk) as url:
        gateway = HttpGateway(url)
        results = []
        for _ in range(20):
            results.append(await send(gateway))
            await talk.closing.wait()
            talk.closing.clear()
        assert results == [Sent()] * 20
        assert talk.requests == list(range(1, 21)), "each once, on a connection of its own"
        await gateway.aclose()


async def test_a_connection_closed_after_the_message_was_written_is_unknown() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with raw(talk) as url:
        gateway = HttpGateway(url)
        assert isinstance(await send(gateway), Unknown)
        await gateway.aclose()


async def test_what_fails_before_the_message_is_written_was_not_sent() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw(silent) as url:
        # Connected, and the handshake gets no answer.
        gateway = HttpGateway(url.replace("http:", "https:"), timeout=0.3)
        assert isinstance(await send(gateway), NotSent)
        await gateway.aclose()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "gateway.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_wrong_certificate_is_said_as_such(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with raw(Raw(), context) as url:
        gateway = HttpGateway(url)
        assert await send(gateway) == NotSent("The gateway's certificate is not valid")
        with pytest.raises(GatewayUnavailable, match="certificate is not valid"):
            await gateway.login("a", "b")
        await gateway.aclose()


async def test_a_server_without_tls_is_said_as_such() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with raw(plain) as url:
        gateway = HttpGateway(url.replace("http:", "https:"))
        assert await send(gateway) == NotSent("The gateway makes no secure connection")
        await gateway.aclose()
