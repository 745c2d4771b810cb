"""Which pages may speak to the server, and what their browsers are told."""

import aiohttp
import pytest

from tests.conformance.servers import Engine, MakeEngine

POLLING = "EIO=4&transport=polling"
HOME = "https://app.example.com"
FOREIGN = [
    "https://evil.example.org",
    "https://app.example.com.evil.example.org",
    "http://app.example.com",
    "https://app.example.com:8443",
    "null",
]


@pytest.fixture
async def strict(make_engine: MakeEngine) -> Engine:
    return await make_engine(cors_allowed_origins=[HOME])


async def test_a_preflight_is_answered(strict: Engine) -> None:
    asked = {
        "Origin": HOME,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = await strict.endpoint.request("OPTIONS", POLLING, headers=asked)
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == HOME
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
    assert strict.connected == []


async def test_every_answer_names_the_origin(strict: Engine) -> None:
    """Of a refusal too: without it a browser hides from the page why it was refused."""
    origin = {"Origin": HOME}
    begun = await strict.endpoint.request("GET", POLLING, headers=origin)
    session = f"{POLLING}&sid={strict.connected[0]}"
    answers = [
        begun,
        await strict.endpoint.request("POST", session, "4hello", headers=origin),
        await strict.endpoint.request("GET", session, headers=origin),
        await strict.endpoint.request("GET", f"{POLLING}&sid=nobody", headers=origin),
        await strict.endpoint.request("POST", POLLING, "4hello", headers=origin),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 400, 400]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == HOME
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"


async def test_any_origin_is_let_in_by_a_star(engine: Engine) -> None:
    answer = await engine.endpoint.request("GET", POLLING, headers={"Origin": FOREIGN[0]})
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == FOREIGN[0]


async def test_without_an_origin_there_is_nothing_to_refuse(strict: Engine) -> None:
    assert (await strict.endpoint.handshake())["sid"] == strict.connected[0]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_origin_is_refused_on_both_transports(strict: Engine, origin: str) -> None:
    answer = await strict.endpoint.request("GET", POLLING, headers={"Origin": origin})
    assert answer.status in (400, 403)
    assert "Access-Control-Allow-Origin" not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await strict.endpoint.websocket(headers={"Origin": origin})
    assert refusal.value.status in (400, 403)
    assert strict.connected == []


async def test_a_foreign_origin_is_refused_in_a_session_too(strict: Engine) -> None:
    sid = await strict.endpoint.sid()
    session = f"{POLLING}&sid={sid}"
    foreign = {"Origin": FOREIGN[0]}
    answer = await strict.endpoint.request("POST", session, "4stolen", headers=foreign)
    assert answer.status in (400, 403)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await strict.endpoint.websocket(sid, headers=foreign)
    assert strict.received == []
