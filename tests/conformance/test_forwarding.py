"""Requests that come to another server than the one that has their session."""

import asyncio
import contextlib
import json

import aiohttp
import pytest

from alphasync.transport import Buckets, Outgoing
from alphasync.transport.forwarded import CLOCK, Forwarded
from alphasync.transport.refusals import Refused
from tests.conformance.servers import PAYLOAD_MAX, Pair, Street
from tests.conformance.wire import Answer, Endpoint, dropped, opened, packets
from tests.harness import PATIENCE, wait_until

UNKNOWN = (400, 1)
"""Status and code for a session that nobody has."""
BURST, MANY = 20, 80
"""Requests at once that are passed on, where so many come."""
CHUNK = "x" * 50_000


def refusal(answer: Answer) -> tuple[int, int]:
    return answer.status, json.loads(answer.text)["code"]


async def upgraded(endpoint: Endpoint) -> tuple[str, aiohttp.ClientWebSocketResponse]:
    sid = await endpoint.sid()
    ws = await endpoint.websocket(sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.send_str("5")
    return sid, ws


async def test_polls_and_posts_are_passed_on(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    assert (await pair.endpoint.post(sid, "4hello")).text == "ok"
    assert packets((await pair.endpoint.poll(sid)).text) == ["4hello"]
    assert pair.passed_on == ["post", "poll"]


async def test_a_websocket_is_passed_on_both_ways(pair: Pair) -> None:
    sid, ws = await upgraded(pair.endpoint)
    await wait_until(lambda: pair.owner.eio.sockets[sid].upgraded, what="upgraded")
    for number in range(3):
        await ws.send_str(f"4{number}")
        assert await ws.receive_str(timeout=PATIENCE) == f"4{number}"
    await ws.send_bytes(b"\x00\x01")
    assert await ws.receive_bytes(timeout=PATIENCE) == b"\x00\x01"
    assert (pair.passed_on, pair.front.tunnels) == (["websocket"], 1)
    await ws.close()
    await wait_until(lambda: pair.owner.ended == {sid: "transport close"}, what="it ended")
    await wait_until(lambda: pair.front.tunnels == 0, what="the tunnel is gone")


async def test_more_than_any_buffer_holds_comes_through(pair: Pair) -> None:
    """While the client does not read, its server is held back; nothing is lost for it."""
    sid, ws = await upgraded(pair.endpoint)
    await wait_until(lambda: pair.owner.eio.sockets[sid].upgraded, what="upgraded")
    for number in range(15):  # below the bound of what may wait for a client
        pair.owner.eio.put(sid, Outgoing(f"4{number}{CHUNK}"))
    for number in range(15):
        assert await ws.receive_str(timeout=PATIENCE) == f"4{number}{CHUNK}"
    await ws.close()


async def test_a_client_that_does_not_read_is_bounded_here_too(pair: Pair) -> None:
    sid, ws = await upgraded(pair.endpoint)
    await wait_until(lambda: pair.owner.eio.sockets[sid].upgraded, what="upgraded")
    assert ws._response.connection is not None  # the test's own client stops reading
    assert ws._response.connection.transport is not None
    ws._response.connection.transport.pause_reading()
    async with asyncio.timeout(PATIENCE):
        while sid not in pair.owner.ended:
            pair.owner.eio.put(sid, Outgoing(f"4{CHUNK}"))
            await asyncio.sleep(0)
    ws._response.connection.transport.resume_reading()
    await dropped(ws)


@pytest.mark.parametrize("change", ["another", "longer", "shorter", "owner", "random"])
async def test_a_forged_id_is_nobodys_and_nobody_is_asked(pair: Pair, change: str) -> None:
    sid = await pair.endpoint.sid()
    last = "A" if sid[-1] != "A" else "B"
    forged = {
        "another": Street().peers("another secret").new_id(),
        "longer": sid + "A",
        "shorter": sid[:-1],
        "owner": Street().peers().name + sid[8:],
        "random": sid[:-1] + last,
    }[change]
    for answer in (await pair.endpoint.poll(forged), await pair.endpoint.post(forged, "4x")):
        assert refusal(answer) == UNKNOWN
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await pair.endpoint.websocket(forged)
    assert refused.value.status == 400
    assert pair.passed_on == []


@pytest.mark.parametrize("gone", ["not registered", "not listening"])
async def test_where_the_owner_is_gone_the_session_is(pair: Pair, gone: str) -> None:
    sid = await pair.endpoint.sid()
    if gone == "not registered":
        pair.street.addresses.clear()
    else:
        pair.street.addresses[pair.peers.name] = ("127.0.0.1", 1)
    for answer in (await pair.endpoint.poll(sid), await pair.endpoint.post(sid, "4x")):
        assert refusal(answer) == UNKNOWN
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await pair.endpoint.websocket(sid)
    assert refused.value.status == 400


async def test_a_poll_that_comes_again_ends_the_session(pair: Pair) -> None:
    """A load balancer that loses the answer to a poll may ask once more: it would be silent about
    the packets that were in the first one."""
    sid = await pair.endpoint.sid()
    query = f"EIO=4&transport=polling&sid={sid}&t=PqJ3x_a.b-1"
    await pair.endpoint.post(sid, "4hello")
    assert (await pair.endpoint.request("GET", query)).text == "4hello"
    assert refusal(await pair.endpoint.request("GET", query)) == (400, 3)
    await wait_until(lambda: sid in pair.owner.ended, what="it ended")


async def test_polls_with_their_own_stamps_go_on(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    for stamp in ("a", "b", "a", "", "", "/&x=1", "/&x=1"):
        await pair.endpoint.post(sid, f"4{stamp}")
        query = f"EIO=4&transport=polling&sid={sid}&t={stamp}"
        assert (await pair.endpoint.request("GET", query)).status == 200


async def test_a_server_that_goes_takes_no_new_sessions(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    pair.owner.eio.sessions.accepting = False
    answer = await pair.endpoint.request("GET", "EIO=4&transport=polling")
    assert (answer.status, json.loads(answer.text)["message"]) == (503, "Shutting down")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await pair.endpoint.websocket()
    assert refused.value.status == 503
    assert (await pair.endpoint.post(sid, "4x")).text == "ok", "those that are there go on"


async def test_one_hop_and_no_further(pair: Pair) -> None:
    """Whatever the registry says, a server that was asked asks nobody else."""
    sid = await pair.endpoint.sid()
    del pair.owner.eio.sockets[sid]
    assert pair.front.forwarder
    stranger = Street().peers()
    pair.street.addresses[stranger.name] = pair.street.addresses[pair.peers.name]
    assert refusal(await pair.endpoint.poll(stranger.new_id())) == UNKNOWN
    assert refusal(await pair.endpoint.poll(sid)) == UNKNOWN
    assert pair.passed_on == ["poll", "poll"]


async def test_a_poll_ends_with_its_server(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    async with pair.endpoint.open_poll(sid) as poll:
        await pair.owner.eio.shutdown()
        answer = await poll
    assert (answer.status, answer.text) == (200, "1")
    assert refusal(await pair.endpoint.poll(sid)) == UNKNOWN


async def test_who_hangs_up_is_gone_at_their_server_too(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    async with pair.endpoint.open_poll(sid) as poll:
        poll.cancel()
        await wait_until(lambda: sid in pair.owner.ended, what="the session ended")
    assert pair.owner.ended == {sid: "transport error"}, "it was told, and did not wait for pings"


async def test_a_server_that_shuts_down_lets_go_of_what_it_passed_on(pair: Pair) -> None:
    sid, ws = await upgraded(pair.endpoint)
    await wait_until(lambda: pair.owner.eio.sockets[sid].upgraded, what="upgraded")
    await pair.front.shutdown()
    await dropped(ws)
    await wait_until(lambda: pair.owner.ended == {sid: "transport close"}, what="it ended")


async def test_what_is_passed_on_as_a_server_closes_is_refused(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    assert pair.front.forwarder
    client, owner = pair.front.forwarder.client, pair.front.forwarder.owner_of(sid)
    assert owner
    address = await client.find(owner)
    await client.close()
    with pytest.raises(Refused):
        await client.ask(address, owner, Forwarded("GET", CLOCK, "", ""), None)


async def test_too_many_requests_are_not_passed_on(pair: Pair) -> None:
    assert pair.front.forwarder
    pair.front.forwarder._buckets = Buckets(rate=0.001, burst=BURST)
    sid = await pair.endpoint.sid()
    async with asyncio.TaskGroup() as group:
        posts = [group.create_task(pair.endpoint.post(sid, "4x")) for _ in range(MANY)]
    refused = sum(post.result().status == 429 for post in posts)
    assert refused > 0
    assert len(pair.passed_on) == MANY - refused
    assert set(pair.limits) == {"forwarded"}
    assert len(pair.limits) == refused


async def test_requests_that_bring_or_fetch_something_are_passed_on_however_many(
    pair: Pair,
) -> None:
    """Their own server counts what they bring."""
    assert pair.front.forwarder
    pair.front.forwarder._buckets = Buckets(rate=0.001, burst=3)
    sid = await pair.endpoint.sid()
    for number in range(20):
        assert (await pair.endpoint.post(sid, f"4{number}")).text == "ok"
    assert await pair.endpoint.fetch(sid, 20) == [f"4{number}" for number in range(20)]
    assert pair.limits == []


async def test_what_is_too_long_is_not_passed_on(pair: Pair) -> None:
    sid = await pair.endpoint.sid()
    with contextlib.suppress(aiohttp.ClientConnectionError):
        assert (await pair.endpoint.post(sid, "4" * (PAYLOAD_MAX + 1))).status == 413
    assert pair.limits == ["payload"]
    await wait_until(lambda: sid in pair.owner.ended, what="its server was told")
    assert pair.owner.received == []


async def test_a_websocket_without_polling_before_needs_nobody(pair: Pair) -> None:
    ws = await pair.endpoint.websocket()
    await opened(ws)
    await ws.send_str("4x")
    assert await ws.receive_str(timeout=PATIENCE) == "4x"
    assert pair.passed_on == []
    await ws.close()
