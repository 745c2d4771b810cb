"""What servers ask of each other is signed: all of it, for its moment, and for once."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from alphasync.transport.proofs import CLIENT, PROOF
from tests.conformance.servers import Pair
from tests.conformance.signed import Request, owner_side, untouched
from tests.harness import wait_until


async def test_a_signed_request_is_answered(asked: Request) -> None:
    assert await asked.sign().send() == 200
    await asked.pair.owner.got(asked.sid, "x")


@pytest.mark.parametrize("what", ["secret", "owner"])
async def test_only_for_us_and_only_from_us(asked: Request, what: str) -> None:
    wrong = {"secret": "another secret", "owner": asked.pair.street.peers().name}
    assert await asked.sign(**{what: wrong[what]}).send() == 403
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "GET"),
        ("method", "DELETE"),
        ("target", "/?EIO=4&transport=polling&sid=another"),
        ("target", "/?EIO=4&transport=take&sid={sid}"),
        ("target", "/?EIO=4&transport=polling&sid={sid}&t=1"),
        ("target", "/?EIO=4&transport=polling&sid={sid}&sid={sid}"),
        ("target", "//?EIO=4&transport=polling&sid={sid}"),
        ("body", b"4z"),
        ("body", b"4"),
        ("body", b""),
        ("body", b"4xx"),
        ("body", b"4x\x1e4x"),
    ],
)
async def test_what_was_changed_on_its_way_is_refused(
    asked: Request, name: str, value: str | bytes
) -> None:
    asked.sign()
    changed = value.format(sid=asked.sid) if isinstance(value, str) else value
    setattr(asked, name, changed)
    assert await asked.send() in (403, 404)
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (CLIENT, None),
        (CLIENT, "192.0.2.2"),
        (CLIENT, ""),
        (CLIENT, "192.0.2.\u0661"),
        (CLIENT, "\udcff"),
        (PROOF, None),
        (PROOF, ""),
        (PROOF, "x"),
        (PROOF, "\u00e9"),
        (PROOF, "\udcff"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ],
)
async def test_headers_that_mean_something_are_signed(
    asked: Request, name: str, value: str | None
) -> None:
    asked.sign()
    asked.headers.pop(name, None)
    if value is not None:
        asked.headers[name] = value
    assert await asked.send() == 403
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("name", [CLIENT, PROOF])
async def test_a_header_that_comes_twice_is_refused(asked: Request, name: str) -> None:
    asked.sign()
    asked.headers.add(name, asked.headers[name])
    assert await asked.send() == 403
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("part", range(4), ids=["time", "nonce", "digest", "signature"])
@pytest.mark.parametrize("how", ["cut", "another", "left out", "beyond ASCII"])
async def test_each_part_of_a_proof_counts(asked: Request, part: int, how: str) -> None:
    parts = asked.sign().headers[PROOF].split(" ")
    last = "1" if parts[part][-1] != "1" else "2"
    changed = {"cut": parts[part][:-1], "another": parts[part][:-1] + last, "left out": ""}
    parts[part] = changed.get(how, parts[part][:-1] + "\u0661")
    asked.headers[PROOF] = " ".join(part for part in parts if part)
    assert await asked.send() == 403
    await untouched(asked.pair, asked.sid)


async def test_none_is_taken_twice(asked: Request) -> None:
    asked.sign()
    statuses = await asyncio.gather(*(asked.send() for _ in range(10)))
    assert sorted(statuses) == [200] + 9 * [403]
    assert await asked.send() == 403
    assert asked.pair.owner.of(asked.sid) == ["x"]


@pytest.mark.parametrize("step", ["prepare", "take", "release"])
async def test_nor_are_the_steps_of_a_move(asked: Request, step: str) -> None:
    asked.target, asked.body = f"/?EIO=4&transport={step}&sid={asked.sid}", b""
    first = await asked.sign().send()
    assert first != 403
    assert await asked.send() == 403


async def test_a_forgery_with_its_nonce_does_not_keep_the_right_one_out(asked: Request) -> None:
    right = asked.sign().body
    asked.body = b"4forged"
    assert await asked.send() == 403
    asked.body = right
    assert await asked.send() == 200
    await asked.pair.owner.got(asked.sid, "x")


async def test_a_body_that_breaks_off_does_nothing(asked: Request) -> None:
    asked.body = b"4" + b"x" * 1000
    written = asked.sign().written()
    _, writer = await asyncio.open_connection(*asked.pair.street.addresses[asked.pair.peers.name])
    writer.write(written[:-1])
    await wait_until(lambda: asked.pair.endpoint.answering["POST", asked.sid], what="it comes")
    writer.close()
    await wait_until(lambda: not asked.pair.endpoint.answering["POST", asked.sid], what="it ends")
    assert asked.pair.owner.received == []
    assert await asked.send() == 200, "it has not come before"


@pytest.mark.parametrize(
    "what", ["body", "cut", "status", "header", "no proof", "odd proof", "of another request"]
)
async def test_an_answer_that_was_changed_on_its_way_is_none(pair: Pair, what: str) -> None:
    sid = await pair.endpoint.sid()
    host, port = pair.street.addresses[pair.peers.name]
    old: list[tuple[bytes, str]] = []

    async def between(request: web.Request) -> web.Response:
        async with (
            aiohttp.ClientSession(auto_decompress=False) as http,
            http.request(
                request.method,
                f"http://{host}:{port}{request.raw_path}",
                data=await request.read(),
                headers={name: request.headers[name] for name in (CLIENT, PROOF)},
            ) as answer,
        ):
            status, body = answer.status, await answer.read()
            kind, proof = answer.headers["Content-Type"], answer.headers[PROOF]
        if "clock" not in request.raw_path:
            old.append((body, proof))
            body = {"body": b"4forged", "cut": body[:-1]}.get(what, body)
            status = 400 if what == "status" else status
            kind = "text/html" if what == "header" else kind
            proof = {"no proof": "", "odd proof": "\u00e9"}.get(what, proof)
            if what == "of another request":
                body, proof = old[0]
        return web.Response(status=status, body=body, headers={"Content-Type": kind, PROOF: proof})

    app = web.Application()
    app.router.add_route("*", "/", between)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server
    port_between = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    pair.street.addresses[pair.peers.name] = ("127.0.0.1", port_between)
    try:
        if what == "of another request":
            assert (await pair.endpoint.post(sid, "4x")).text == "ok"
        answer = await pair.endpoint.post(sid, "4x")
    finally:
        await runner.cleanup()
    assert (answer.status, json.loads(answer.text)["code"]) == (400, 1)


async def test_the_clients_own_address_comes_along(pair: Pair) -> None:
    pair.without_lines()
    sid = await pair.endpoint.sid()
    pair.front.rules.address_of = lambda request: "198.51.100.7"
    owner, seen = owner_side(pair), []
    verify = owner.verify

    def watching(request: web.Request) -> Any:
        asked = verify(request)
        seen.append(asked.client)
        return asked

    owner.verify = watching  # type: ignore[method-assign]
    await pair.endpoint.post(sid, "4x")
    assert seen == ["", "198.51.100.7"], "how late it is nobody's client asks"


async def test_the_outer_port_believes_nobody(asked: Request) -> None:
    """The headers of forwarded requests mean nothing there: a client may write what it likes."""
    asked.method, asked.body = "DELETE", b""
    pair, headers = asked.pair, dict(asked.sign().headers)
    answer = await pair.endpoint.request(
        "DELETE", f"EIO=4&transport=polling&sid={asked.sid}", headers=headers
    )
    assert answer.status == 400
    assert (await pair.endpoint.post(asked.sid, "4x")).text == "ok"
