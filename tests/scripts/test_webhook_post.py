"""webhook_post: what is for one webhook alone stands behind all that waits."""

import pytest

from alphasync.errors import TooManyRequests
from alphasync.store.scripts.limits import WEBHOOK_ASKED_MAX
from alphasync.store.scripts.webhook_calls import webhook_post
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, settle, take, waiting, webhooks_of


async def test_it_is_for_one_alone(bench: Bench) -> None:
    hook = await made(bench)
    await bench.start()
    await bench.stop()
    await webhooks_of(bench).ping(bench.who, hook.id)
    assert bench.last("webhook_post") == "OK"
    stopped, ping = await waiting(bench, hook.id)
    assert (stopped["kind"], stopped["hook"], stopped["profile"]) == ("run.stopped", "", "1001")
    assert (ping["kind"], ping["hook"]) == ("ping", hook.id)


async def test_who_asks_on_and_on_pushes_nothing_out(bench: Bench) -> None:
    hook, other = await made(bench), await made(bench)
    await bench.start()
    await bench.stop()
    await take(bench)
    for _ in range(WEBHOOK_ASKED_MAX):
        await webhooks_of(bench).ping(bench.who, hook.id)
    with pytest.raises(TooManyRequests):
        await webhooks_of(bench).ping(bench.who, hook.id)
    assert bench.last("webhook_post") == "FULL"
    await webhooks_of(bench).ping(bench.who, other.id)
    *_, last, ping = await waiting(bench, hook.id)
    assert await settle(bench, hook.id, told=last["id"]) == "OK"
    await webhooks_of(bench).ping(bench.who, hook.id)
    left = await waiting(bench, other.id)
    assert [each["hook"] for each in left] == ["", other.id, hook.id]
    assert left[1] == ping


async def test_what_was_for_one_that_is_removed_goes_with_it(bench: Bench) -> None:
    hook, other = await made(bench), await made(bench)
    for each in (hook, other):
        await webhooks_of(bench).ping(bench.who, each.id)
    await webhooks_of(bench).remove(bench.who, hook.id)
    assert [each["hook"] for each in await waiting(bench, other.id)] == [other.id]


async def test_there_is_none(bench: Bench) -> None:
    what = {"kind": "ping", "message": "m", "profile": "", "host": "x"}
    call = webhook_post(keys_of(bench, "wh_0"), id="wh_0", data=b"{}", by=b"{}", **what)
    assert (await bench.scripts.call(call)).outcome == "UNKNOWN"
