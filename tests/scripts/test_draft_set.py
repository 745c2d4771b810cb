"""draft_set: the last text wins, and its writer does not get it back."""

import pytest

from alphasync.domain.drafts import Draft
from alphasync.domain.events import MessageCleared, MessageUpdated
from tests.scripts.bench import PROFILE, Bench


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
    assert 7190 < await bench.ttl(bench.names.draft("chat", PROFILE)) <= 7200


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
