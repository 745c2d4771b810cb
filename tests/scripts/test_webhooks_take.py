"""webhooks_take: one server tells an account's webhooks at a time."""

from tests.scripts.bench import Bench
from tests.scripts.hooking import keys_of, made, take, webhooks_of


async def test_one_server_does_while_it_lives(bench: Bench) -> None:
    hook = await made(bench)
    taken = await take(bench, "a")
    assert (taken.outcome, taken.texts(1)) == ("OK", [hook.id])
    assert (await take(bench, "b")).outcome == "HELD"
    assert (await take(bench, "a")).outcome == "OK"
    await bench.client.delete(keys_of(bench).sender)
    assert (await take(bench, "b")).outcome == "OK"


async def test_there_is_none(bench: Bench) -> None:
    assert (await take(bench)).outcome == "NONE"
    hook = await made(bench)
    await webhooks_of(bench).remove(bench.who, hook.id)
    assert (await take(bench)).outcome == "NONE"
