"""What one client can do behind a load balancer that knows nothing of sessions."""

import asyncio
import json
import secrets
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from tests.balancers.balancer import Balancer
from tests.balancers.fleet import PER_ADDRESS, Fleet
from tests.js.node import node_with_client

pytestmark = pytest.mark.slow

POLLING = Path(__file__).with_name("polling.mjs")
ENDS_WITHIN = 60.0
"""Seconds: more than the program's own patience."""
OTHER_ADDRESSES = (f"127.0.2.{number}" for number in range(1, 255))
"""One for each test that fills what an address may have: its connections last a while."""
UNKNOWN = 1
"""The protocol's code for a session id that nobody knows."""


async def test_polling_alone_is_enough(fleet: Fleet, balancer: Balancer) -> None:
    # A team, and so an account, of its own: what another test has left is not seen.
    token = fleet.tokens.mint("demo", team=secrets.token_hex(4)).token
    process = await asyncio.create_subprocess_exec(
        *node_with_client(),
        str(POLLING),
        json.dumps({"url": balancer.url, "token": token}),
        stderr=PIPE,
    )
    async with asyncio.timeout(ENDS_WITHIN):
        _, complaints = await process.communicate()
    assert (process.returncode, complaints.decode()) == (0, "")


async def test_a_session_id_that_nobody_has_made_is_refused(balancer: Balancer) -> None:
    """On each server: as many tries in a row as there are servers, and more."""
    path = f"{balancer.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        async with http.get(path) as response:
            opened = json.loads((await response.text())[1:])
        real = opened["sid"]
        other = "A" if real[-1] != "A" else "B"
        forged = [real[:-1] + other, real[::-1], "x", secrets.token_urlsafe(len(real))]
        for sid in forged:
            for _ in range(4):
                async with http.get(f"{path}&sid={sid}") as response:
                    assert response.status == 400
                    assert (await response.json())["code"] == UNKNOWN
                async with http.post(f"{path}&sid={sid}", data="40") as response:
                    assert response.status == 400
        async with http.post(f"{path}&sid={real}", data="1") as response:
            assert response.status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="has no addresses but 127.0.0.1 for itself")
async def test_clients_cannot_say_who_they_are(fleet: Fleet, balancer: Balancer) -> None:
    """The bound on connections of one address holds behind a load balancer, too."""
    path = f"{balancer.url}/socket.io/?EIO=4&transport=polling"
    other = aiohttp.TCPConnector(local_addr=(next(OTHER_ADDRESSES), 0))
    answers = Counter[int]()
    async with aiohttp.ClientSession(connector=other) as http:
        for number in range(PER_ADDRESS * len(fleet.servers) + 1):
            said = {"X-Forwarded-For": f"10.9.8.{number}"}
            async with http.get(path, headers=said) as response:
                answers[response.status] += 1
    assert set(answers) == {200, 429}
    assert answers[200] >= PER_ADDRESS
