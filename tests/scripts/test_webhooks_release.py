"""webhooks_release: a server has told all that can be told now."""

from alphasync.store.scripts.calls import Answer
from alphasync.store.scripts.webhook_calls import webhooks_release
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, settle, take, waiting, webhooks_of

IDLE = 600_000


async def wait_of(bench: Bench, done: Answer) -> int:
    """ms from now until they are to be looked at again."""
    seconds, micros = await bench.client.time()
    return done.number(1) - seconds * 1000 - micros // 1000


async def release(bench: Bench, server: str = "a") -> Answer:
    return await bench.scripts.call(webhooks_release(keys_of(bench), server=server, idle=IDLE))


async def test_nothing_waits_or_it_waits_for_its_time(bench: Bench) -> None:
    hook = await made(bench)
    await take(bench)
    done = await release(bench)
    assert done.outcome == "OK"
    assert 50_000 < await wait_of(bench, done) <= IDLE
    await webhooks_of(bench).ping(bench.who, hook.id)
    await take(bench, "b")
    await settle(bench, hook.id, "b", attempts=1, wait=50_000)
    done = await release(bench, "b")
    assert done.outcome == "OK"
    assert 0 < await wait_of(bench, done) <= 50_000
    assert (await take(bench, "c")).outcome == "OK"


async def test_something_has_come_meanwhile(bench: Bench) -> None:
    hook, other = await made(bench), await made(bench)
    await take(bench)
    await webhooks_of(bench).ping(bench.who, hook.id)
    assert (await release(bench)).outcome == "MORE"
    assert (await take(bench, "b")).outcome == "HELD"
    [entry] = await waiting(bench, hook.id)
    for each in (hook, other):
        await settle(bench, each.id, told=entry["id"])
    assert (await release(bench)).outcome == "OK"


async def test_for_one_that_is_off_nothing_waits(bench: Bench) -> None:
    hook = await made(bench)
    await webhooks_of(bench).ping(bench.who, hook.id)
    await webhooks_of(bench).switch(bench.who, hook.id, enabled=False)
    await take(bench)
    assert await wait_of(bench, await release(bench)) > 50_000


async def test_another_server_tells_them(bench: Bench) -> None:
    await made(bench)
    assert (await release(bench)).outcome == "LOST"
    await take(bench, "b")
    assert (await release(bench, "a")).outcome == "LOST"
    assert (await take(bench, "a")).outcome == "HELD"
