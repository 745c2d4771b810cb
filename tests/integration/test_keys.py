"""A key is changed server by server: nobody is signed out, and servers go on passing on."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from socketio.exceptions import ConnectionError as SocketError

from tests.harness import Cluster, Device, cluster
from tests.integration.http.asking import DEMO, HANDLE

pytestmark = pytest.mark.any_redis

OLD = "the key of last year that is to be left behind"
NEW = "the key of this year that is to be taken on now"


async def test_nobody_is_signed_out_and_no_run_ends_as_a_key_is_changed(redis_url: str) -> None:
    async with cluster(redis_url, servers=0) as running, aiohttp.ClientSession() as session:
        first = await running.add_server(jwt_secret=OLD)
        async with session.post(f"{first}/api/auth/login", json=DEMO) as response:
            signed_in = await response.json()
        for keys in (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}"):
            url = await running.add_server(jwt_secret=keys)
            signed_in["token"] = await _used(session, running, url, signed_in)
        last = await running.add_server(jwt_secret=NEW)
        # The handle is of the login, and older than the key; all else has been made anew.
        await _refreshed(session, last, signed_in["token"])
        device = await running.device(server=len(running.urls) - 1, token=signed_in["token"])
        await device.start()
        await device.wait_for("processingComplete")


async def test_a_key_that_is_dropped_opens_nothing(redis_url: str) -> None:
    async with cluster(redis_url, servers=0) as running, aiohttp.ClientSession() as session:
        first = await running.add_server(jwt_secret=OLD)
        async with session.post(f"{first}/api/auth/login", json=DEMO) as response:
            signed_in = await response.json()
        last = await running.add_server(jwt_secret=NEW)
        headers = {"Authorization": f"Bearer {signed_in['token']}"}
        async with session.post(f"{last}/api/auth/refresh", headers=headers) as response:
            assert response.status == 401


@pytest.mark.parametrize("at", [0, 1])
async def test_servers_between_two_keys_pass_on_to_each_other(redis_url: str, at: int) -> None:
    async with cluster(redis_url, servers=0) as running, aiohttp.ClientSession() as session:
        for keys in (f"{OLD},{NEW}", f"{NEW},{OLD}"):
            await running.add_server(jwt_secret=keys)
        path = "/socket.io/?EIO=4&transport=polling"
        async with session.get(running.urls[at] + path) as response:
            sid = (await response.text())[1:].partition('"sid":"')[2].partition('"')[0]
        other = running.urls[1 - at]
        async with session.post(f"{other}{path}&sid={sid}", data="40{}") as response:
            assert (response.status, await response.text()) == (200, "ok")


async def _used(
    session: aiohttp.ClientSession, running: Cluster, url: str, signed_in: dict[str, str]
) -> str:
    """All that a login is good for, at this server; gives the fresh token."""
    headers = {HANDLE: signed_in["alphaDateToken"]}
    async with session.get(f"{url}/api/profiles", headers=headers) as response:
        assert response.status == 200
    device = await running.device(server=len(running.urls) - 1, token=signed_in["token"])
    await device.close()
    return await _refreshed(session, url, signed_in["token"])


async def _refreshed(session: aiohttp.ClientSession, url: str, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.post(f"{url}/api/auth/refresh", headers=headers) as response:
        assert response.status == 200
        return str((await response.json())["token"])


@pytest.mark.parametrize("transports", [["polling"], ["websocket"]])
async def test_a_token_by_a_key_of_somebody_else(
    redis_url: str, tmp_path: Path, transports: list[str]
) -> None:
    theirs, strangers = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = theirs.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file = tmp_path / "key.pem"
    file.write_bytes(public)
    exp = int(time.time()) + 600
    said = {"sub": "demo", "exp": exp, "aud": "alphasync"}

    def token(key: Ed25519PrivateKey, **changed: str) -> str:
        return jwt.encode({**said, **changed}, key, algorithm="EdDSA")

    async with cluster(redis_url, servers=0) as running, aiohttp.ClientSession() as session:
        url = await running.add_server(jwt_public_key=file, jwt_audience="alphasync")
        device = await running.device(token=token(theirs), transports=transports)
        assert device.id
        given = token(theirs)
        headers = {"Authorization": f"Bearer {given}"}
        async with session.post(f"{url}/api/auth/refresh", headers=headers) as response:
            body = await response.json()
        # One of ours would be good without their key.
        assert (response.status, body["token"], body["prolonged"]) == (200, given, False)
        assert (body["operatorId"], body["expiresAt"]) == ("demo", exp * 1000)
        forged = hmac_forged(said, public)
        for wrong in (token(strangers), token(theirs, aud="another"), running.token(), forged):
            refused = Device(url, wrong, transports=transports)
            with pytest.raises(SocketError):
                await refused.connect()
            await refused.close()
            headers = {"Authorization": f"Bearer {wrong}"}
            async with session.post(f"{url}/api/auth/refresh", headers=headers) as response:
                assert response.status == 401


def hmac_forged(said: dict[str, Any], key: bytes) -> str:
    """Signed with what everybody may know, as if it were a secret."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, said)]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=")
    return (text + b"." + signature).decode()
