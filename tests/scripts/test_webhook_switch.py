"""webhook_switch: one is told nothing for a while, and then at once."""

from alphasync.store.scripts.webhook_calls import webhook_switch
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, record, settle, take, webhooks_of


async def test_switched_on_it_is_tried_at_once(bench: Bench) -> None:
    hook = await made(bench)
    await take(bench)
    await settle(bench, hook.id, attempts=3, wait=60_000)
    failing = await record(bench, hook.id)
    assert (failing["tries"], failing["failing_since"] != "") == ("3", True)
    await webhooks_of(bench).switch(bench.who, hook.id, enabled=False)
    assert bench.last("webhook_switch") == "OK"
    assert (await record(bench, hook.id))["off"] == "1"
    await webhooks_of(bench).switch(bench.who, hook.id, enabled=True)
    kept = await record(bench, hook.id)
    assert [kept[name] for name in ("off", "tries", "next_at", "failing_since")] == [
        *("", "0", "0", "")
    ]


async def test_there_is_none(bench: Bench) -> None:
    call = webhook_switch(keys_of(bench, "wh_0"), off="1", host="x", by=b"{}")
    assert (await bench.scripts.call(call)).outcome == "UNKNOWN"
    assert await record(bench, "wh_0") == {}
