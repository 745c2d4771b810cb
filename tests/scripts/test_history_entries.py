"""What each end of a run writes into the history: one entry, by the script that ends it."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from alphasync.domain.drafts import Attachment
from alphasync.domain.roles import Role
from alphasync.domain.runs import Continuous, Counters
from alphasync.membership.holdings import Holding
from alphasync.protocol.run_commands import StartProcessing
from alphasync.services.earlier_state import EarlierRun, EarlierState, Place
from alphasync.services.history import Filters, PastRun
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome
from alphasync.services.runs import Ticket
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became
from tests.scripts.planning import Planner
from tests.scripts.test_run_pause import pause, resume
from tests.scripts.test_run_rest import begin
from tests.scripts.test_run_take import take

MAIL = "Dear all, " + "this is long enough to be a mail. " * 10


async def past(bench: Bench, **filters: object) -> list[PastRun]:
    chosen = Filters(**filters)  # type: ignore[arg-type]  # by name
    bench.who = msgspec.structs.replace(bench.who, role=Role.ADMIN)
    return (await bench.history.page(bench.who, "", chosen)).runs


async def only_one(bench: Bench) -> PastRun:
    [run] = await past(bench)
    return run


End = Callable[[Bench, Ticket], Awaitable[object]]


async def lost_with_its_server(bench: Bench, ticket: Ticket) -> None:
    """Another server finds that its device has gone, too."""
    holding = Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )
    other = bench.other_server()
    await other.leases.renew(other.server.current, "register")
    assert await other.takeover.run(holding) is None


async def lost_with_its_record(bench: Bench, ticket: Ticket) -> None:
    await bench.client.delete(bench.names.run("chat", PROFILE))
    assert await LostRuns(bench.scripts).tell(ticket, NOTHING, Counters(total=9, sent=2))


async def replaced(bench: Bench, _ticket: Ticket) -> None:
    """Its lock ran out under it, and somebody starts the next one."""
    await bench.client.delete(bench.names.lock("chat", PROFILE))
    await bench.start(device="d9")


async def signed_out(bench: Bench, ticket: Ticket) -> None:
    await bench.sign_out(ticket.device_id)


async def left(bench: Bench, ticket: Ticket) -> None:
    await bench.devices.leave(ticket.account, ticket.device_id, "s1", away=False)


async def session_ended(bench: Bench, _ticket: Ticket) -> None:
    await bench.endings.end_all(bench.who, this_one=True)


REFUSED = ("No", "gateway_refused")
ENDS: list[tuple[str, str, End]] = [
    ("completed", "", lambda b, t: b.progress.complete(t, NOTHING)),
    ("stopped", "", lambda b, _: b.stop()),
    ("stopped", "", lambda b, _: b.runs.stop_all(b.who, "d2")),
    ("interrupted", "gateway_refused", lambda b, t: b.progress.interrupt(t, NOTHING, *REFUSED)),
    ("interrupted", "internal_error", lambda b, t: b.progress.abandon(t)),
    ("interrupted", "device_disconnected", left),
    ("interrupted", "device_disconnected", lost_with_its_server),
    ("interrupted", "storage_lost", lost_with_its_record),
    ("interrupted", "runner_lost", replaced),
    ("interrupted", "device_disconnected", signed_out),
    ("interrupted", "signed_out", session_ended),
]


@pytest.mark.parametrize(("outcome", "code", "end"), ENDS)
async def test_each_end_is_one_entry(bench: Bench, outcome: str, code: str, end: End) -> None:
    bench.who = bench.come_with(await bench.sign_in())
    device = "d1"
    if end is not lost_with_its_server:
        device = (await bench.devices.join(bench.who, "s1", "phone")).device_id
    ticket = await bench.start(device=device)
    before = await bench.now()
    await end(bench, ticket)
    run = await only_one(bench)
    kept = run.kept
    assert (run.id, kept.profile, kept.type) == (ticket.run_id, PROFILE, "chat")
    assert (kept.outcome, kept.code) == (outcome, code)
    assert bool(kept.reason) is (outcome == "interrupted")
    assert (kept.device, kept.operator) == (device, "1")
    assert kept.name in ("phone", "")
    assert run.number("started_at") == ticket.started_at
    assert before <= run.number("ended_at") <= await bench.now()
    assert (await bench.history.texts(bench.who.account, [run]))[run.id] == ticket.text
    assert kept.words
    assert ticket.text.startswith(kept.words)


async def test_the_end_of_a_run_that_an_earlier_server_left(bench: Bench) -> None:
    place = Place("1", bench.who.account, PROFILE, "chat")
    await EarlierState(bench.scripts).run(place, EarlierRun("d9", await bench.now(), 7, 10))
    kept = (await only_one(bench)).kept
    assert (kept.outcome, kept.code) == ("interrupted", "runner_lost")
    assert (kept.sent, kept.total) == ("7", "10")


async def test_a_planned_one_says_of_which_plan_it_is(bench: Bench) -> None:
    planner = Planner(bench)
    plan = await planner.plan()
    await planner.comes(plan)
    await planner.due.look()
    await bench.stop()
    run = await only_one(bench)
    assert (run.kept.plan, run.kept.detached) == (plan.plan_id, "1")


async def test_how_it_was_started(bench: Bench) -> None:
    attached = [
        Attachment(message_type="SENT_IMAGE", title="Sea", link="https://example.com/sea.jpg")
    ]
    command = StartProcessing(
        profile_id=PROFILE,
        type="mail",
        message=MAIL,
        detached=True,
        attachments=attached,
        continuous=Continuous(pause=60.0),
    )
    await bench.runs.start(bench.who, "d1", command)
    await bench.runs.stop_all(bench.who, "d2")
    run = await only_one(bench)
    assert run.attachments == tuple(attached)
    assert run.options.continuous == Continuous(pause=60.0)
    assert (run.kept.detached, run.kept.stopped_by) == ("1", "d2")


async def test_a_continuous_one_has_its_cycle_and_all_of_them(bench: Bench) -> None:
    ticket = await begin(bench)
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.step(ticket, 2, claimed)
    plan = {"message": "Planned", "honours_keys": False}
    await bench.progress.plan(ticket, 1, 0, cycle=2, **plan)  # type: ignore[arg-type]
    await bench.stop()
    kept = (await only_one(bench)).kept
    assert (kept.cycle, kept.sent, kept.past_sent) == ("2", "0", "1")


async def test_whoever_took_it_over_has_it(bench: Bench) -> None:
    await bench.start(device="d1")
    await take(bench, "d7")
    await bench.stop()
    assert (await only_one(bench)).kept.device == "d7"


async def test_how_often_and_how_long_it_stood_still(bench: Bench) -> None:
    ticket = await bench.start()
    for _ in range(2):
        await bench.progress.note(ticket, "The gateway asks to wait", wait=1.0)
    await bench.claim(ticket, 1, "r1")
    await bench.progress.note(ticket, "Sign in again", waiting_for="sign_in")
    await bench.progress.note(ticket, "Going on")
    await pause(bench)
    await resume(bench)
    await pause(bench)
    run_key = bench.names.run("chat", PROFILE)
    hour_ago = await bench.now() - 3_600_000
    await bench.client.hset(run_key, "paused_at", str(hour_ago))
    await bench.progress.note(ticket, "The gateway asks to wait", wait=1.0)
    await bench.client.hset(run_key, "waits_since", str(hour_ago))
    await bench.stop()
    run = await only_one(bench)
    assert (run.kept.pauses, run.kept.waits) == ("2", "3")
    for name in ("paused_for", "waited_for"):
        assert 3_600_000 <= run.number(name) < 3_700_000


async def test_whom_it_could_not_message_and_whom_perhaps(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.progress.plan(ticket, 9, 0, "Planned", honours_keys=False, failed=2)
    settled = NOTHING
    for number, outcome in enumerate(("failed", "uncertain", "sent"), start=1):
        claimed = await bench.claim(ticket, number, f"r{number}", settled)
        settled = msgspec.structs.replace(became(claimed, Outcome(outcome)), error=f"why {outcome}")
    await bench.progress.complete(ticket, settled)
    run = await only_one(bench)
    failed = await bench.history.recipients(bench.who, run.id, "failed", 0)
    [one] = failed.found
    assert (one.id, one.name, one.reason) == ("r1", "Name of r1", "why failed")
    assert (failed.unnamed, failed.next) == (2, "")
    [two] = (await bench.history.recipients(bench.who, run.id, "uncertain", 0)).found
    assert (two.id, two.reason) == ("r2", "why uncertain")
    assert await bench.resolve("leave") == 1
    assert (await bench.history.recipients(bench.who, run.id, "uncertain", 0)).found == []


async def test_what_a_next_run_tries_again_stays_in_the_list_of_the_first(real: Bench) -> None:
    """On a real server: fakeredis has a copy and its original share what is in them."""
    ticket = await real.start()
    claimed = [await real.claim(ticket, 1, "r1")]
    claimed.append(await real.claim(ticket, 2, "r2", became(claimed[0], Outcome.FAILED)))
    await real.progress.complete(ticket, became(claimed[1], Outcome.FAILED))
    again = await real.start(only="failed")
    first = await real.claim(again, 1, "r1")
    second = await real.claim(again, 2, "r2", first)
    await real.progress.complete(again, became(second, Outcome.FAILED))

    async def failed(run_id: str) -> list[str]:
        listed = await real.history.recipients(real.who, run_id, "failed", 0)
        return sorted(each.id for each in listed.found)

    assert await failed(ticket.run_id) == ["r1", "r2"]
    assert await failed(again.run_id) == ["r2"]
    await real.start()
    await real.stop()
    assert await failed(ticket.run_id) == ["r1", "r2"]


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.FAILED, Outcome.UNCERTAIN])
async def test_the_last_message_of_a_stopped_one_counts(bench: Bench, outcome: Outcome) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.stop()
    assert (await only_one(bench)).kept.sent == "0"
    await bench.progress.settle(ticket, became(claimed, outcome))
    run = await only_one(bench)
    assert getattr(run.kept, outcome) == "1"
    for which in ("failed", "uncertain"):
        listed = (await bench.history.recipients(bench.who, run.id, which, 0)).found
        assert [each.id for each in listed] == (["r1"] if outcome == which else [])


async def test_a_decision_about_somebody_counts_while_the_run_is_on_record(bench: Bench) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.progress.complete(ticket, became(claimed, Outcome.UNCERTAIN))
    await bench.resolve("leave")
    kept = (await only_one(bench)).kept
    assert (kept.sent, kept.uncertain) == ("1", "0")


async def test_who_was_in_flight_when_its_server_died_is_uncertain(bench: Bench) -> None:
    ticket = await bench.start()
    await bench.claim(ticket, 1, "r1")
    await bench.stop()
    await bench.start()
    [first] = await past(bench)
    assert (first.id, first.kept.uncertain) == (ticket.run_id, "1")
