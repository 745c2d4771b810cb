"""python-socketio's own channel: external emitters are heard, and garbage disturbs nobody."""

import json

import pytest
import socketio

from alphasync.store.connect import make_client
from tests.harness import cluster


async def test_external_emitters_are_heard_between_garbage(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with cluster(redis_url, servers=2) as site:
        first, second = await site.pair()
        capsys.readouterr()
        client = make_client(redis_url)
        for garbage in (b"\xff", b"5", b"[]", json.dumps({"method": "emit"}).encode()):
            await client.publish("socketio", garbage)
        emitter = socketio.AsyncRedisManager(redis_url, write_only=True)
        await emitter.emit("notice", {"text": "from elsewhere"})
        for device in (first, second):
            await device.wait_for("notice", text="from elsewhere")
        await emitter.emit("notice", {"text": "to the account"}, room="o:demo/*")
        for device in (first, second):
            await device.wait_for("notice", text="to the account")
        await client.publish("socketio", json.dumps({"method": "disconnect", "sid": []}))
        await emitter.emit("notice", {"text": "once more"})
        await second.wait_for("notice", text="once more")
        await client.aclose()
        await emitter.redis.aclose()
    written = capsys.readouterr()
    assert "Traceback" not in written.err + written.out
