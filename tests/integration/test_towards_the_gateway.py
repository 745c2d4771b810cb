"""What a gateway is told, and where it cannot lead a server."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from alphasync.checks import CannotStart, NotThere, check_gateway
from alphasync.config import Settings, WrongSetting
from alphasync.doctor import examine
from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import GatewayError, NotSent
from alphasync.gateway.tracing import trace_of
from alphasync.options import http_gateway
from alphasync.surroundings import surroundings
from tests.faults.test_redis_tls import self_signed
from tests.harness import SECRET, wait_until
from tests.integration.backend import Backend, answered, fronted, page, runner_lost
from tests.integration.raw_gateway import Raw, raw, send

OF_A_CLIENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
NAME = "gateway.example.com"


def leads_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What the machine's DNS says of every name."""

    def look_up(_: str, port: int, *__: Any, **___: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """To another host it would carry the token, and a POST its message."""
    reached = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(100))
        writer.close()

    async with raw(elsewhere) as other:

        async def moved(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": f"{other}/x"})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", moved)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        gateway = HttpGateway(f"http://127.0.0.1:{port}")
        for ask in (
            gateway.login("a", "b"),
            gateway.profiles("secret"),
            gateway.attachments("secret", "p"),
            gateway.recipients("secret", "p", "chat", None),
        ):
            with pytest.raises(GatewayError, match=str(status)):
                await ask
        assert not isinstance(await send(gateway), NotSent)
        await gateway.aclose()
        await runner.cleanup()
    assert reached == []


async def test_the_ca_of_the_setting_is_believed_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    key, certificate = self_signed(tmp_path / "one")
    _, other = self_signed(tmp_path / "other")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with raw(Raw(), context) as url:
        for given, sent in ((certificate, True), (other, False), (None, False)):
            gateway = http_gateway(Settings(gateway_ca_file=given), url)
            refused = await send(gateway) == NotSent("The gateway's certificate is not valid")
            assert refused is not sent
            await gateway.aclose()


async def test_a_ca_file_that_is_of_no_use_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("x")
    for path in (tmp_path / "none.pem", empty):
        settings = Settings(gateway_ca_file=path, jwt_secret=SECRET, redis_url="memory://")
        with pytest.raises(WrongSetting, match=f"^GATEWAY_CA_FILE: .*{path.name}"):
            http_gateway(settings, "https://127.0.0.1")
        found = [finding async for finding in examine(settings)]
        (gateway,) = [finding for finding in found if finding.what == "gateway"]
        assert (gateway.ok, "GATEWAY_CA_FILE" in gateway.text) == (False, True)


@pytest.mark.parametrize("private", [False, True])
async def test_a_public_name_does_not_lead_into_our_network(
    monkeypatch: pytest.MonkeyPatch, private: bool
) -> None:
    talk = Raw()
    async with raw(talk) as url:
        leads_to(monkeypatch, "127.0.0.1")
        gateway = HttpGateway(url.replace("127.0.0.1", NAME), private=private)
        with capture_logs() as lines:
            result = await send(gateway)
        await gateway.aclose()
    assert bool(talk.requests) is private
    if not private:
        assert result == NotSent("The gateway cannot be reached")
        assert any("GATEWAY_PRIVATE" in str(line.get("reason")) for line in lines)


async def test_a_name_that_leads_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://{NAME}"
    settings = Settings(gateway_url=url, jwt_secret=SECRET, redis_url="memory://")
    leads_to(monkeypatch, "169.254.169.254")
    with pytest.raises(NotThere, match="nothing is asked there"):
        await check_gateway(url, private=True)
    leads_to(monkeypatch, "10.0.0.1")
    with pytest.raises(CannotStart, match=r"^GATEWAY_URL: .*GATEWAY_PRIVATE"):
        async with surroundings(settings, wait=True):
            pass


@dataclass
class Traced(Backend):
    """Also writes down which trace each call says that it is part of."""

    traces: list[tuple[str, str]] = field(default_factory=list)
    """What was asked for, and the header."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        what = request.path.rpartition("/")[2]
        self.traces.append((what, request.headers["traceparent"]))
        return await super().handle(request)


async def test_a_runs_calls_are_one_trace_on_whichever_server(redis_url: str) -> None:
    there = Traced(pages={None: page("1", "2", "3")}, hang="2")
    async with fronted(redis_url, there) as running:
        device = await running.device()
        run = (await device.start("p"))["runId"]
        await wait_until(lambda: there.tried == ["1", "2"], what="the second one hangs")
        lost = await runner_lost(running, "p")
        there.hang = None
        running.servers[0].pool.adopt(lost)
        await device.wait_for("processingComplete")
    asked = [header for what, header in there.traces if what in ("recipients", "messages")]
    assert len(asked) == 6, "two listings; the second recipient was asked for twice"
    assert {header.split("-")[1] for header in asked} == {trace_of(run)}
    assert len({header.split("-")[2] for header in asked}) == 6


async def test_a_runs_lines_in_the_log_say_its_trace(redis_url: str) -> None:
    there = Backend(pages={None: page("1")}, answer=lambda *_: answered({}, 400))
    async with fronted(redis_url, there) as running:
        device = await running.device()
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            run = (await device.start("p"))["runId"]
            await device.wait_for("processingInterrupted")
    (line,) = [line for line in lines if line["event"] == "run interrupted"]
    assert line["trace"] == trace_of(run)


async def test_a_clients_own_trace_goes_on(redis_url: str) -> None:
    there = Traced()
    demo = {"email": "demo@example.com", "password": "demo"}
    async with fronted(redis_url, there) as running, aiohttp.ClientSession() as http:
        for headers in ({}, {"traceparent": OF_A_CLIENT}):
            url = f"{running.urls[0]}/api/auth/login"
            async with http.post(url, json=demo, headers=headers) as response:
                assert response.status == 200
    of_logins = [header for what, header in there.traces if what == "login"]
    assert [header == OF_A_CLIENT for header in of_logins] == [False, True]
