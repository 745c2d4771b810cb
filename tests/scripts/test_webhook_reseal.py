"""webhook_reseal: a secret goes on under another key."""

from alphasync.store.scripts.webhook_calls import webhook_reseal
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, record


async def test_unless_it_has_changed(bench: Bench) -> None:
    hook = await made(bench)
    was = (await record(bench, hook.id))["secret"].encode()
    call = webhook_reseal(keys_of(bench, hook.id), was=was, secret=b"anew")
    assert (await bench.scripts.call(call)).outcome == "OK"
    assert (await record(bench, hook.id))["secret"] == "anew"
    assert (await bench.scripts.call(call)).outcome == "CHANGED"
    gone = webhook_reseal(keys_of(bench, "wh_0"), was=was, secret=b"anew")
    assert (await bench.scripts.call(gone)).outcome == "CHANGED"
    assert await record(bench, "wh_0") == {}
