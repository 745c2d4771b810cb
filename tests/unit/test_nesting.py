"""JSON from outside: one bound for its depth, wherever it comes in and on whatever Python."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakeredis import FakeAsyncRedis
from hypothesis import given
from hypothesis import strategies as st

from alphasync.gateway.contract import decode_profiles, explanation
from alphasync.gateway.port import GatewayUnavailable
from alphasync.gateway.sandbox import FaultsError, PeopleError, load_people
from alphasync.gateway.sandbox.faults import Faults, parse_faults, patch_faults
from alphasync.nesting import NESTING_MAX, NestedTooDeeply, check_nesting, decode_json
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Sessions
from alphasync.services.tokens import InvalidToken, Tokens
from alphasync.store.redis.memory import MemoryPipeline
from alphasync.transport.socket_packets import MalformedPacket, StrictPacket

PACKAGE = Path(__file__).parents[2] / "alphasync"


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


def objects(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("text", [nested(NESTING_MAX), objects(NESTING_MAX), '{"a":[]}' * 9])
def test_up_to_the_bound(text: str) -> None:
    check_nesting(text)
    check_nesting(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        nested(NESTING_MAX + 1),
        objects(NESTING_MAX + 1),
        "[" * 100_000,
        '{"a":' * 100_000,
        '[{"a":' * 40 + "}]" * 40,
        f'["\\\\",{nested(NESTING_MAX)}]',
        f'["\\"",{nested(NESTING_MAX)}]',
        f"[[],[],[],{nested(NESTING_MAX)}]",
        f"[1, 2 , {nested(NESTING_MAX, '[ ', ' ]')}]",
    ],
)
def test_beyond_the_bound(text: str) -> None:
    for given_ in (text, text.encode()):
        with pytest.raises(NestedTooDeeply):
            check_nesting(given_)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(["[" * 1000]),
        json.dumps(['"[' * 1000, "\\", "[" * 1000]),
        json.dumps({"[{" * 500: "é[\n" * 500}, ensure_ascii=False),
        json.dumps([{"id": str(n), "tags": ["x", []]} for n in range(1000)]),
    ],
)
def test_many_brackets_are_not_deep(text: str) -> None:
    assert decode_json(text) == decode_json(text.encode()) == json.loads(text)


@given(
    st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.tuples(inner)),
    st.integers(0, NESTING_MAX + 5),
)
def test_the_depth_is_that_of_what_is_read(inner: Any, more: int) -> None:
    value = inner
    for _ in range(more):
        value = [value]
    text = json.dumps(value)
    try:
        assert decode_json(text) == json.loads(text)
    except NestedTooDeeply:
        assert depth(value) > NESTING_MAX
    else:
        assert depth(value) <= NESTING_MAX


def depth(value: Any) -> int:
    if not isinstance(value, (list, tuple)):
        return 0
    return 1 + max(map(depth, value), default=0)


def packet(text: str) -> object:
    return StrictPacket(encoded_packet=f'2["x",{text[1:-1]}]').data


def people(text: str, folder: Path) -> None:
    file = folder / "people.json"
    file.write_text(text)
    load_people(file)


READERS: dict[str, tuple[Callable[[str], object], type[Exception]]] = {
    "a packet": (packet, MalformedPacket),
    "an answer of the gateway": (lambda text: decode_profiles(text.encode()), GatewayUnavailable),
    "the sandbox's switches": (parse_faults, FaultsError),
    "changed switches": (lambda text: patch_faults(Faults(), text.encode()), FaultsError),
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_says_so(name: str) -> None:
    """At a depth that some interpreters bear, and at one that none does."""
    read, error = READERS[name]
    for deep in (NESTING_MAX + 1, 900, 9_000, 100_000):
        for text in (nested(deep), objects(deep)):
            with pytest.raises(error):
                read(text)


def test_a_file_of_people_says_so(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="nested too deeply"):
        people(f'{{"accounts": {nested(900)}}}', tmp_path)


def test_an_explanation_that_is_too_deep_is_none() -> None:
    assert explanation(f'{{"message": "no", "a": {nested(900)}}}'.encode()).words == ""


@pytest.mark.parametrize("deep", [NESTING_MAX, 900, 2_000])
def test_a_token_with_a_deep_header_is_refused(deep: int) -> None:
    header = msgspec.json.encode({"alg": "HS256", "x": msgspec.Raw(nested(deep).encode())})
    token = f"{_part(header)}.{_part(b'{}')}.{_part(b'x' * 32)}"
    with pytest.raises(InvalidToken):
        Tokens(("secret",), 60).verify(token)


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _emitted(depth: int) -> bytes:
    return b'{"method":"emit","event":"x","data":%b}' % nested(depth - 1).encode()


async def test_a_deep_message_on_the_stock_channel_is_left_out() -> None:
    manager = Manager(MemoryPipeline(FakeAsyncRedis()), Sessions(), lambda _: None)
    for deep in (NESTING_MAX + 1, 9_000, 100_000):
        manager.hear(_emitted(deep))
    assert manager._heard.empty()
    manager.hear(_emitted(NESTING_MAX))
    assert manager._heard.qsize() == 1


OWN = {
    "account_data/reading.py": "from Redis",
    "gateway/lenient.py": "behind check_nesting, or a look that is faster",
    "gateway/sandbox/faults.py": "what it has encoded itself",
    "gateway/sandbox/people_file.py": "finds the line of a mistake in what was decoded before",
    "nesting.py": "the bound itself",
    "protocol/packets.py": "events of our own, from Redis",
    "protocol/parsing.py": "behind check_nesting",
    "realtime/audience.py": "a packet that is on its way out, into a shape that has no depth",
    "membership/holdings.py": "from Redis",
    "services/account_state.py": "from Redis",
    "services/history.py": "from Redis",
    "services/analytics.py": "from Redis",
    "services/pushes.py": "from Redis",
    "services/webhook_message.py": "from Redis",
    "services/webhooks.py": "from Redis",
    "services/do_not_contact.py": "from Redis",
    "services/drafts.py": "from Redis",
    "services/failed.py": "from Redis",
    "services/plan_notes.py": "from Redis",
    "services/run_texts.py": "from Redis",
    "services/messaged.py": "from Redis",
    "services/takeover.py": "from Redis",
    "membership/terms.py": "from Redis",
    "services/uncertain.py": "from Redis",
    "services/versions.py": "from Redis",
    "supervisor/assignment.py": "from the supervisor",
    "transport/messagepack.py": "behind check_nesting, and what is bounded as it is unpacked",
    "transport/socket_packets.py": "behind check_nesting",
}
"""Who may parse JSON without ``decode_json``, and why."""


def test_nobody_else_parses_json() -> None:
    parse = re.compile(r"\bjson\.(decode|Decoder|loads|load)\(|\.json\(\)")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if parse.search(path.read_text())
    }
    assert found <= set(OWN)
