"""What holds for all scripts at work: lifetimes, slots, clocks, keys that are gone."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC
from types import TracebackType
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from alphasync.domain.events import StateEvent, filled
from alphasync.domain.runs import Counters
from alphasync.domain.snapshot import apply
from alphasync.membership.holdings import Holding
from alphasync.membership.terms import Agreement, terms_of
from alphasync.protocol import packets
from alphasync.protocol.list_commands import ListUncertain
from alphasync.protocol.run_commands import StartProcessing
from alphasync.protocol.version_commands import RestoreVersion
from alphasync.realtime.order import parse
from alphasync.services import history
from alphasync.services.audit import Filters
from alphasync.services.earlier_state import EarlierDraft, EarlierRun, EarlierState, Place
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome
from alphasync.services.webhook_message import Secrets
from alphasync.services.webhook_sender import WebhookSender
from alphasync.services.webhooks import EVENTS, Webhooks
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.store.redis.pipeline import ReplyError
from alphasync.store.rights import ANY_TAG, try_scripts
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.device_calls import push_set
from tests.harness import Valkey, wait_until
from tests.scripts.backends import admin, make, start_as, tokens_of
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.deeds import became
from tests.scripts.drafting import attach, clear, kept
from tests.scripts.planning import Planner
from tests.scripts.test_answer_begin import Counted
from tests.scripts.test_run_pause import pause, resume
from tests.scripts.test_run_rest import begin, rest
from tests.scripts.test_run_take import take
from tests.scripts.test_sources import BODIES

TRIES = 2
"""For each script and key, of the calls that are tried without it."""


async def everything(bench: Bench) -> None:
    """Have every script write all that it can write."""
    phone = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.join(bench.who, "s1b", "", phone.device_id, phone.resume_token)
    tablet = await bench.devices.join(bench.who, "s2", "tablet")
    await bench.devices.touch(bench.who, "s2", tablet.device_id)
    await bench.roster.tell(bench.who.account)
    await bench.roster.announce(bench.who.account)
    await bench.rename("desk", tablet.device_id)
    desk = await bench.devices.join(bench.who, "s3", "desk")
    await bench.start("1009", device=desk.device_id)
    await bench.sign_out(desk.device_id)
    await bench.avoid("r5000", "asked us not to")
    await bench.avoid("r5001")
    await bench.allow("r5001")
    await bench.avoided()
    await bench.type("Hello")
    await bench.empty("1002")
    version = (await clear(bench))["version"]
    restoring = RestoreVersion(profile_id="1001", type="chat", version=version)
    await bench.versions.restore(bench.who, "d1", restoring)
    await kept(bench)
    await attach(bench, "sea", "sun")
    await attach(bench, "sea", base=("sea", "sun"))
    ticket = await bench.start(device=phone.device_id)
    await bench.blocklist.prune(ticket)
    await bench.messaged()
    await bench.unblock("r1")
    earlier = EarlierState(bench.scripts)
    place = Place(bench.who.operator_id, bench.who.account, "1007", "chat")
    before = await bench.now() - 3_600_000
    await earlier.messaged(place, [("r1", before), ("r2", before + 1)])
    await earlier.draft(place, EarlierDraft("Hello", "d9", before), known_revision=0)
    await earlier.run(place, EarlierRun("d9", await bench.now(), 7, 10))
    await bench.progress.plan(ticket, 9, 0, "Planned", honours_keys=False, failed=1)
    settled = await bench.claim(ticket, 1, "r1")
    for number, outcome in enumerate(Outcome, start=2):
        settled = await bench.claim(ticket, number, f"r{number}", became(settled, outcome))
    await bench.progress.note(ticket, "Waiting")
    await pause(bench)
    await bench.progress.touch(ticket)
    await resume(bench)
    await take(bench, "d7", phone.device_id)
    await bench.devices.lose(bench.who.account, phone.device_id, "s1b", bench.server.current)
    holding = Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )
    other = bench.other_server()
    await other.leases.renew(other.server.current, "register")
    taken = await other.takeover.run(holding)
    assert taken is not None
    claimed = await bench.claim(taken[0], 1, "r90")
    await bench.forget()
    await bench.stop()
    await bench.progress.settle(taken[0], became(claimed, Outcome.UNCERTAIN))
    mail = await bench.runs.start(
        bench.who,
        tablet.device_id,
        StartProcessing(profile_id="1002", type="mail", message="Hello " * 40),
    )
    await bench.progress.complete(mail, await bench.claim(mail, 1, "r1"))
    repeating = await begin(bench)
    await rest(bench, repeating)
    await bench.stop()
    third = await bench.start("1003", device=tablet.device_id)
    await bench.claim(third, 1, "r1")
    await bench.progress.interrupt(third, settled, "No", "x")
    await bench.start("1003", device=tablet.device_id)
    await bench.runs.stop_all(bench.who, "d")
    planner = Planner(bench)
    plan = await planner.plan(profile_id="1005")
    await planner.change(plan, message="Other")
    await planner.cancel(await planner.plan(profile_id="1006"))
    await planner.comes(plan)
    await planner.due.look()
    await planner.plan(profile_id="1006")
    await bench.start("1004", device=tablet.device_id)
    await bench.devices.leave(bench.who.account, tablet.device_id, "s2", away=False)
    await bench.resolve("leave", "r90")
    await bench.list_failed()
    await bench.uncertain.listed(bench.who, ListUncertain(profile_id="1001", type="chat"))
    signed_in = await bench.sign_in("the gateway's token", "1001")
    who = msgspec.structs.replace(bench.who, sign_in=signed_in.sid)
    await bench.upstream.prolong(who)
    await bench.upstream.named(signed_in.handle)
    await bench.sign_in()
    await bench.upstream.newest(who.account, who.operator_id, who.sign_in, "1001", ())
    await bench.upstream_with("next", "secret").named(signed_in.handle)
    for _ in range(3):
        await bench.sign_in()
    phone = await bench.devices.join(who, "s4", "phone")
    await bench.start("1007", device=phone.device_id)
    await bench.audit.page(who.account, "", Filters())
    await bench.history.page(who, "", history.Filters())
    await bench.analytics.read(who, 365, UTC)
    await bench.signed_in.page(who, "", of_all=True)
    await bench.endings.leave(bench.come_with(await bench.sign_in()))
    await bench.endings.end_all(who, this_one=True)
    await bench.endings.check(bench.come_with(await bench.sign_in()))
    await bench.logins.begin("a@b.example", "10.0.0.1")
    await bench.logins.succeed("a@b.example", "10.0.0.1", "o:1", "1")
    await bench.logins.begin("a@b.example", "10.0.0.1")
    maker = admin(bench, await bench.sign_in())
    made = await make(bench, maker)
    await start_as(bench, await tokens_of(bench).identify(made.token), "1008")
    await tokens_of(bench).revoke(maker, made.id)
    await make(bench, maker, lifetime=600)
    await Counted(bench).ask("a key")
    bench.refusals.note(who, "clearBlocklist", "not_allowed", "d1")
    await wait_until(lambda: not bench.refusals.waiting)
    await Agreement(bench.scripts, terms_of(("secret",), LIFETIMES)).tell(bench.server.current)
    await LostRuns(bench.scripts).tell(third, NOTHING, Counters())
    await bench.leases.resign(other.server.current, closed_for=0)
    await bench.leases.adopt(bench.server.current, other.server.current)
    await bench.leases.renew(bench.server.current, "renew")
    await bench.account_state.events_after(bench.who.account, "", 0)
    await bench.snapshot()
    await try_scripts(replace(bench.store, scripts=bench.scripts), ANY_TAG)
    await bench.account_state.run(bench.who.account, ("1001", "chat"))
    await bench.scripts.call(
        push_set(bench.names, device_id="d1", subscription=b"x", most=2, lasts=60_000)
    )
    await webhooks(bench)


async def forever() -> None:
    await asyncio.Event().wait()


async def webhooks(bench: Bench) -> None:
    """What is put down is told, and what became of it is noted; nothing is at that address. Then
    the servers have another key."""
    pipeline, looked_at = bench.store.pipeline, list[str]()
    own, next_ = Secrets(("secret",)), Secrets(("newer", "secret"))
    hooks = Webhooks(bench.scripts, pipeline, own, looked_at.append, 5, private=True)
    maker = admin(bench, await bench.sign_in())
    hook = await hooks.make(maker, "http://127.0.0.1:9/", EVENTS)
    await hooks.ping(maker, hook.id)
    for keys_ in (own, next_):
        sender = WebhookSender(bench.scripts, pipeline, keys_, bench.server, forever, private=True)
        await hooks.switch(maker, hook.id, enabled=True)
        await sender.tell(maker.account)
        await sender.close()
    await hooks.attempts(maker, hook.id)
    await hooks.remove(maker, hook.id)


async def test_everything_is_everything(bench: Bench) -> None:
    await everything(bench)
    assert {call.name for call in bench.scripts.calls} == set(BODIES)


@pytest.mark.slow
async def test_no_script_fails_when_one_of_its_keys_is_gone(
    real: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call is tried without each of its keys, as after an eviction, before it is made."""
    call, tried, failed = Scripts.call, Counter[tuple[str, str]](), list[str]()

    async def tried_without_each(self: Scripts, made: Call, **how: Any) -> Answer:
        for local, gone in real.scripts.keys_of(made).items():
            # Often enough to meet different states; each time all keys are put back.
            if tried[made.name, local] == TRIES or not await real.client.exists(gone):
                continue
            found = [key async for key in real.client.scan_iter("*", count=1000)]
            kept = [(k, await real.client.pttl(k), await real.client.dump(k)) for k in found]
            await real.client.delete(gone)
            try:
                await call(self, made)
            except ReplyError as error:
                failed.append(f"{made.name} without {local}: {error}")
            await real.client.flushdb()
            for key, lives, value in kept:
                # The tide rises meanwhile, and a scan may find a key twice.
                await real.client.restore(key, max(0, lives), value or b"", replace=True)
            tried[made.name, local] += 1
        return await call(self, made, **how)

    monkeypatch.setattr(Scripts, "call", tried_without_each)
    await everything(real)
    assert sorted(set(failed)) == []
    assert {("run_step", "run"), ("run_step", "lock"), ("device_leave", "device")} <= set(tried)


async def test_every_key_has_an_end(bench: Bench) -> None:
    await everything(bench)
    found = [key async for key in bench.client.scan_iter("*", count=1000)]
    kinds = {key.decode().removeprefix(bench.names.prefix).split(":")[0] for key in found}
    assert kinds >= {
        *("meta", "log", "run", "runs", "draft", "drafts", "device", "devices"),
        *("sent", "uncertain", "signin", "signins", "as"),
    }
    endless = [key.decode() for key in found if await bench.client.pttl(key) < 0]
    names = bench.names
    reasoned = {keys.TIDE, keys.WEBHOOKS, names.never, names.never_notes, names.tokens}
    assert set(endless) <= reasoned, "for what keys.py gives a reason"


async def test_a_lock_and_what_a_server_holds_have_an_end_from_their_first_moment(
    bench: Bench,
) -> None:
    device = await bench.devices.join(bench.who, "s1", "phone")
    ticket = await bench.start(device=device.device_id)
    await bench.claim(ticket, 1, "r1")
    found = [key async for key in bench.client.scan_iter("*", count=1000)]
    assert bench.names.lock("chat", "1001").encode() in found
    assert keys.holdings(bench.server.current).encode() in found
    endless = [key.decode() for key in found if await bench.client.pttl(key) < 0]
    assert set(endless) <= {keys.TIDE}, "for what keys.py gives a reason"


@pytest.mark.slow
async def test_all_keys_of_a_call_are_in_one_slot(real: Bench, cluster_valkey: Valkey) -> None:
    """Asked of a server in cluster mode; it also runs all other tests of scripts."""
    await everything(real)
    written = [key async for key in real.client.scan_iter(f"{real.names.prefix}*", count=1000)]
    client = make_client(cluster_valkey.url)

    async def slot(key: str | bytes) -> int:
        return int(await client.execute_command("CLUSTER", "KEYSLOT", key))

    assert len({await slot(key) for key in written}) == 1
    for call in real.scripts.calls:
        assert len({await slot(key) for key in call.keys.values()}) == 1, call.name
    await client.aclose()


TIMES = {"claimed_at", "started_at", "score", "start_at", "begun_at"}
"""The arguments that carry a time, which came from Redis: the score of a claim, of an entry at
which a page ended, a start, that of a login; or from a person: when a planned run is to start; or
from who made a token that no login made."""


async def test_no_argument_carries_a_time_but_scores_of_claims(bench: Bench) -> None:
    await everything(bench)
    now = await bench.now()
    day = 86400 * 1000
    for call in bench.scripts.calls:
        for name, value in call.args.items():
            text = value.decode() if isinstance(value, bytes) else str(value)
            if name in TIMES or not re.fullmatch(r"\d+(\.\d+)?", text):
                continue
            for scale in (1, 1000, 0.001):
                assert abs(float(text) * scale - now) > day, f"{call.name}: {name} = {text}"


class AnHourOff:
    """This process' clock, an hour ahead for as long as the block lasts."""

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        true_time, true_time_ns = time.time, time.time_ns
        self._patch.setattr(time, "time", lambda: true_time() + 3600)
        self._patch.setattr(time, "time_ns", lambda: true_time_ns() + 3600 * 10**9)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._patch.undo()


async def test_a_server_whose_clock_is_off_changes_nothing(real: Bench) -> None:
    before = await real.now()
    with AnHourOff():
        await everything(real)
    after = await real.now()
    epoch = (await real.snapshot()).epoch
    raw = await real.account_state.events_after(real.who.account, epoch, 0)
    assert isinstance(raw, list)
    events = [packets.decode(parse(envelope).packet) for envelope in raw]
    assert len(events) > 20
    for event in events:
        for field in ("timestamp", "started_at", "stopped_at", "completed_at"):
            value = getattr(event, field, None)
            assert value in (None, UNSET) or before <= filled(value) <= after, f"{event}: {field}"
    for name in ("sent:chat:1001", "sent:mail:1002", "sent:chat:1003"):
        key = real.names.prefix + name
        assert await real.client.zcard(key) == await real.client.zcount(key, before, after) > 0


async def test_the_events_of_it_all_lead_from_nothing_to_the_last_snapshot(bench: Bench) -> None:
    state = await bench.snapshot()
    assert (state.revision, state.runs) == (0, {})
    await everything(bench)
    raw = await bench.account_state.events_after(bench.who.account, state.epoch, 0)
    assert isinstance(raw, list)
    for envelope in map(parse, raw):
        event = packets.decode(envelope.packet)
        assert isinstance(event, StateEvent)
        state = apply(state, event)
    assert state == await bench.snapshot()
