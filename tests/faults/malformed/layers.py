"""The layers, from bytes to the gateway's answers: what the cases of each are, and how one is
brought to the server."""

import functools
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from alphasync.realtime.handlers import REGISTRY
from alphasync.realtime.registration import Auth
from alphasync.reference.call import Call
from alphasync.reference.calls import CALLS
from tests.conformance.frames import BINARY, TEXT, frame
from tests.faults.malformed import answers, engine, http_bytes, packed_packets, socket_packets
from tests.faults.malformed.models import around
from tests.faults.malformed.values import odd, texts, to_bytes, written
from tests.faults.malformed.wire import (
    Answer,
    Fault,
    Hand,
    closes_or_answers,
    goes_on,
    stranger,
    token_of,
    told,
)
from tests.faults.malformed.wire import statuses_in as statuses

POLLING = "/socket.io/?EIO=4&transport=polling"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
ENDINGS = ("processingComplete", "processingInterrupted", "processingStopped")
COMMANDS = "/api/commands/{name}"
JSON, CSV = "application/json", "text/csv"
JSON_TYPES = [JSON] * 9 + ["text/plain", "\xff", "a/b;", ""]
CSV_TYPES = [CSV] * 9 + [JSON, "text/csv; charset=x"]
Kinds = Mapping[str, Callable[[], st.SearchStrategy[Any]]]


@dataclass(frozen=True)
class Layer:
    """``kinds``: what makes the cases, by what they are of; ``share``: of all cases, in parts;
    ``hands``: how many are brought at once."""

    kinds: Kinds
    bring: Callable[[Hand, Any], Awaitable[str]]
    share: int
    hands: int = 16


async def bring_request(hand: Hand, sent: bytes) -> str:
    found = statuses(await hand.exchange(sent))
    return str(found[0]) if found else "no answer"


async def bring_handshake(hand: Hand, case: tuple[str, str, bool]) -> str:
    method, query, upgrades = case
    if not upgrades:
        return (await hand.ask(method, f"/socket.io/?{query}")).outcome
    # A WebSocket that is opened goes on.
    head = [f"{method} /socket.io/?{query} HTTP/1.1", "Host: localhost"]
    head += [f"{name}: {value}" for name, value in UPGRADE.items()]
    found = statuses(await hand.exchange("\r\n".join([*head, "", ""]).encode()))
    return str(found[0]) if found else "no answer"


async def bring_body(hand: Hand, case: tuple[bool, bytes]) -> str:
    connects, body = case
    opened = await hand.ask("GET", POLLING)
    assert opened.status == 200, opened
    session = f"{POLLING}&sid={json.loads(opened.body[1:])['sid']}"
    if connects:
        connect = f"40{json.dumps({'token': token_of(hand.account)})}"
        assert (await hand.ask("POST", session, body=connect.encode())).status == 200
    answer = await hand.ask("POST", session, body=body)
    ended = await hand.ask("POST", session, body=b"1")
    if ended.status not in (200, 400):
        raise Fault(f"the session does not end: {ended}")
    return answer.outcome


async def bring_frames(hand: Hand, sent: bytes) -> str:
    async with stranger(hand.url) as ws:
        if hand.number % 2:
            hand.say(ws, f"40{json.dumps({'token': token_of(hand.account)})}")
            await told(ws, "40")
        ws.write(sent)
        return await closes_or_answers(ws, hand.pulse)


async def bring_packets(hand: Hand, messages: list[str | bytes]) -> str:
    ws = await hand.device()
    named = [f"4{message}" if isinstance(message, str) else message for message in messages]
    hand.say(ws, *named)
    return await goes_on(hand)


async def bring_packed(hand: Hand, messages: list[str | bytes]) -> str:
    ws = await hand.device(packed=True)
    for message in messages:
        opcode = BINARY if isinstance(message, bytes) else TEXT
        ws.write(frame(opcode, message if isinstance(message, bytes) else to_bytes(message)))
    return await goes_on(hand)


async def bring_auth(hand: Hand, auth: str) -> str:
    async with stranger(hand.url) as ws:
        hand.say(ws, f"40{auth}")
        said = await told(ws, '42["deviceRegistered"', "44")
        if said is None or said.startswith("44"):
            return "refused" if said else "closed"
        hand.say(ws, "41", "1")
        await told(ws, "no such packet")
    return "registered"


async def bring_command(hand: Hand, case: tuple[str, list[str]]) -> str:
    return await hand.call(*case)


def address_of(number: int) -> str:
    """Who a hand signs in as: a session that one of them ends is no other one's."""
    return f"odd{number}@example.com"


async def bring_call(hand: Hand, case: tuple[Call, str, dict[str, str], bytes]) -> str:
    call, target, headers, body = case
    if any("{handle}" in value or "{token}" in value for value in headers.values()):
        credentials = json.dumps({"email": address_of(hand.number), "password": "demo"}).encode()
        login = await hand.ask("POST", "/api/auth/login", {"Content-Type": JSON}, credentials)
        found = login.json()
        names = {name: value.replace("{token}", found["token"]) for name, value in headers.items()}
        handle = found["alphaDateToken"]
        headers = {name: value.replace("{handle}", handle) for name, value in names.items()}
    answer = await hand.ask(call.method, target, headers, body)
    return code_of(answer) if answer.status == 404 else answer.outcome


def code_of(answer: Answer) -> str:
    """Of a refusal; the status where there is none: a path that is no call's."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return answer.outcome


async def bring_answer(hand: Hand, case: answers.Case) -> str:
    number = await hand.gateway.add(case)
    name = f"case-{number}"
    try:
        if case.call == "recipients":
            outcome = await hand.call("previewRun", [written({"profileId": name, "type": "chat"})])
        elif case.call == "send":
            outcome = await _run(hand, name, number)
        else:
            outcome = await _look(hand, case.call, name)
    finally:
        asked = await hand.gateway.remove(number)
    return outcome if asked else f"not asked: {outcome}"


async def _look(hand: Hand, call: str, name: str) -> str:
    credentials = json.dumps({"email": f"{name}@x", "password": "x"}).encode()
    login = await hand.ask("POST", "/api/auth/login", {"Content-Type": JSON}, credentials)
    if call == "login" or login.status != 200:
        return login.outcome
    path = "/api/profiles" if call == "profiles" else f"/api/profiles/{name}/attachments"
    handle = login.json()["alphaDateToken"]
    return (await hand.ask("GET", path, {"X-Alpha-Date-Token": handle})).outcome


async def _run(hand: Hand, name: str, number: int) -> str:
    about = {"profileId": name, "type": "chat"}
    started = await hand.call("startProcessing", [written({**about, "message": "Hello"})])
    if started != "ok":
        return started
    await hand.gateway.answered(number)
    stopped = await hand.call("stopProcessing", [written(about)])
    return "ended" if stopped == "not_running" else stopped


def command(event: str) -> st.SearchStrategy[tuple[str, list[str]]]:
    payload = around(REGISTRY[event][0]).map(written)
    one = st.tuples(payload).map(list)
    return st.tuples(st.just(event), st.one_of([one] * 9 + [st.lists(payload, max_size=2)]))


def auth(field: str) -> st.SearchStrategy[str]:
    """Credentials with something odd in this field, and with or without a token that is one."""
    token = token_of("odd handshakes")

    def given(fields: Any, value: Any, *, lets_in: bool) -> str:
        if not isinstance(fields, dict):
            return written(fields)
        good = {"token": token} if lets_in else {}
        return written({**fields, **good, field: value})

    lets_in = st.sampled_from([True] * 5 + [False])
    return st.builds(given, around(Auth), odd, lets_in=lets_in)


Asked = tuple[Call, str, dict[str, str], bytes]


def call(of: Call) -> st.SearchStrategy[Asked]:
    query = around(of.query).map(_in_a_query) if of.query else st.one_of(st.just(""), _queries)
    name, _, right = of.header.partition(": ")
    right = re.sub(r"<.*?>", "{token}" if name == "Authorization" else "{handle}", right)
    says = st.one_of(st.just(right), st.just(right), _header_values)
    if of.body is not None:
        body, types = around(of.body).map(lambda value: to_bytes(written(value))), JSON_TYPES
    else:
        body, types = (st.just(b"") if of.method == "GET" else _csv), CSV_TYPES
    named = st.tuples(_segments, body)
    if of.path == COMMANDS:
        named, types = st.one_of([_command_over_http] * 9 + [named]), JSON_TYPES

    def ask(named: tuple[str, bytes], query: str, value: str, type_: str) -> Asked:
        segment, sent = named
        path = re.sub(r"\{.*?\}", lambda _: segment, of.path) + query
        headers = {"Content-Type": type_} if sent else {}
        return of, path, headers | ({name: value} if name else {}), sent

    return st.builds(ask, named, query, says, st.sampled_from(types))


_header_values = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["Cs"]),
    max_size=40,
)
_cells = st.one_of(
    texts, st.sampled_from(['"', '""', "id", "note", "=1+1", ";", ",", "\r", "x" * 600])
)
_csv = st.one_of(
    st.just(b"id,note\nr1,no more\n"),
    st.lists(st.lists(_cells, max_size=3).map(",".join), max_size=6).map(
        lambda lines: to_bytes("\n".join(lines))
    ),
    st.binary(max_size=60),
)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else written(value)
    return quote(to_bytes(text)[:2_000], safe="")


def _in_a_query(fields: Any) -> str:
    if not isinstance(fields, dict):
        return f"?{_quoted(fields)}"
    return "?" + "&".join(f"{_quoted(n)}={_quoted(v)}" for n, v in fields.items())


_queries = st.one_of(odd.map(_in_a_query), st.dictionaries(texts, odd).map(_in_a_query))
_segments = st.one_of(
    st.just("1001"), st.sampled_from(["%ff", "%00", "..", "%2f", ""]), texts.map(_quoted)
)

_command_over_http = st.sampled_from(sorted(REGISTRY)).flatmap(
    lambda event: st.tuples(
        st.just(event), around(REGISTRY[event][0]).map(lambda value: to_bytes(written(value)))
    )
)


def each(kinds: Mapping[str, st.SearchStrategy[Any]]) -> Kinds:
    return {name: functools.partial(_same, kind) for name, kind in kinds.items()}


def _same(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return kind


LAYERS: dict[str, Layer] = {
    "http": Layer(each(http_bytes.KINDS), bring_request, share=14, hands=128),
    "handshakes": Layer(each(engine.KINDS_OF_HANDSHAKES), bring_handshake, share=8, hands=64),
    "bodies": Layer(each(engine.KINDS_OF_BODIES), bring_body, share=10),
    "frames": Layer(each(engine.KINDS_OF_FRAMES), bring_frames, share=14, hands=64),
    "packets": Layer(each(socket_packets.KINDS), bring_packets, share=16),
    "packed": Layer(each(packed_packets.KINDS), bring_packed, share=8),
    "credentials": Layer(
        {field: functools.partial(auth, field) for field in Auth.__annotations__},
        bring_auth,
        share=6,
    ),
    "commands": Layer(
        {event: functools.partial(command, event) for event in REGISTRY}, bring_command, share=20
    ),
    "calls": Layer({of.title: functools.partial(call, of) for of in CALLS}, bring_call, share=16),
    "gateway": Layer(each(answers.KINDS), bring_answer, share=4),
}
