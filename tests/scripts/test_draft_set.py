"""draft_set: a text made from the present one is stored, and its writer does not get it back."""

import pytest
from msgspec import UNSET

from alphasync.domain.drafts import Draft
from alphasync.domain.events import MessageCleared, MessageUpdated
from alphasync.errors import TooManyDrafts
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def test_a_text_is_stored_and_told_to_the_others(bench: Bench) -> None:
    async with bench.verify(MessageUpdated) as made:
        revision = await bench.type("Hello there!")
    assert bench.last("draft_set") == "OK"
    assert revision == made[0].revision
    draft = (await bench.snapshot()).drafts[PROFILE, "chat"]
    assert draft == Draft(
        profile_id=PROFILE,
        type="chat",
        message="Hello there!",
        device_id="d1",
        timestamp=made[0].timestamp,
        revision=revision,
    )
    assert 7200 < await bench.ttl(bench.names.draft("chat", PROFILE)) <= 7425


async def test_one_whose_place_was_lost_is_found_again_at_the_next_key(bench: Bench) -> None:
    """Where its life is not due to be given anew either."""
    await bench.type("Hello")
    await bench.client.delete(bench.names.drafts)
    assert (await bench.snapshot()).drafts == {}
    await bench.type("Hello!")
    assert (await bench.snapshot()).drafts[PROFILE, "chat"].message == "Hello!"


async def test_an_emptied_draft_stays_on_record(bench: Bench) -> None:
    await bench.type("Hello")
    async with bench.verify(MessageCleared):
        await bench.empty(device="d2")
    draft = (await bench.snapshot()).drafts[PROFILE, "chat"]
    assert (draft.message, draft.device_id) == ("", "d2")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\r\t", '"\\/', "\x00\x7f", "]}\n2[", "😀\ufffd\u2028", "ß" * 10_000]
)
async def test_any_text_comes_back_as_it_was_typed(bench: Bench, text: str) -> None:
    async with bench.verify(MessageUpdated) as made:
        await bench.type(text)
    assert made[0].message == text
    assert (await bench.snapshot()).drafts[PROFILE, "chat"].message == text


async def test_every_key_stroke_has_its_place(bench: Bench) -> None:
    async with bench.verify(*[MessageUpdated] * 30) as made:
        for n in range(30):
            await bench.type("x" * n, device=f"d{n % 3}")
    assert [len(event.message) for event in made] == list(range(30))


async def test_at_the_bound_there_is_nothing_to_empty_where_there_is_no_draft(bench: Bench) -> None:
    bench.bound(drafts=1)
    last = await bench.type("Hello", "1")
    async with bench.verify():
        assert await bench.empty("2") == last
        assert await bench.type("", "2") == last
    assert set((await bench.snapshot()).drafts) == {("1", "chat")}
    assert await bench.client.zcard(bench.names.drafts) == 1


async def test_an_account_has_its_most_drafts(bench: Bench) -> None:
    bench.bound(drafts=2)
    await bench.type("Hello", "1")
    await bench.type("Hello", "2")
    async with bench.verify():
        with pytest.raises(TooManyDrafts):
            await bench.type("Hello", "3")
        assert bench.last("draft_set") == "FULL"
    async with bench.verify(MessageUpdated, MessageCleared):
        await bench.type("Hello again", "1")
        await bench.empty("2")
    assert await bench.client.zcard(bench.names.drafts) == 2
    # One that has run out makes room, whether its record is there or not.
    await bench.client.zadd(bench.names.drafts, {bench.names.draft("chat", "1"): 1})
    await bench.client.delete(bench.names.draft("chat", "1"))
    async with bench.verify(MessageUpdated):
        await bench.type("Hello", "3")


async def test_a_text_that_was_made_from_an_earlier_one_is_not_stored(bench: Bench) -> None:
    first = await bench.type("one")
    await bench.write("one two", first, "d2")
    async with bench.verify(MessageUpdated):
        await bench.write("zero one", first, "d3")
    outcomes = [call.outcome for call in bench.scripts.calls if call.name == "draft_set"]
    assert outcomes == ["OK", "OK", "MOVED", "OK"]
    assert await bench.text() == "zero one two"


@pytest.mark.parametrize("base", [0, None])
async def test_the_usual_text_takes_one_call(bench: Bench, base: int | None) -> None:
    revision = 0
    for text in ("a", "ab", "abc"):
        revision = (await bench.write(text, UNSET if base is None else revision))["revision"]
    await bench.write("abcd", revision, "d2")
    outcomes = [call.outcome for call in bench.scripts.calls if call.name == "draft_set"]
    assert outcomes == ["OK"] * 4
