"""webhook_read: what one is, and what waits for it, a page at a time."""

from alphasync.store.scripts.webhook_calls import webhook_read
from tests.scripts.bench import Bench
from tests.scripts.hooking import URL, keys_of, made, settle, take, waiting, webhooks_of


async def test_what_it_has_not_been_told(bench: Bench) -> None:
    hook = await made(bench)
    for _ in range(3):
        await webhooks_of(bench).ping(bench.who, hook.id)
    answer = await bench.scripts.call(webhook_read(keys_of(bench, hook.id), most=2))
    assert (answer.outcome, answer.record(1)["url"]) == ("OK", URL)
    assert len(answer.lists(2)) == 2
    assert answer.number(3) > 0
    await take(bench)
    first, second, third = await waiting(bench, hook.id)
    await settle(bench, hook.id, told=second["id"])
    assert await waiting(bench, hook.id) == [third]
    assert first["message"] != third["message"]


async def test_there_is_none(bench: Bench) -> None:
    answer = await bench.scripts.call(webhook_read(keys_of(bench, "wh_0"), most=2))
    assert answer.outcome == "UNKNOWN"
