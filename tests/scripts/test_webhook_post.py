"""webhook_post: what is for one webhook alone stands behind all that waits."""

from alphasync.store.scripts.webhook_calls import webhook_post
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, waiting, webhooks_of


async def test_it_is_for_one_alone(bench: Bench) -> None:
    hook = await made(bench)
    await bench.start()
    await bench.stop()
    await webhooks_of(bench).ping(bench.who, hook.id)
    assert bench.last("webhook_post") == "OK"
    stopped, ping = await waiting(bench, hook.id)
    assert (stopped["kind"], stopped["hook"], stopped["profile"]) == ("run.stopped", "", "1001")
    assert (ping["kind"], ping["hook"]) == ("ping", hook.id)


async def test_there_is_none(bench: Bench) -> None:
    what = {"kind": "ping", "message": "m", "profile": "", "host": "x"}
    call = webhook_post(keys_of(bench, "wh_0"), id="wh_0", data=b"{}", by=b"{}", **what)
    assert (await bench.scripts.call(call)).outcome == "UNKNOWN"
