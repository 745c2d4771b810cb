"""Texts of several hands in one draft: what is stored, and what each is told."""

import asyncio
from typing import Any

import pytest
from msgspec import UNSET

from alphasync.domain.events import MessageCleared, MessageUpdated
from alphasync.errors import MessageTooLong
from alphasync.protocol.draft_commands import DRAFT_MAX
from alphasync.protocol.version_commands import RestoreVersion
from alphasync.realtime.order import parse
from alphasync.store.scripts.limits import (
    EDITS_BYTES_MAX,
    EDITS_READ_MAX,
    EDITS_TTL,
    LOG_EVENTS_MAX,
)
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE

GREAT = "\u05d0" * DRAFT_MAX
"""A text of which the store keeps few in the time of many short ones."""


async def skipped(bench: Bench) -> str:
    """The device that is not told of the last event."""
    snapshot = await bench.snapshot()
    last = await bench.account_state.events_after(
        bench.who.account, snapshot.epoch, snapshot.revision - 1
    )
    assert isinstance(last, list)
    return parse(last[0]).skip


async def forget(bench: Bench) -> int:
    """Let the store forget what was done to the text, which stays; returns its revision."""
    message, revision = await bench.text(), 0
    for _ in range(EDITS_BYTES_MAX // len(GREAT.encode()) + 1):
        await bench.type(GREAT, device="long")
        revision = await bench.type(message, device="long")
    return revision


async def test_edits_at_different_places_are_all_there(bench: Bench) -> None:
    base = (await bench.write("the cat sat", 0))["revision"]
    second = await bench.write("the big cat sat", base, "d2")
    assert second == {"revision": base + 1}
    assert await skipped(bench) == "d2"
    third = await bench.write("the cat sat down", base, "d3")
    assert third == {"revision": base + 2, "message": "the big cat sat down", "caret": 20}
    assert await skipped(bench) == "d3"
    fourth = await bench.write("a cat sat", base, "d4")
    assert fourth == {"revision": base + 3, "message": "a big cat sat down", "caret": 1}


async def test_words_that_are_typed_at_one_place_stay_whole(bench: Bench) -> None:
    """Two hands at one caret, one letter each in turn; each goes on from what it was answered."""
    start = (await bench.write("<>", 0))["revision"]
    shown = {"d1": ("<>", start, 1), "d2": ("<>", start, 1)}
    for pair in zip("hello", "world", strict=True):
        for device, letter in zip(shown, pair, strict=True):
            text, base, caret = shown[device]
            sent = text[:caret] + letter + text[caret:]
            stored = await bench.write(sent, base, device)
            text = stored.get("message", sent)
            caret = text.index(letter, text.index("hw"[device == "d2"])) + 1
            word = "hello" if device == "d1" else "world"
            typed = word[: word.index(letter) + 1] if letter != "l" else ""
            if typed and typed in text:
                caret = text.index(typed) + len(typed)
            shown[device] = (text, stored["revision"], caret)
    assert sorted(await bench.text()) == sorted("<helloworld>")


async def test_a_draft_that_two_begin_at_once_has_both_texts(bench: Bench) -> None:
    await bench.write("one ", 0)
    stored = await bench.write("two", 0, "d2")
    assert stored.get("message") == await bench.text() == "one two"


async def test_a_clear_wins_over_what_was_there_and_not_over_what_is_typed_after(
    bench: Bench,
) -> None:
    base = (await bench.write("old text", 0))["revision"]
    async with bench.verify(MessageCleared, MessageUpdated):
        await bench.empty(device="d2")
        stored = await bench.write("old text and new", base)
    assert stored.get("message") == " and new"


async def test_the_same_text_again_does_nothing_again(bench: Bench) -> None:
    """As after an answer that got lost on its way."""
    base = (await bench.write("one", 0))["revision"]
    await bench.write("one two", base, "d2")
    first = await bench.write("zero one", base, "d3")
    async with bench.verify():
        assert await bench.write("zero one", base, "d3") == first
    # And what was typed on, from what was sent.
    stored = await bench.write("zero 0 one", base, "d3")
    assert stored.get("message") == "zero 0 one two"


@pytest.mark.parametrize("between", [1, 2, EDITS_READ_MAX - 1, EDITS_READ_MAX, 200])
@pytest.mark.parametrize("elsewhere", [0, 3])
@pytest.mark.parametrize("rest", ["", "\u05d0" * 9_000], ids=["short", "long"])
async def test_the_same_text_again_does_nothing_however_much_others_wrote_between(
    bench: Bench, between: int, elsewhere: int, rest: str
) -> None:
    """``between``: texts of others in this draft, each followed by ``elsewhere`` in another one."""
    start = (await bench.write("f" + rest, 0))["revision"]
    stored = await bench.write("f" + rest + "o", start, "d1")
    stored = await bench.write(sent := "Af" + rest, start, "d2")
    text = f"Af{rest}o"
    assert stored.get("message") == text
    for number in range(between):
        text = f"Af{rest}o{number}"
        stored = await bench.write(text, stored["revision"], "d1")
        for _ in range(elsewhere):
            await bench.type(str(number), "another")
    async with bench.verify():
        answer = await bench.other_server().write(sent, start, "d2")
    assert answer == {"revision": stored["revision"], "message": text, "caret": 1}


async def test_the_same_text_again_does_nothing_after_a_clear(bench: Bench) -> None:
    start = (await bench.write("one", 0))["revision"]
    await bench.write("one two", start, "d2")
    await bench.empty(device="d1")
    async with bench.verify():
        again = await bench.write("one two", start, "d2")
    assert again.get("message") == ""


async def test_the_first_text_again_does_nothing_again(bench: Bench) -> None:
    await bench.write("one", 0)
    async with bench.verify():
        assert await bench.write("one", 0) == {"revision": 1}
    await bench.write("one two", 1, "d2")
    stored = await bench.write("0 one", 0)  # and what was typed on
    assert stored.get("message") == "0 one two"


async def test_one_who_waits_for_no_answer_goes_on_with_the_first_text(bench: Bench) -> None:
    stored = await bench.write("a", 0)
    for text in ("ab", "abc", "", "ab", "ab and much more"):
        stored = await bench.write(text, 0)
        assert "message" not in stored
    await bench.write("0 ab and much more", stored["revision"], "d2")
    assert (await bench.write("ab and more", 0)).get("message") == "0 ab and more"


async def test_who_knows_of_no_draft_any_more_takes_nothing_away(bench: Bench) -> None:
    """As where one types into a page that was just loaded, before it has heard of anything."""
    stored = await bench.write("one", 0)
    await bench.write("one two", stored["revision"])
    assert (await bench.write(" x", 0)).get("message") == "one two x"
    await bench.empty()
    await bench.type("one two")
    assert (await bench.write(" x", 0)).get("message") == "one two x"
    await forget(bench)
    assert (await bench.write("0", 0, "long")).get("message") in {"0one two x", "one two x0"}


async def test_a_restored_version_is_not_what_its_device_has_sent(bench: Bench) -> None:
    """As where a letter is typed before the answer to the restore is here, or that was lost."""
    version = (await bench.write("Hello", 0))["revision"]
    base = await bench.empty()
    command = RestoreVersion(profile_id=PROFILE, type="chat", version=version)
    await bench.versions.restore(bench.who, "d1", command)
    stored = await bench.write("x", base, caret=1)
    assert stored.get("message") == "xHello"


async def test_one_from_far_behind_loses_nothing(bench: Bench) -> None:
    """As in a tunnel, while the log moved on for other reasons, too."""
    start = (await bench.write("one. two. three.", 0))["revision"]
    stored, text = start, "one. two. three."
    for number in range(300):
        text = text.replace(". three", f" {number}. three")
        stored = (await bench.write(text, stored, f"d{number % 3}"))["revision"]
    for number in range(LOG_EVENTS_MAX):
        await bench.type(str(number), "another")
    mine = await bench.write("My one. two. three. Four.", start, "tunnel")
    assert mine.get("message") == f"My {text} Four."


async def test_what_is_kept_of_a_draft_is_bounded(bench: Bench) -> None:
    key = f"{bench.names.drafts}:edits:chat:1001"
    for number in range(1_500):
        await bench.type(str(number))
    assert await bench.client.xlen(key) > 1_000
    for _ in range(4):
        await bench.type(GREAT)
        await bench.type("short")
        edits: Any = await bench.client.xrange(key)
        assert int(edits[-1][1][b"bytes"]) - int(edits[0][1][b"bytes"]) <= EDITS_BYTES_MAX
    assert await bench.client.xlen(key) < 1_000
    assert EDITS_TTL < await bench.ttl(key) <= EDITS_TTL * 9 / 8


async def test_edits_that_do_not_lead_to_the_present_text_are_forgotten(bench: Bench) -> None:
    """As where a server of an earlier version has stored one, or the draft has run out."""
    base = (await bench.write("one", 0))["revision"]
    await bench.write("one two", base, "d2")
    draft = bench.names.draft("chat", "1001")
    await bench.client.hset(draft, mapping={"message": "other", "revision": base + 2})
    await bench.client.hset(bench.names.meta, "revision", base + 2)
    later = await bench.write("one three", base, "d3")
    assert later == {"revision": base + 3, "replaced": "other"}
    await bench.client.delete(draft)
    await bench.write("new", 0)
    assert await bench.client.xlen(f"{bench.names.drafts}:edits:chat:1001") == 1


async def test_characters_of_several_bytes_are_not_cut(bench: Bench) -> None:
    start = stored = (await bench.write("\u05d0\U0001f600 \u05d0", 0))["revision"]
    for first in ("\u05d1\U0001f601", "\u05d1\U0001f641"):
        stored = (await bench.write(f"{first} \u05d0", stored))["revision"]
    await bench.write("\u05d1\U0001f641 \u05d0\u0301", stored)
    mine = await bench.write("\u05d0\U0001f600 - \u05d0", start, "d2")
    assert mine.get("message") == "\u05d1\U0001f641 - \u05d0\u0301"


async def test_where_the_base_is_gone_the_later_text_wins_and_the_other_is_given_back(
    bench: Bench,
) -> None:
    base = (await bench.write("one", 0))["revision"]
    await bench.write("one two", base, "d2")
    present = await forget(bench)
    stored = await bench.write("three", base, "d3")
    assert stored == {"revision": present + 1, "replaced": "one two"}
    assert await bench.text() == "three"
    # What was made from the present text needs no history.
    present = await forget(bench)
    assert set(await bench.write("three four", present, "d4")) == {"revision"}


@pytest.mark.parametrize("base", ["of another draft", "in the future", "greatest"])
async def test_a_base_that_is_not_of_this_draft_reads_nothing(bench: Bench, base: str) -> None:
    await bench.type("mine", "1")
    secret = await bench.type("a secret", "2")
    await bench.type("mine and yours", "1", "d2")
    named = {"of another draft": secret, "in the future": secret + 1_000, "greatest": 2**53 - 1}
    stored = await bench.write("later", named[base], "d3", "1")
    assert stored == {"revision": secret + 2, "replaced": "mine and yours"}
    assert await bench.text("1") == "later"


async def test_both_together_may_be_too_long(bench: Bench) -> None:
    base = (await bench.write("x", 0))["revision"]
    await bench.write("x" + "a" * (DRAFT_MAX - 1), base, "d2")
    async with bench.verify():
        with pytest.raises(MessageTooLong):
            await bench.write("bx", base, "d3")


async def test_many_at_once_lose_nothing(bench: Bench) -> None:
    """Fifty devices of two servers, each with another line of the same text."""
    lines = [f"line {number}\n" for number in range(50)]
    base = (await bench.write("".join(lines), 0))["revision"]
    other = bench.other_server()
    other.bound()

    async def change(number: int) -> None:
        changed = lines.copy()
        changed[number] = f"line {number} of d{number}\n"
        server = (bench, other)[number % 2]
        await server.write("".join(changed), base, f"d{number}")

    await asyncio.gather(*map(change, range(50)))
    assert await bench.text() == "".join(f"line {n} of d{n}\n" for n in range(50))


async def test_a_client_without_a_base_is_told_of_what_is_stored(bench: Bench) -> None:
    await bench.type("<>", device="d1")
    await bench.type("a<>", device="d1")
    await bench.type("<>b", device="d2")  # it had not heard of the a
    assert await bench.text() == "a<>b"
    assert await skipped(bench) == ""
    await bench.type("aa<>", device="d1")  # it has not heard of the b
    assert await bench.text() == "aa<>b"
    await bench.type("<>bb", device="d2")
    await bench.type("aa<>bbc", device="d1")  # it has
    assert await bench.text() == "aa<>bbc"
    assert await skipped(bench) == "d1"


async def test_keys_that_are_on_their_way_at_once_keep_their_order(bench: Bench) -> None:
    """The existing client does not wait for answers."""
    await bench.type("<>", device="d1")
    await bench.type("<>1", device="d2")
    typed = [f"{'abcdefghij'[:length]}<>" for length in range(1, 11)]
    await asyncio.gather(*(bench.type(text, device="d1") for text in typed))
    assert await bench.text() == "abcdefghij<>1"


async def test_a_clear_behind_keys_that_are_being_merged_clears_them(bench: Bench) -> None:
    await bench.type("<>", device="d1")
    await bench.type("<>1", device="d2")
    await asyncio.gather(
        bench.type("a<>", device="d1"), bench.type("ab<>", device="d1"), bench.empty(device="d1")
    )
    assert await bench.text() == ""


async def test_without_a_base_and_a_history_the_text_is_an_edit_of_the_present_one(
    bench: Bench,
) -> None:
    await bench.type("one")
    await forget(bench)
    await bench.type("one two", device="d2")
    assert await bench.text() == "one two"


async def test_with_and_without_a_base_in_one_draft(bench: Bench) -> None:
    base = (await bench.write("<>", 0))["revision"]
    await bench.type("<>old", device="d2")
    stored = await bench.write("new<>", base)
    assert stored.get("message") == "new<>old"
    await bench.write("<>older", UNSET, "d2")
    assert await bench.text() == "new<>older"


async def test_a_caret_tells_which_of_two_equal_letters_is_new(bench: Bench) -> None:
    first = (await bench.write("éé. ", 0))["revision"]
    await bench.write("ééé. ", first, "d2", caret=1)
    await bench.write("Xéé. ", first, "d3", caret=1)
    assert await bench.text() == "éXéé. "
    # Without one the last is taken for the new one.
    second = (await bench.write("éé. ", UNSET))["revision"]
    await bench.write("ééé. ", second, "d2")
    await bench.write("Xéé. ", second, "d3", caret=1)
    assert await bench.text() == "Xééé. "


async def test_what_is_stored_says_where_the_change_that_came_ends(bench: Bench) -> None:
    first = (await bench.write("one", 0))["revision"]
    async with bench.verify(MessageUpdated) as made:
        await bench.write("📱 one", first, "d2", caret=3)
    assert isinstance(made[0], MessageUpdated)
    assert made[0].caret == 3
    async with bench.verify(MessageUpdated) as made:
        stored = await bench.write("one two", first, "d3", caret=7)
    assert stored["message"] == "📱 one two"
    assert stored["caret"] == 10
    assert isinstance(made[0], MessageUpdated)
    assert made[0].caret == 10
    # It comes again, as its answer was lost, and is told the same.
    again = await bench.write("one two", first, "d3", caret=7)
    assert again == stored


async def test_a_caret_inside_of_a_character_is_told_as_in_front_of_it(bench: Bench) -> None:
    first = (await bench.write("📱📱", 0))["revision"]
    async with bench.verify(MessageUpdated) as made:
        await bench.write("📱📱📱", first, caret=3)
    assert isinstance(made[0], MessageUpdated)
    assert made[0].caret == 2
