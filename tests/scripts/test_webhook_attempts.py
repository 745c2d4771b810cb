"""webhook_attempts: the last ones, newest first."""

from alphasync.store.scripts.webhook_calls import webhook_attempts
from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, settle, take


async def test_newest_first(bench: Bench) -> None:
    hook = await made(bench)
    call = webhook_attempts(keys_of(bench, hook.id), most=1)
    answer = await bench.scripts.call(call)
    assert (answer.outcome, answer.texts(1)) == ("OK", [])
    await take(bench)
    for report in (b"1", b"2"):
        await settle(bench, hook.id, report=report)
    assert (await bench.scripts.call(call)).texts(1) == ["2"]
