"""webhook_settle: what became of an attempt, noted by the server that tells it."""

from alphasync.store.scripts.webhook_calls import webhook_attempts
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, record, settle, take, webhooks_of


async def test_it_fails_is_told_and_is_gone(bench: Bench) -> None:
    hook = await made(bench)
    await take(bench)
    assert await settle(bench, hook.id, attempts=1, wait=5_000) == "OK"
    since = (await record(bench, hook.id))["failing_since"]
    assert since
    assert await settle(bench, hook.id, attempts=2, wait=5_000) == "OK"
    failing = await record(bench, hook.id)
    assert (failing["failing_since"], failing["tries"]) == (since, "2")
    assert int(failing["next_at"]) >= int(since) + 5_000
    assert await settle(bench, hook.id, told="5-1") == "OK"
    told = await record(bench, hook.id)
    assert [told[name] for name in ("told", "tries", "next_at", "failing_since")] == [
        *("5-1", "0", "0", "")
    ]
    assert await settle(bench, hook.id, off="gone") == "OK"
    gone = await record(bench, hook.id)
    assert (gone["off"], gone["told"]) == ("gone", "5-1")


async def test_the_last_attempts_are_kept(bench: Bench) -> None:
    hook = await made(bench)
    await take(bench)
    for report in (b"1", b"2", b"3"):
        await settle(bench, hook.id, report=report)
    answer = await bench.scripts.call(webhook_attempts(keys_of(bench, hook.id), most=50))
    assert answer.texts(1) == ["3", "2"]


async def test_another_server_tells_it_or_it_was_removed(bench: Bench) -> None:
    hook = await made(bench)
    assert await settle(bench, hook.id) == "LOST"
    await take(bench, "b")
    assert await settle(bench, hook.id, told="5-1") == "LOST"
    assert (await record(bench, hook.id))["told"] == "0-0"
    await webhooks_of(bench).remove(bench.who, hook.id)
    assert await settle(bench, hook.id, "b") == "LOST"
    assert await record(bench, hook.id) == {}
