"""Socket.IO packets: types, namespaces, ids, attachments, payloads."""

from typing import Any

from hypothesis import strategies as st

from tests.faults.malformed.values import odd, texts, written

NAMESPACES = (
    "",
    "",
    "",
    "/,",
    "/x,",
    "/",
    "/x",
    "/admin?token=1,",
    "/\x00,",
    "/" + "x" * 300 + ",",
)
IDS = ("", "", "0", "7", "007", "9007199254740993", "9" * 16, "-1", "1.5", "\u0661")
COUNTS = ("0-", "1-", "2-", "9-", "10000-", "999999999-", "9999999999-", "-", "-1-", "1")
EVENTS = ("updateMessage", "heartbeat", "nobody knows", "connect", "disconnect", "*", "error", "")
PLACEHOLDERS = (
    '["updateMessage",{"_placeholder":true,"num":0}]',
    '["heartbeat",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
    '["heartbeat",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
    '["x",[{"_placeholder":true,"num":1e0}]]',
    '[{"_placeholder":true,"num":0}]',
    '["x",{"_placeholder":true,"num":2}]',
    '{"_placeholder":true,"num":0}',
)


@st.composite
def packet(draw: st.DrawFn) -> str:
    kind = draw(st.one_of(st.sampled_from("0123456"), st.sampled_from(["2", "7", "", "a", "22"])))
    count = draw(st.sampled_from(COUNTS)) if kind in ("5", "6") or draw(st.booleans()) else ""
    head = kind + count + draw(st.sampled_from(NAMESPACES)) + draw(st.sampled_from(IDS))
    return head + draw(_payload)


@st.composite
def event(draw: st.DrawFn) -> str:
    """One that is written as it should be, with whatever in it."""
    name = draw(st.one_of(st.sampled_from(EVENTS), texts))
    arguments = draw(st.lists(odd, max_size=3))
    return f"2{draw(st.sampled_from(['', '5', '77']))}{written([name, *arguments])}"


_payload = st.one_of(
    st.just(""),
    odd.map(written),
    st.sampled_from(PLACEHOLDERS),
    st.lists(odd, max_size=3).map(written),
    st.text(max_size=10),
)


@st.composite
def binary(draw: st.DrawFn) -> list[str | bytes]:
    """A packet with attachments, and as many of these or not."""
    said = draw(st.integers(0, 3))
    kind = draw(st.sampled_from(["5", "5", "6", "2"]))
    text = f"{kind}{said}-{draw(st.sampled_from(['', '3']))}{draw(st.sampled_from(PLACEHOLDERS))}"
    parts: list[Any] = draw(st.lists(st.binary(max_size=9), max_size=4))
    return [text, *parts]


KINDS: dict[str, st.SearchStrategy[list[str | bytes]]] = {
    "packets": packet().map(lambda text: [text]),
    "events": event().map(lambda text: [text]),
    "attachments": binary(),
    "in a row": st.lists(
        st.one_of(packet(), event(), st.binary(max_size=9)), min_size=2, max_size=4
    ),
    "texts": st.text(max_size=30).map(lambda text: [text]),
}
