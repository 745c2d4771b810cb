"""A Redis with TLS whose certificate is signed by nobody whom this machine knows."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alphasync.checks import CannotStart, check_redis, only_here
from alphasync.config import Settings
from alphasync.doctor import examine
from alphasync.surroundings import redis_url
from tests.harness import SECRET, be_patient_with_redis, cluster
from tests.streams import stream_server

pytestmark = [pytest.mark.faults]
PASSWORD = "hunter2"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A key and its certificate, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private, public = folder / "key.pem", folder / "certificate.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return private, public


@pytest.fixture
async def tls(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Path]]:
    """The address of a Valkey that is reached by TLS, and the file of its certificate."""
    be_patient_with_redis(monkeypatch, 15.0)
    key, certificate = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside = await asyncio.open_unix_connection(redis_url.removeprefix("unix://"))
        try:
            await asyncio.gather(pass_on(reader, inside[1]), pass_on(inside[0], writer))
        finally:
            inside[1].close()

    async with stream_server(take, context) as port:
        yield f"rediss://127.0.0.1:{port}", certificate


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As the TLS of a managed Redis does, which the embedded Valkey is built without."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def tried(settings: Settings) -> tuple[str, str]:
    """The address as it is used, and why nothing can be done with it."""
    async with redis_url(settings) as url:
        try:
            await check_redis(settings, url, wait=False)
        except CannotStart as error:
            return url, f"{error}. {error.advice}"
    return url, ""


def made(url: str, certificate: Path | None = None, *, verify: bool = True) -> Settings:
    return Settings(
        redis_url=url,
        redis_ca_file=certificate,
        redis_verify=verify,
        jwt_secret=SECRET,
        gateway_url="sandbox",
    )


async def test_a_certificate_that_nobody_knows_is_named(tls: tuple[str, Path]) -> None:
    _, said = await tried(made(tls[0].replace("//", f"//:{PASSWORD}@")))
    assert "certificate" in said
    assert "REDIS_CA_FILE" in said
    assert PASSWORD not in said


@pytest.mark.parametrize("verify", [True, False])
async def test_with_its_file_or_unlooked_at(tls: tuple[str, Path], verify: bool) -> None:
    settings = made(tls[0], tls[1] if verify else None, verify=verify)
    url, said = await tried(settings)
    assert said == ""
    found = {finding.what: finding async for finding in examine(settings)}
    assert found["redis"].ok
    assert ("redis_verify" in found) is not verify
    async with cluster(url, 1) as servers:
        a, b = await servers.pair()
        await a.call("updateMessage", {"profileId": "p", "type": "chat", "message": "Hello"})
        await b.wait_for("messageUpdated", message="Hello")


@pytest.mark.parametrize(
    ("redis", "internal", "wrong"),
    [
        (None, None, False),
        (None, "127.0.0.1", False),
        (None, "10.0.0.5", True),
        ("redis://127.0.0.1", "10.0.0.5", True),
        ("redis://10.0.0.1", "10.0.0.5", False),
    ],
)
def test_a_redis_of_this_machine_with_servers_on_others(
    redis: str | None, internal: str | None, wrong: bool
) -> None:
    said = only_here(Settings(redis_url=redis, internal_host=internal))
    assert (said is not None) is wrong
