"""Servers on one strict gateway, and what an operator does there."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import jwt

from alphasync.gateway.sandbox import RunningSandbox
from alphasync.store import keys
from tests.harness import SECRET, Cluster, Device, wait_until
from tests.integration.strict_gateway import StrictGateway, strict_gateway

HANDLE = "X-Alpha-Date-Token"
RIGHTS: dict[str, list[str] | None] = {"all": None, "one": ["p1"], "two": ["p2"]}
ACCOUNT = keys.of_account("o:demo")


class Office:
    """Servers on one strict gateway, and what one does over HTTP."""

    def __init__(self, cluster: Cluster, gateway: StrictGateway, http: aiohttp.ClientSession):
        self.cluster = cluster
        self.gateway = gateway
        self._http = http

    async def call(
        self, method: str, path: str, server: int = 0, **options: Any
    ) -> tuple[int, Any]:
        async with self._http.request(method, self.cluster.urls[server] + path, **options) as got:
            return got.status, await got.json()

    async def login(self, password: str = "all") -> dict[str, Any]:
        status, body = await self.call(
            "POST", "/api/auth/login", json={"email": "a@b.example", "password": password}
        )
        assert status == 200, body
        return cast(dict[str, Any], body)

    async def refresh(self, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.call("POST", "/api/auth/refresh", headers=headers)

    async def profiles(self, login: dict[str, Any], server: int = 0) -> tuple[int, Any]:
        headers = {HANDLE: login["alphaDateToken"]}
        return await self.call("GET", "/api/profiles", server, headers=headers)

    async def attachments(self, login: dict[str, Any], profile: str) -> tuple[int, Any]:
        headers = {HANDLE: login["alphaDateToken"]}
        return await self.call("GET", f"/api/profiles/{profile}/attachments", headers=headers)

    async def device(self, login: dict[str, Any], server: int = 0) -> Device:
        return await self.cluster.device(server, token=login["token"])


@contextlib.asynccontextmanager
async def opened(
    redis_url: str, servers: int = 1, settings: dict[str, Any] | None = None, **gateway: Any
) -> AsyncIterator[Office]:
    async with (
        strict_gateway(**{"rights": RIGHTS, **gateway}) as strict,
        aiohttp.ClientSession() as http,
    ):
        cluster = Cluster(redis_url, cast(RunningSandbox, strict))
        try:
            for _ in range(servers):
                await cluster.add_server(gateway_token="service", **(settings or {}))
            yield Office(cluster, strict, http)
        finally:
            await cluster.close()


async def come_back(office: Office, device: Device, login: dict[str, Any]) -> Device:
    """The same device, on the first server."""
    proof = device.last("deviceRegistered")["resumeToken"]
    identity = {"deviceId": device.id, "resumeToken": proof}
    return await office.cluster.device(0, token=login["token"], auth=identity)


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])


def sid_of(login: dict[str, Any]) -> str:
    return str(claims_of(login["token"])["sid"])


def waits(progress: dict[str, Any]) -> bool:
    return bool(progress["progress"].get("waitingFor") == "sign_in")


async def waiting(device: Device) -> None:
    """Until the device is told that the run waits for a sign-in."""
    await wait_until(
        lambda: any(waits(event) for event in device.named("processingProgress")),
        what="a progress that waits for a sign-in",
    )
    assert "sign in" in next(
        event["progress"]["message"] for event in device.named("processingProgress") if waits(event)
    )
