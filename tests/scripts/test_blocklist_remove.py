"""blocklist_remove: one recipient who can be messaged again, unless a message is on its way."""

import pytest

from alphasync.domain.events import BlocklistRecipientRemoved, UncertainResolved
from alphasync.errors import BlocklistLost, RecipientInFlight
from alphasync.services.progress import Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def test_one_is_forgotten_and_the_others_are_counted(bench: Bench) -> None:
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {"r1": 1, "r2": 2})
    await bench.client.zadd(bench.names.sent("mail", PROFILE), {"r1": 1})
    async with bench.verify(BlocklistRecipientRemoved) as made:
        assert await bench.unblock("r1") == (True, 1)
    assert bench.last("blocklist_remove") == "OK"
    assert (made[0].recipient_id, made[0].count, made[0].device_id) == ("r1", 1, "d1")
    assert await bench.blocked() == {"r2"}
    assert await bench.blocked(type_="mail") == {"r1"}
    async with bench.verify():
        assert await bench.unblock("r1") == (False, 1)


async def test_the_recipient_in_flight_stays(bench: Bench) -> None:
    ticket = await bench.start()
    first = await bench.claim(ticket, 1, "r1")
    await bench.claim(ticket, 2, "r2", first)
    async with bench.verify():
        with pytest.raises(RecipientInFlight):
            await bench.unblock("r2")
    assert bench.last("blocklist_remove") == "IN_FLIGHT"
    assert await bench.unblock("r1") == (True, 1)
    await bench.stop()
    with pytest.raises(RecipientInFlight):
        await bench.unblock("r2")
    assert await bench.blocked() == {"r2"}


async def test_about_who_may_have_been_messaged_it_is_decided(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.step(ticket, 2, became(claimed, Outcome.UNCERTAIN))
    async with bench.verify(UncertainResolved):
        assert await bench.unblock("r1") == (True, 0)
    outcomes = [call.outcome for call in bench.scripts.calls if call.name == "blocklist_remove"]
    assert outcomes == ["UNCERTAIN", "OK"]
    assert await bench.listed() == {}
    assert (await bench.run()).counters.uncertain == 0


async def test_the_last_one_leaves_a_list_that_is_empty_and_not_lost(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.complete(ticket, claimed)
    await bench.unblock("r1")
    await bench.start()


async def test_a_list_that_is_lost_stays_known_as_lost(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.complete(ticket, claimed)
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    assert await bench.unblock("r1") == (False, 0)
    with pytest.raises(BlocklistLost):
        await bench.start()
