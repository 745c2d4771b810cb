"""devices_announce: the whole list, so that devices find that there is another log."""

from alphasync.domain import events
from alphasync.realtime.order import parse
from tests.scripts.bench import Bench


async def test_the_whole_list_is_told(bench: Bench) -> None:
    await bench.devices.join(bench.who, "s1", "phone")
    async with bench.verify(events.DevicesChanged) as made:
        await bench.roster.announce(bench.who.account)
    assert bench.last("devices_announce") == "OK"
    assert [device.name for device in made[0].devices] == ["phone"]


async def test_where_the_log_is_gone_it_is_the_first_event_of_another(bench: Bench) -> None:
    await bench.type("Hello")
    before = await bench.snapshot()
    await bench.client.delete(bench.names.meta, bench.names.log, bench.names.draft("chat", "1001"))
    await bench.published()
    await bench.roster.announce(bench.who.account)
    (told,) = map(parse, await bench.published())
    after = await bench.snapshot()
    assert told.epoch == after.epoch != before.epoch
    assert (told.revision, after.revision, after.drafts) == (1, 1, {})
