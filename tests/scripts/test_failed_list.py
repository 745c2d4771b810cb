"""failed_list: who could not be messaged, a page at a time, and who of them is tried again."""

import pytest
from msgspec.structs import replace

from alphasync.domain.events import ProcessingStarted
from alphasync.membership.holdings import Holding
from alphasync.services.progress import NOTHING, Outcome, Settled
from alphasync.services.runs import Ticket
from alphasync.store.scripts.limits import FAILED_PAGE_MAX
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


def refused(settled: Settled, why: str = "gone") -> Settled:
    return replace(became(settled, Outcome.FAILED), error=why)


async def fail(bench: Bench, ticket: Ticket, *recipients: str, first: int = 1) -> Settled:
    """All of them; the last one is still to be settled."""
    settled = NOTHING
    for number, recipient in enumerate(recipients, first):
        settled = refused(await bench.claim(ticket, number, recipient, settled))
    return settled


async def failed(bench: Bench, *recipients: str) -> None:
    """A run that could message none of them."""
    ticket = await bench.start()
    await bench.progress.complete(ticket, await fail(bench, ticket, *recipients))


async def test_they_are_named_with_reason_and_time_the_last_one_first(bench: Bench) -> None:
    before = await bench.now()
    await failed(bench, "r1", 'r"2\n')
    listed = await bench.list_failed()
    assert bench.last("failed_list") == "OK"
    assert (listed["named"], listed["unnamed"], "cursor" in listed) == (2, 0, False)
    last, first = listed["recipients"]
    assert (last["id"], last["name"], last["reason"]) == ('r"2\n', 'Name of r"2 ', "gone")
    assert first["id"] == "r1"
    assert before <= first["at"] <= last["at"] <= await bench.now()
    for key in (bench.names.failed("chat", PROFILE), bench.names.reasons("chat", PROFILE)):
        assert 23 * 3600 < await bench.ttl(key) <= 24 * 3600


async def test_however_a_run_ends_its_last_recipient_is_on_the_list(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = refused(await bench.claim(ticket, 1, "r1"))
    await bench.stop()
    await bench.progress.settle(ticket, claimed)
    assert await bench.failed_ids() == ["r1"]
    ticket = await bench.start()
    await bench.progress.interrupt(ticket, await fail(bench, ticket, "r2"), "No", "x")
    assert await bench.failed_ids() == ["r2"]


async def test_only_a_run_over_everybody_begins_the_list_anew(bench: Bench) -> None:
    await failed(bench, "r1", "r2")
    async with bench.verify(ProcessingStarted) as made:
        again = await bench.start(only="failed")
    assert (made[0].only, (await bench.run()).only) == ("failed", "failed")
    assert await bench.failed_ids() == ["r2", "r1"]
    # An earlier version would message everybody: it is to find no record that it can take over.
    assert await bench.field(bench.names.run("chat", PROFILE), "attachments") is None
    await bench.progress.complete(again, NOTHING)
    await bench.start()
    assert await bench.failed_ids() == []
    assert (await bench.run()).only == ""


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Outcome.SENT, []),
        (Outcome.SKIPPED, []),
        (Outcome.UNCERTAIN, []),
        (Outcome.RELEASED, ["r1"]),
        (Outcome.FAILED, ["r1"]),
    ],
)
async def test_who_is_tried_again_leaves_the_list_unless_it_was_in_vain(
    bench: Bench, outcome: Outcome, left: list[str]
) -> None:
    await failed(bench, "r1")
    ticket = await bench.start(only="failed")
    assert [found["id"] for found in await bench.failed.to_try(ticket)] == ["r1"]
    claimed = became(await bench.claim(ticket, 1, "r1"), outcome)
    await bench.progress.step(ticket, 2, claimed)
    assert await bench.failed_ids() == left
    # Another server that goes on with it does not try them twice.
    tried = outcome is Outcome.FAILED
    assert [found["id"] for found in await bench.failed.to_try(ticket)] == ([] if tried else left)


async def test_who_was_messaged_since_is_skipped_and_leaves_the_list(bench: Bench) -> None:
    await failed(bench, "r1")
    ticket = await bench.start(only="failed")
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {"r1": 1.0})
    assert (await bench.progress.step(ticket, 1, NOTHING, "r1")).claimed_at is None
    assert bench.last("run_step") == "BLOCKED"
    assert await bench.failed_ids() == []


async def test_who_is_in_flight_as_the_server_dies_is_uncertain_and_not_failed(
    bench: Bench,
) -> None:
    await failed(bench, "r1", "r2")
    phone = await bench.devices.join(bench.who, "s1", "phone")
    ticket = await bench.start(device=phone.device_id, only="failed")
    await bench.claim(ticket, 1, "r1")
    server = bench.server.current
    other = bench.other_server()
    holding = Holding("run", server, ticket.account, PROFILE, "chat", ticket.run_id)
    taken = await other.takeover.run(holding)
    assert taken is not None
    assert (taken[0].only, taken[0].text) == ("failed", ticket.text)
    assert await bench.failed_ids() == ["r2"]
    assert await bench.listed() == {"r1": "Name of r1"}


async def test_a_run_over_those_who_failed_knows_whether_keys_are_honoured(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.progress.plan(ticket, 1, 0, "Planned", honours_keys=True)
    await bench.progress.complete(ticket, await fail(bench, ticket, "r1"))
    assert (await bench.start(only="failed")).honours_keys
    await bench.stop()
    assert not (await bench.start()).honours_keys


async def test_beyond_the_most_they_are_counted_and_not_named(bench: Bench) -> None:
    bench.bound(failed=2)
    ticket = await bench.start()
    await bench.progress.plan(ticket, 9, 0, "Planned", honours_keys=False, failed=3)
    settled = await fail(bench, ticket, "r1", "r2", "r3")
    # Who is named already may fail again.
    settled = refused(await bench.claim(ticket, 4, "r1", settled), "still")
    await bench.progress.complete(ticket, settled)
    listed = await bench.list_failed()
    assert [found["id"] for found in listed["recipients"]] == ["r1", "r2"]
    assert listed["recipients"][0]["reason"] == "still"
    assert (listed["named"], listed["unnamed"]) == (2, 4)
    again = await bench.start(only="failed")
    await bench.progress.plan(again, 2, 0, "Planned", honours_keys=False, failed=0)
    assert (await bench.list_failed())["unnamed"] == 4


async def test_the_pages_hold_each_of_them_once(bench: Bench) -> None:
    many = [f"r{number}" for number in range(2 * FAILED_PAGE_MAX + 1)]
    await failed(bench, *many)
    listed = await bench.list_failed()
    found, sizes = list(listed["recipients"]), [len(listed["recipients"])]
    while "cursor" in listed:
        # One who fails meanwhile is on none of the pages behind.
        listed = await bench.list_failed(listed["cursor"])
        found += listed["recipients"]
        sizes.append(len(listed["recipients"]))
    assert sizes == [FAILED_PAGE_MAX, FAILED_PAGE_MAX, 1]
    assert [recipient["id"] for recipient in found] == many[::-1]
    ticket = await bench.start(only="failed")
    assert [recipient["id"] for recipient in await bench.failed.to_try(ticket)] == many


async def test_a_page_of_long_ones_ends_early(bench: Bench) -> None:
    ticket = await bench.start()
    settled = NOTHING
    for number in range(1, 100):
        settled = refused(await bench.claim(ticket, number, f"{number}" * 250, settled))
    await bench.progress.complete(ticket, settled)
    listed = await bench.list_failed()
    assert 10 < len(listed["recipients"]) < 99
    assert listed["named"] == 99
    assert "cursor" in listed


async def test_without_their_reasons_they_are_listed_by_id(bench: Bench) -> None:
    """As after an eviction."""
    await failed(bench, "r1")
    await bench.client.delete(bench.names.reasons("chat", PROFILE))
    assert (await bench.list_failed())["recipients"] == [{"id": "r1", "name": ""}]
