"""Several operators type into one box at the same time: nothing that they type is lost."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.console import Open
from tests.browser.hands import HOOK, OldBox, at_own_places, hands, is_whole, lost, sentence
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KEYS = 40
"""Of each hand."""
QUICK = 0.06
"""Seconds between two keys."""
FAR = 0.3
"""Seconds to the server and back."""


@pytest.mark.parametrize("world", [2], indirect=True)
@pytest.mark.parametrize("latency", [0.0, FAR])
async def test_at_different_places_no_letter_is_lost(
    world: Cluster, open_console: Open, latency: float
) -> None:
    texts = [sentence(hand, KEYS) for hand in range(2)]
    async with hands(world, open_console, 2, latency) as both:
        await both.put_places()
        await both.type(texts, QUICK)
        assert await both.agreed() == at_own_places(texts)


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_at_the_same_place_words_stay_whole(world: Cluster, open_console: Open) -> None:
    texts = [sentence(hand, KEYS) for hand in range(2)]
    async with hands(world, open_console, 2, FAR) as both:
        await both.carets(0, 0)
        await both.type(texts, QUICK)
        found = await both.agreed()
    assert len(found) == 2 * KEYS
    for hand, text in enumerate(texts):
        assert lost(found, hand, text) == 0
        assert not [word for word in text.split() if word not in found]


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_the_same_letters_in_an_empty_box_are_told_apart(
    world: Cluster, open_console: Open
) -> None:
    texts = ["From the phone. ", "From the desk. "]
    async with hands(world, open_console, 2, FAR) as both:
        await both.carets(0, 0)
        await both.type(texts, QUICK)
        assert await both.agreed() in {"".join(texts), "".join(reversed(texts))}


async def test_beside_the_existing_client_nothing_of_the_console_is_lost(
    small_world: Cluster, open_console: Open
) -> None:
    texts = [sentence(hand, KEYS) for hand in range(2)]
    device = await small_world.device()
    async with hands(small_world, open_console, 1) as one:
        await one.put("[]")
        await device.wait_for("messageUpdated", message="[]")
        await one.carets(1)
        old = OldBox(device)
        await asyncio.gather(one.type(texts[:1], QUICK), old.type(texts[1], QUICK))
        await expect(one.consoles[0].hook("chat-origin")).to_have_attribute("data-saving", "false")
        found = await one.consoles[0].hook(HOOK).input_value()
    assert is_whole(found, 0, texts[0])
    # What the existing client sends takes the place of all. What its texts were made from is
    # guessed, by what it has heard of: how often that is wrong, and a letter of its own gone or one
    # of the console's there twice, is how slow the machine is.
    assert abs(lost(found, 0, texts[0])) + lost(found, 1, texts[1]) <= KEYS / 3
