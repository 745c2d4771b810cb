"""How an Engine.IO session begins, and which requests are refused."""

import json
import math
from typing import Any

import aiohttp
import pytest

from alphasync.transport import EngineServer
from tests.conformance.servers import PAYLOAD_MAX, Engine, MakeEngine
from tests.conformance.wire import Answer, opened

POLLING = "EIO=4&transport=polling"
PROTOCOL_ERRORS = {
    0: "Transport unknown",
    1: "Session ID unknown",
    2: "Bad handshake method",
    3: "Bad request",
    5: "Unsupported protocol version",
}
"""What a client is told with status 400; the codes and words are those of the Node server."""


def refused(answer: Answer, code: int) -> None:
    assert answer.status == 400, answer
    assert answer.headers["Content-Type"].startswith("application/json")
    assert json.loads(answer.text) == {"code": code, "message": PROTOCOL_ERRORS[code]}


def handshake(text: str) -> dict[str, Any]:
    """The one packet that a handshake is; numbers have to be written as whole ones."""
    assert text.startswith("0{"), text
    found = json.loads(text[1:], parse_float=lambda number: math.nan)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("interval", "timeout", "in_ms"),
    [(25, 20, (25_000, 20_000)), (0.3, 0.2, (300, 200)), (1.001, 0.007, (1001, 7))],
)
async def test_a_polling_handshake_says_exactly_this(
    make_engine: MakeEngine, interval: float, timeout: float, in_ms: tuple[int, int]
) -> None:
    engine = await make_engine(ping_interval=interval, ping_timeout=timeout)
    answer = await engine.endpoint.request("GET", POLLING)
    assert answer.status == 200
    assert answer.headers["Content-Type"].lower() == "text/plain; charset=utf-8"
    opening = handshake(answer.text)
    assert opening.pop("sid") == engine.connected[0]
    assert opening == {
        "upgrades": ["websocket"],
        "pingInterval": in_ms[0],
        "pingTimeout": in_ms[1],
        "maxPayload": PAYLOAD_MAX,
    }


async def test_a_websocket_handshake_offers_no_upgrade(make_engine: MakeEngine) -> None:
    engine = await make_engine(ping_interval=0.3, ping_timeout=0.2)
    ws = await engine.endpoint.websocket()
    opening = handshake(await ws.receive_str())
    assert opening.pop("sid") == engine.connected[0]
    assert opening == {
        "upgrades": [],
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": PAYLOAD_MAX,
    }
    await ws.close()


@pytest.mark.parametrize("options", [{"allow_upgrades": False}, {"transports": ["polling"]}])
async def test_an_upgrade_is_offered_only_where_it_is_possible(
    make_engine: MakeEngine, options: dict[str, Any]
) -> None:
    engine = await make_engine(**options)
    assert (await engine.endpoint.handshake())["upgrades"] == []


async def test_no_two_sessions_have_the_same_id(engine: Engine) -> None:
    sids = [await engine.endpoint.sid() for _ in range(20)]
    for _ in range(20):
        ws = await engine.endpoint.websocket()
        sids.append((await opened(ws))["sid"])
        await ws.close()
    assert len(set(sids)) == 40
    assert sids == engine.connected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("EIO=4&transport=pigeon", 0),
        ("EIO=4&transport=", 0),
        ("EIO=4&transport=polling2", 0),
        ("EIO=4", 0),
        ("", 0),
        ("EIO=3&transport=polling", 5),
        ("EIO=5&transport=polling", 5),
        ("EIO=abc&transport=polling", 5),
        ("EIO=&transport=polling", 5),
        ("transport=polling", 5),
        ("EIO=4&transport=polling&sid=nobody", 1),
        ("EIO=4&transport=polling&sid=" + "x" * 2000, 1),
        # A WebSocket is asked for without the headers of one.
        ("EIO=4&transport=websocket", 3),
    ],
)
async def test_a_get_that_is_no_handshake_is_refused(engine: Engine, query: str, code: int) -> None:
    refused(await engine.endpoint.request("GET", query), code)
    assert engine.connected == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_a_session_begins_with_a_get_only(engine: Engine, method: str) -> None:
    answer = await engine.endpoint.request(method, POLLING)
    if method == "HEAD":
        assert answer.status == 400
    else:
        refused(answer, 2)
    assert engine.connected == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_a_session_knows_get_and_post_only(engine: Engine, method: str) -> None:
    sid = await engine.endpoint.sid()
    answer = await engine.endpoint.request(method, f"{POLLING}&sid={sid}", "4abc")
    assert answer.status == 400
    assert engine.received == []


async def test_a_transport_that_is_switched_off_is_unknown(make_engine: MakeEngine) -> None:
    engine = await make_engine(transports=["websocket"])
    refused(await engine.endpoint.request("GET", POLLING), 0)
    ws = await engine.endpoint.websocket()
    await opened(ws)
    await ws.close()


async def test_a_post_for_an_unknown_session_is_refused(engine: Engine) -> None:
    refused(await engine.endpoint.post("nobody", "4abc"), 1)


async def test_a_websocket_with_an_unknown_session_is_refused(engine: Engine) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await engine.endpoint.websocket("nobody")
    assert refusal.value.status == 400


@pytest.mark.parametrize("query", ["EIO=3&transport=websocket", "transport=websocket", "EIO=4"])
async def test_a_websocket_that_is_no_handshake_is_refused(engine: Engine, query: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await http.ws_connect(f"{engine.endpoint.url}?{query}")
    assert refusal.value.status == 400
    assert engine.connected == []


@pytest.mark.parametrize("j", ["0", "12", "alert(1)", ""])
async def test_jsonp_is_refused(engine: Engine, j: str) -> None:
    answer = await engine.endpoint.request("GET", f"{POLLING}&j={j}")
    assert answer.status == 400
    assert engine.connected == []


async def test_a_connect_handler_may_refuse(engine: Engine) -> None:
    engine.eio.on("connect", lambda sid, environ: False)
    answer = await engine.endpoint.request("GET", POLLING)
    assert answer.status == 401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await engine.endpoint.websocket()
    assert refusal.value.status == 401


async def test_the_session_id_may_go_into_a_cookie(make_engine: MakeEngine) -> None:
    engine = await make_engine(cookie="io")
    answer = await engine.endpoint.request("GET", POLLING)
    assert answer.headers["Set-Cookie"].split(";")[0] == f"io={engine.connected[0]}"


async def test_other_query_parameters_reach_the_connect_handler(engine: Engine) -> None:
    seen: list[str] = []
    engine.eio.on("connect", lambda sid, environ: seen.append(environ["QUERY_STRING"]))
    await engine.endpoint.request("GET", f"{POLLING}&room=12&t=abc")
    assert seen == [f"{POLLING}&room=12&t=abc"]


async def test_the_server_is_what_stock_code_expects(engine: Engine) -> None:
    """The documented methods of python-engineio's server."""
    assert isinstance(engine.eio, EngineServer)
    client = await engine.client("websocket")
    assert engine.eio.transport(client.sid) == "websocket"
    await engine.eio.save_session(client.sid, {"who": "me"})
    assert await engine.eio.get_session(client.sid) == {"who": "me"}
    async with engine.eio.session(client.sid) as session:
        session["more"] = 1
    assert await engine.eio.get_session(client.sid) == {"who": "me", "more": 1}
    await engine.eio.disconnect(client.sid)
    await client.closed()
    assert engine.ended == {client.sid: "server disconnect"}
