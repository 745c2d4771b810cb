"""What holds for all scripts: headers, lifetimes, slots, clocks."""

import re
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
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
from alphasync.protocol.commands import ListUncertain, StartProcessing
from alphasync.realtime.order import parse
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.store.redis.pipeline import ReplyError
from alphasync.store.rights import ANY_TAG, try_scripts
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.loading import header as header_of
from alphasync.store.scripts.loading import load
from tests.harness import Valkey
from tests.scripts.bench import LIFETIMES, Bench, became

LUA = files("alphasync.store.scripts") / "lua"
BODIES = {
    file.name.removesuffix(".lua"): file.read_text()
    for file in LUA.iterdir()
    if file.name.endswith(".lua")
}
SHARED = "\n".join(file.read_text() for file in (LUA / "shared").iterdir())
GIVEN = {"redis", "string", "table", "math", "cjson", "tonumber", "tostring", "ipairs", "pairs"}
GIVEN |= {"unpack"}
"""What Redis gives to a script."""
LOADED = {"lineage", "publish_with"}
"""What the loader gives to a script."""
KEYWORDS = {
    *("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in"),
    *("local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"),
}


def code(lua: str) -> str:
    """Without comments and the content of strings."""
    without_strings = re.sub(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", "''", lua)
    return re.sub(r"--[^\n]*", "", without_strings)


def names_in(lua: str) -> set[str]:
    """Identifiers that are not fields of a table."""

    def without_fields(table: re.Match[str]) -> str:
        return re.sub(r"([{,]\s*)[A-Za-z_]\w*\s*=(?!=)", r"\1", table[0])

    text = re.sub(r"\{[^{}]*\}", without_fields, code(lua))
    return set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text)) - KEYWORDS


def declared_in(lua: str) -> set[str]:
    text = code(lua)
    found: set[str] = set()
    for names in re.findall(r"\blocal\s+(?!function)([\w\s,]+?)(?==|\n|$)", text):
        found.update(re.findall(r"\w+", names))
    for name, parameters in re.findall(r"\bfunction\s+(\w+)\s*\(([^)]*)\)", text):
        found.update([name, *re.findall(r"\w+", parameters)])
    for names in re.findall(r"\bfor\s+([\w\s,]+?)\s*(?:=|\bin\b)", text):
        found.update(re.findall(r"\w+", names))
    return found


def outcomes_of(name: str) -> set[str]:
    """As the header and the code name them."""
    return set(re.findall(r"\{'([A-Z_]+)'", BODIES[name])) | set(
        re.findall(r"answer = '([A-Z_]+)'", BODIES[name])
    )


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_header_lists_exactly_the_names_that_the_script_uses(name: str) -> None:
    body = BODIES[name]
    script = load(LIFETIMES)[name]
    header = [name for kind in ("KEYS", "ARGV") for name in header_of(body)[kind]]
    assert len(header) == len(set(header))
    assert re.match(
        r"-- .*\n(?:-- .*\n)*?-- KEYS: .*\n-- ARGV:.*\n(?:--   .*\n)*-- USES:.*\n-- RETURN: ", body
    )
    constants = set(re.findall(r"^local ([A-Z_]+) =", script.source, re.MULTILINE))
    shared = set(re.findall(r"^local (?:function )?(\w+)", SHARED, re.MULTILINE))
    used = names_in(body)
    assert not set(header) & (declared_in(body) | shared), "a name means one thing"
    assert used - declared_in(body) - shared - constants - GIVEN - LOADED == set(header)
    assert not {"KEYS", "ARGV"} & used


def test_what_all_scripts_share_uses_nothing_from_outside() -> None:
    constants = set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", code(SHARED)))
    assert names_in(SHARED) - declared_in(SHARED) - GIVEN - LOADED == constants
    source = load(LIFETIMES)["draft_set"].source
    assert constants <= set(re.findall(r"^local ([A-Z_]+) = \d+$", source, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_each_script_has_its_tests_and_each_outcome_is_in_them(name: str) -> None:
    tests = (Path(__file__).parent / f"test_{name}.py").read_text()
    for outcome in outcomes_of(name):
        assert f'"{outcome}"' in tests, outcome
    header = BODIES[name].partition("RETURN: ")[2]
    returned = "".join(line[3:] for line in header.splitlines(True) if line.startswith("-- "))
    documented = header.partition("\n")[0] + returned
    for outcome in outcomes_of(name):
        assert outcome in documented, f"{outcome} is not in the header"


async def everything(bench: Bench) -> None:
    """Have every script write all that it can write."""
    phone = await bench.devices.join(bench.who, "s1", "phone")
    await bench.devices.join(bench.who, "s1b", "", phone.device_id, phone.resume_token)
    tablet = await bench.devices.join(bench.who, "s2", "tablet")
    await bench.devices.touch(bench.who, "s2", tablet.device_id)
    await bench.type("Hello")
    await bench.empty("1002")
    ticket = await bench.start(device=phone.device_id)
    await bench.blocklist.prune(ticket)
    await bench.plan(ticket, 9)
    settled = await bench.claim(ticket, 1, "r1")
    for number, outcome in enumerate(Outcome, start=2):
        settled = await bench.claim(ticket, number, f"r{number}", became(settled, outcome))
    await bench.progress.note(ticket, "Waiting")
    await bench.progress.touch(ticket)
    await bench.devices.lose(bench.who.account, phone.device_id, "s1b", bench.server.current)
    holding = Holding(
        "run", bench.server.current, ticket.account, ticket.profile, ticket.type, ticket.run_id
    )
    other = bench.other_replica()
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
    third = await bench.start("1003", device=tablet.device_id)
    await bench.claim(third, 1, "r1")
    await bench.progress.interrupt(third, settled, "No", "x")
    await bench.start("1003", device=tablet.device_id)
    await bench.runs.stop_all(bench.who, "d")
    await bench.start("1004", device=tablet.device_id)
    await bench.devices.leave(bench.who.account, tablet.device_id, "s2", away=False)
    await bench.resolve("leave", "r90")
    await bench.uncertain.listed(bench.who, ListUncertain(profile_id="1001", type="chat"))
    signed_in = await bench.sign_in("the gateway's token", "1001")
    who = msgspec.structs.replace(bench.who, sign_in=signed_in.sid)
    await bench.upstream.prolong(who)
    await bench.upstream.named(signed_in.handle)
    await bench.sign_in()
    await bench.upstream.newest(who.account, who.operator_id, who.sign_in, "1001", ())
    for _ in range(3):
        await bench.sign_in()
    await bench.logins.begin("a@b.example", "10.0.0.1")
    await bench.logins.succeed("a@b.example", "10.0.0.1")
    await bench.logins.begin("a@b.example", "10.0.0.1")
    await Agreement(bench.scripts, terms_of("secret", LIFETIMES)).tell(bench.server.current)
    await LostRuns(bench.scripts).tell(third, NOTHING, Counters())
    await bench.leases.resign(other.server.current, closed_for=0)
    await bench.leases.adopt(bench.server.current, other.server.current)
    await bench.leases.renew(bench.server.current, "renew")
    await bench.account_state.events_after(bench.who.account, "", 0)
    await bench.snapshot()
    await try_scripts(replace(bench.store, scripts=bench.scripts), ANY_TAG)
    await bench.account_state.run(bench.who.account, ("1001", "chat"))


async def test_everything_is_everything(bench: Bench) -> None:
    await everything(bench)
    assert {call.name for call in bench.scripts.calls} == set(BODIES)


async def test_no_script_fails_when_one_of_its_keys_is_gone(
    real: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call is tried without each of its keys, as after an eviction, before it is made."""
    call, tried, failed = Scripts.call, set(), []

    async def tried_without_each(self: Scripts, made: Call, **how: Any) -> Answer:
        for local, gone in real.scripts.keys_of(made).items():
            if not await real.client.exists(gone):
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
            tried.add((made.name, local))
        return await call(self, made, **how)

    monkeypatch.setattr(Scripts, "call", tried_without_each)
    await everything(real)
    assert sorted(set(failed)) == []
    assert {("run_step", "run"), ("run_step", "lock"), ("device_leave", "device")} <= tried


async def test_every_key_has_an_end(bench: Bench) -> None:
    await everything(bench)
    found = [key async for key in bench.client.scan_iter("*", count=1000)]
    kinds = {key.decode().removeprefix(bench.names.prefix).split(":")[0] for key in found}
    assert kinds >= {
        *("meta", "log", "run", "runs", "draft", "drafts", "device", "devices"),
        *("sent", "uncertain", "signin", "signins", "as"),
    }
    endless = [key.decode() for key in found if await bench.client.pttl(key) < 0]
    assert set(endless) <= {keys.TIDE}, "for what keys.py gives a reason"


async def test_a_lock_and_what_a_replica_holds_have_an_end_from_their_first_moment(
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


TIMES = {"claimed_at", "started_at"}
"""The arguments that carry a time, which came from Redis: the score of a claim, a start."""


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


async def test_a_replica_whose_clock_is_off_changes_nothing(real: Bench) -> None:
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


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_script_defines_what_it_calls_and_nothing_else(name: str) -> None:
    text = code(load(LIFETIMES)[name].source)
    shared = set(re.findall(r"^local function (\w+)", SHARED, re.MULTILINE))
    defined = re.findall(r"^local function (\w+)", text, re.MULTILINE)
    own = re.findall(r"^local function (\w+)", BODIES[name], re.MULTILINE)
    used = {function for function in shared if re.search(rf"\b{function}\b", text)}
    assert used | set(own) == set(defined)
    for function in defined:
        assert len(re.findall(rf"\b{function}\b", text)) > 1, f"{function} is defined for nothing"
