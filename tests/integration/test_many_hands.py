"""One text by many hands, over the wire and across two servers: what is typed is there."""

import asyncio
import random
import string
from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.faults.existing_client import existing_client
from tests.harness import Cluster, cluster, wait_until
from tests.integration.support import by_profile, snapshot
from tests.integration.typists import ABOUT, Existing, Merging, Typist, seated

KEYS = 200
"""Of each person. Who is behind on a busy machine has all of them to be merged."""
INTERVAL = 0.01
"""Seconds between two keys of a person: a sixth of what is quick, and so is the latency below."""
LATENCY = 0.05
EXISTING_KEYS = 80
EXISTING_INTERVAL = 0.06
"""Of the existing client: what is lost of its texts depends on how quickly one types."""
LETTERS = (
    string.ascii_lowercase[:13],
    string.ascii_lowercase[13:],
    string.ascii_uppercase[:13],
    string.ascii_uppercase[13:],
    string.digits,
)
"""Of each person, so that one can tell who wrote what."""


async def type_all(typist: Typist, seed: int) -> str:
    """Type at the caret; returns what was typed."""
    existing = isinstance(typist, Existing)
    keys, interval = (EXISTING_KEYS, EXISTING_INTERVAL) if existing else (KEYS, INTERVAL)
    typed = "".join(random.Random(seed).choices(typist.letters, k=keys))
    for letter in typed:
        typist.key(letter)
        await asyncio.sleep(interval)
    return typed


async def together(
    url: str, kinds: list[type[Typist]], latency: float, *, apart: bool
) -> tuple[str, list[str]]:
    """The text in the end, and what each person typed; ``apart``: each at a place of their own."""
    async with cluster(url, servers=2) as servers:
        marks = [f"<{number}>" for number in range(len(kinds))]
        text = "\n".join(marks) if apart else "<>"
        typists = await seated(servers, kinds, text, latency)
        for typist, letters, mark in zip(typists, LETTERS, marks, strict=False):
            typist.letters, typist.mark = letters, mark if apart else "<"
            typist.caret = text.index(typist.mark) + len(typist.mark)
        typed = await asyncio.gather(*(type_all(one, seed) for seed, one in enumerate(typists)))

        return await agreed(servers, typists), typed


async def agreed(servers: Cluster, typists: Sequence[Typist]) -> str:
    """The text, once all show what is stored."""

    async def ended() -> bool:
        _, events = await snapshot(servers)
        stored = by_profile(events)["messageSync", ABOUT["profileId"], ABOUT["type"]]
        return all(one.idle and one.box == stored["message"] for one in typists)

    await wait_until(ended, what="all show what is stored")
    return typists[0].box


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.0, LATENCY])
@pytest.mark.parametrize("people", [2, 5])
async def test_where_each_has_a_place_no_character_is_lost(
    redis_url: str, people: int, latency: float
) -> None:
    text, typed = await together(redis_url, [Merging] * people, latency, apart=True)
    parts = (f"<{number}>{letters}" for number, letters in enumerate(typed))
    assert text == "\n".join(parts)


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.0, LATENCY])
@pytest.mark.parametrize("people", [2, 5])
async def test_at_one_place_all_is_there_and_words_stay_whole(
    redis_url: str, people: int, latency: float
) -> None:
    text, typed = await together(redis_url, [Merging] * people, latency, apart=False)
    assert sorted(text) == sorted("<" + "".join(typed) + ">")
    assert all(word in text for word in typed)


@pytest.mark.parametrize("latency", [0.0, LATENCY])
async def test_the_same_letters_at_one_place_are_told_apart(redis_url: str, latency: float) -> None:
    async with cluster(redis_url, servers=2) as servers:
        words = ["From the phone. 📱", "From the desk. 💻", "From the phone. 📱"]
        typists = await seated(servers, [Merging] * 3, "", latency)

        async def type_words(typist: Typist, letters: str) -> None:
            for letter in letters:
                typist.key(letter)
                await asyncio.sleep(INTERVAL)

        await asyncio.gather(*map(type_words, typists, words))
        text = await agreed(servers, typists)
    assert text in {"".join(order) for order in permutations(words)}


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.0, LATENCY])
async def test_of_the_existing_client_hardly_a_character_is_lost(
    redis_url: str, latency: float
) -> None:
    """It does not say what its texts were made from, and that may be guessed wrong."""
    text, typed = await together(redis_url, [Existing, Existing], latency, apart=True)
    there = [sum(map(text.count, letters)) for letters in LETTERS[: len(typed)]]
    assert sum(map(len, typed)) - sum(there) <= EXISTING_KEYS * len(typed) / 10


async def test_the_existing_client_shows_what_is_stored(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as servers:
        other = await servers.device(1)
        base = (await other.call("updateMessage", {**ABOUT, "message": "<>"}))["revision"]
        async with existing_client(servers.urls[0], servers.token()) as client:
            ack = await other.call("updateMessage", {**ABOUT, "message": "<>b", "base": base})
            await client.emit("updateMessage", {**ABOUT, "message": "a<>"})
            told = await client.wait_for("messageUpdated", message="a<>b")
            assert told["deviceId"] == client.id
            assert told["revision"] == ack["revision"] + 1
            await other.wait_for("messageUpdated", message="a<>b")
