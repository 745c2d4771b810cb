"""What servers ask of each other is signed: all of it, for its moment, and for once."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict

from alphasync.transport.from_peers import FromPeers
from alphasync.transport.peer_client import PeerClient
from alphasync.transport.proofs import AGE_MAX, CLIENT, PROOF, Asking
from tests.conformance.servers import Pair
from tests.harness import PATIENCE, wait_until

CLIENTS = "192.0.2.1"
"""The client's address."""
HOUR = 3600.0


@dataclass
class Request:
    """A request to the inner port, right in every respect until a test changes it."""

    pair: Pair
    sid: str
    method: str = "POST"
    target: str = ""
    body: bytes = b"4x"
    headers: CIMultiDict[str] = field(default_factory=lambda: CIMultiDict({CLIENT: CLIENTS}))
    off: float = 0.0
    """Seconds from the moment that it is for to the one when it comes."""

    def __post_init__(self) -> None:
        self.target = self.target or f"/?EIO=4&transport=polling&sid={self.sid}"

    def sign(self, secret: str = "known to the street only", owner: str = "") -> "Request":
        peers = self.pair.street.peers(secret)
        asking = Asking(peers, owner or self.pair.peers.name)
        now = owner_side(self.pair).door.now() - self.off
        proof = asking.proof(now, self.method, self.target, self.headers, self.body)
        self.headers[PROOF] = proof
        return self

    def written(self) -> bytes:
        length = f"Content-Length: {len(self.body)}"
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: inner", length]
        lines += ["Connection: close", *(f"{n}: {v}" for n, v in self.headers.items()), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    async def send(self) -> int:
        """Returns the status of the answer."""
        reader, writer = await asyncio.open_connection(
            *self.pair.street.addresses[self.pair.peers.name]
        )
        writer.write(self.written())
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        return int(answer.split(b" ", 2)[1])


def owner_side(pair: Pair) -> FromPeers:
    assert pair.owner.eio.from_peers
    return pair.owner.eio.from_peers


@pytest.fixture
async def asked(pair: Pair) -> Request:
    return Request(pair, await pair.endpoint.sid())


async def untouched(pair: Pair, sid: str) -> None:
    """Nothing has come through to this session, and it goes on."""
    assert (pair.owner.received, pair.owner.ended) == ([], {})
    assert (await pair.endpoint.post(sid, "4y")).text == "ok"
    await pair.owner.got(sid, "4y"[1:])


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


@pytest.mark.parametrize("off", [AGE_MAX + 1, -AGE_MAX - 1, HOUR, -HOUR, 1e8, -1e8])
async def test_old_and_future_ones_are_refused(asked: Request, off: float) -> None:
    asked.off = off
    assert await asked.sign().send() == 403
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("off", [AGE_MAX - 3, -AGE_MAX + 3])
async def test_those_of_about_now_are_taken(asked: Request, off: float) -> None:
    asked.off = off
    assert await asked.sign().send() == 200


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


async def test_a_slow_body_does_not_make_a_request_last(asked: Request) -> None:
    """Its moment is looked at again once it is whole: nonces are not remembered for ever."""
    door, late = owner_side(asked.pair).door, 0.0
    now = door.now
    door.now = lambda: now() + late
    written = asked.sign().written()
    reader, writer = await asyncio.open_connection(
        *asked.pair.street.addresses[asked.pair.peers.name]
    )
    writer.write(written[:-1])
    await wait_until(lambda: asked.pair.endpoint.answering["POST", asked.sid], what="it comes")
    late = AGE_MAX + 1
    writer.write(written[-1:])
    assert b" 403 " in (await reader.read()).splitlines()[0]
    writer.close()
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("off", [0.0, HOUR, -HOUR, 1e7])
async def test_clocks_need_not_agree_and_are_asked_for_once(
    pair: Pair, off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = owner_side(pair).door
    now = door.now
    door.now = lambda: now() + off
    asked: list[str] = []
    ask = PeerClient._ask_time

    async def counted(self: PeerClient, address: Any, owner: str) -> None:
        asked.append(owner)
        await ask(self, address, owner)

    monkeypatch.setattr(PeerClient, "_ask_time", counted)
    sids = [await pair.endpoint.sid() for _ in range(5)]
    for _ in range(3):
        answers = await asyncio.gather(*(pair.endpoint.post(sid, "4x") for sid in sids))
        assert [answer.text for answer in answers] == ["ok"] * 5
        answers = await asyncio.gather(*(pair.endpoint.poll(sid) for sid in sids))
        assert [answer.text for answer in answers] == ["4x"] * 5
    ws = await pair.endpoint.websocket(sids[0])
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.close()
    assert asked == [pair.peers.name]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_clock_that_jumps_is_asked_for_again(pair: Pair, jump: float) -> None:
    """As that of a machine that has slept."""
    sid, door = await pair.endpoint.sid(), owner_side(pair).door
    assert (await pair.endpoint.post(sid, "4a")).text == "ok"
    now = door.now
    door.now = lambda: now() + jump
    assert (await pair.endpoint.post(sid, "4b")).text == "ok"
    await pair.owner.got(sid, "a", "b")


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
