"""blocklist_clear: forgotten, but for the recipient in flight."""

from alphasync.domain.events import BlocklistCleared
from alphasync.services.progress import Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_everybody_is_forgotten_and_counted(bench: Bench) -> None:
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {f"r{n}": n for n in range(12)})
    await bench.client.zadd(bench.names.sent("mail", PROFILE), {"r1": 1})
    async with bench.verify(BlocklistCleared) as made:
        assert await bench.forget() == 12
    assert bench.last("blocklist_clear") == "OK"
    assert (made[0].deleted_count, made[0].message) == (12, "Cleared 12 blocked recipients")
    assert await bench.blocked() == set()
    assert await bench.blocked(type_="mail") == {"r1"}


async def test_an_empty_list_is_told_too(bench: Bench) -> None:
    async with bench.verify(BlocklistCleared) as made:
        assert await bench.forget() == 0
    assert made[0].message == "Cleared 0 blocked recipients"


async def test_the_recipient_in_flight_stays_and_keeps_its_claim(bench: Bench) -> None:
    ticket = await bench.start()
    first = await bench.claim(ticket, 1, "r1")
    second = await bench.claim(ticket, 2, "r2", first)
    async with bench.verify(BlocklistCleared):
        assert await bench.forget() == 1
    assert await bench.blocked() == {"r2"}
    assert await bench.ttl(bench.names.sent("chat", PROFILE)) > 29 * 86400
    # Its claim is still known as this run's.
    await bench.progress.step(ticket, 3, became(second, Outcome.FAILED))
    assert await bench.blocked() == set()


async def test_who_may_have_been_messaged_is_forgotten_too(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.step(ticket, 2, became(claimed, Outcome.UNCERTAIN))
    uncertain = bench.names.uncertain("chat", PROFILE)
    assert await bench.client.hlen(uncertain) == 1
    async with bench.verify(BlocklistCleared):
        assert await bench.forget() == 1
    assert await bench.client.hlen(uncertain) == 0
