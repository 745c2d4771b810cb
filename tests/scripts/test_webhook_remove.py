"""webhook_remove: nothing of it stays, and with the last one nothing waits."""

import pytest

from alphasync.errors import UnknownWebhook
from alphasync.store.scripts.webhook_calls import webhook_remove
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, record, settle, take, waiting, webhooks_of


async def test_what_waits_goes_with_the_last_one(bench: Bench) -> None:
    first, second = await made(bench), await made(bench)
    await bench.start()
    await bench.stop()
    await take(bench)
    assert await settle(bench, first.id, report=b"x") == "OK"
    await webhooks_of(bench).remove(bench.who, first.id)
    assert bench.last("webhook_remove") == "OK"
    assert await record(bench, first.id) == {}
    assert len(await waiting(bench, second.id)) == 1
    await webhooks_of(bench).remove(bench.who, second.id)
    prefix = bench.names.webhooks
    left = {key.decode() async for key in bench.client.scan_iter(f"{prefix}*")}
    assert left == {f"{prefix}:sender"}


async def test_there_is_none(bench: Bench) -> None:
    hook = await made(bench)
    await webhooks_of(bench).remove(bench.who, hook.id)
    with pytest.raises(UnknownWebhook):
        await webhooks_of(bench).remove(bench.who, hook.id)
    call = webhook_remove(keys_of(bench, hook.id), id=hook.id, host="x", by=b"{}")
    assert (await bench.scripts.call(call)).outcome == "UNKNOWN"
