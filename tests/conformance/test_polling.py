"""Engine.IO over HTTP long-polling."""

import contextlib
import gzip
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.conformance.servers import BOTH_ROADS, PAYLOAD_MAX, Engine, MakeEngine
from tests.conformance.wire import SEPARATOR, packets

pytestmark = BOTH_ROADS


async def test_a_post_is_answered_with_ok(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    answer = await engine.endpoint.post(sid, "4hello")
    assert (answer.status, answer.text) == (200, "ok")
    await engine.got(sid, "hello")


@pytest.mark.parametrize("text", ["", "hello", "1", "ünï € 👋 \x00 \u2028", '{"a":1}', "b", "\n"])
async def test_a_text_goes_both_ways_as_it_is(engine: Engine, text: str) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, f"4{text}".encode())).text == "ok"
    answer = await engine.endpoint.poll(sid)
    assert (answer.status, answer.text) == (200, f"4{text}")
    assert answer.headers["Content-Type"].lower() == "text/plain; charset=utf-8"
    await engine.got(sid, text)


async def test_binary_is_base64_behind_a_b(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, "bAQIDBA==")).text == "ok"
    await engine.got(sid, b"\x01\x02\x03\x04")
    assert (await engine.endpoint.poll(sid)).text == "bAQIDBA=="


async def test_the_separator_separates_and_nothing_else_does(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    body = SEPARATOR.join(["4one", "bAQI=", "4", "42:4two", "4\x1d"])
    assert (await engine.endpoint.post(sid, body)).text == "ok"
    await engine.got(sid, "one", b"\x01\x02", "", "2:4two", "\x1d")
    assert await engine.endpoint.fetch(sid, 5) == packets(body)


async def test_as_many_packets_as_fit_in_one_post(engine: Engine) -> None:
    """A client puts all that it has into one POST and goes by ``maxPayload`` only."""
    sid = await engine.endpoint.sid()
    body = SEPARATOR.join(f"4{number}" for number in range(2000))
    assert (await engine.endpoint.post(sid, body)).text == "ok"
    await engine.got(sid, *(str(number) for number in range(2000)))


async def test_a_poll_brings_all_that_waits_in_order(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    for number in range(100):
        await engine.eio.send(sid, str(number))
    assert await engine.endpoint.fetch(sid, 100) == [f"4{number}" for number in range(100)]


@pytest.mark.parametrize("waiting", [1, 15, 16, 17, 32, 33, 100])
async def test_a_poll_brings_as_many_packets_as_every_client_takes(
    engine: Engine, waiting: int
) -> None:
    """Python's client takes an answer of more than sixteen for an attack and ends the session."""
    sid = await engine.endpoint.sid()
    for number in range(waiting):
        await engine.eio.send(sid, str(number))
    answers: list[int] = []
    while sum(answers) < waiting:
        answers.append(len(packets((await engine.endpoint.poll(sid)).text)))
    assert answers == [16] * (waiting // 16) + [waiting % 16] * (waiting % 16 > 0)


async def test_the_last_words_of_a_session_come_in_answers_that_every_client_takes(
    engine: Engine,
) -> None:
    sid = await engine.endpoint.sid()
    for number in range(20):
        await engine.eio.send(sid, str(number))
    await engine.eio.disconnect(sid)
    first = packets((await engine.endpoint.poll(sid)).text)
    second = packets((await engine.endpoint.poll(sid)).text)
    assert (len(first), first + second) == (16, [f"4{number}" for number in range(20)])
    await engine.endpoint.gone(sid)


async def test_an_open_poll_is_answered_by_the_next_message(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        assert not poll.done()
        await engine.eio.send(sid, "now")
        assert (await poll).text == "4now"


async def test_structures_are_sent_as_json(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    await engine.eio.send(sid, {"a": [1, "é"]})
    text = (await engine.endpoint.poll(sid)).text
    assert (text[0], json.loads(text[1:])) == ("4", {"a": [1, "é"]})


async def test_a_post_of_exactly_the_limit_is_taken(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    text = "x" * (PAYLOAD_MAX - 1)
    assert (await engine.endpoint.post(sid, f"4{text}")).text == "ok"
    await engine.got(sid, text)


async def test_the_limit_counts_bytes(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, "4" + "é" * (PAYLOAD_MAX // 2))).status == 413
    await engine.endpoint.gone(sid)


async def test_a_post_over_the_limit_ends_the_session(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, "4" + "x" * PAYLOAD_MAX)).status == 413
    await engine.endpoint.gone(sid)
    assert engine.received == []
    assert list(engine.ended) == [sid]


async def test_a_post_that_does_not_say_how_long_it_is(engine: Engine) -> None:
    """Chunked: the limit holds for what comes, not for what was announced."""

    async def body(size: int) -> AsyncIterator[bytes]:
        yield b"4"
        for _ in range(size // 1000):
            yield b"x" * 1000

    sid = await engine.endpoint.sid()
    assert (await engine.endpoint.post(sid, body(5000))).text == "ok"
    await engine.got(sid, "x" * 5000)
    # Or it is cut off in the middle of its body, before it could read the answer.
    with contextlib.suppress(aiohttp.ClientConnectionError):
        assert (await engine.endpoint.post(sid, body(PAYLOAD_MAX * 4))).status == 413
    await engine.endpoint.gone(sid)


async def test_a_poll_and_a_post_at_once_are_what_a_session_is(engine: Engine) -> None:
    sid = await engine.endpoint.sid()
    async with engine.endpoint.open_poll(sid) as poll:
        assert (await engine.endpoint.post(sid, "4hello")).text == "ok"
        assert (await poll).text == "4hello"
    assert engine.ended == {}


async def test_large_answers_are_compressed_for_who_asks(make_engine: MakeEngine) -> None:
    engine = await make_engine(http_compression=True, compression_threshold=1024)
    sid = await engine.endpoint.sid()
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        for text, encoding in [("x" * 2000, "gzip"), ("short", None)]:
            await engine.eio.send(sid, text)
            async with http.get(
                f"{engine.endpoint.url}?EIO=4&transport=polling&sid={sid}",
                headers={"Accept-Encoding": "gzip"},
            ) as answer:
                body = await answer.read()
                assert answer.headers.get("Content-Encoding") == encoding
            assert (gzip.decompress(body) if encoding else body) == f"4{text}".encode()
