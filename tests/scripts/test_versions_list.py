"""versions_list: the texts that a draft had, each at a pause, a change of hands or a clearing."""

from itertools import pairwise

import pytest

from alphasync.domain.events import MessageUpdated
from alphasync.errors import UnknownProfile
from alphasync.protocol.version_commands import ListVersions
from alphasync.store.scripts.limits import VERSION_OVERHEAD, VERSION_WORDS_MAX
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import PROFILE
from tests.scripts.drafting import clear, fields, kept, pause


async def words(bench: Bench, profile: str = PROFILE) -> list[str]:
    return [version["words"] for version in await kept(bench, profile)]


async def test_who_typed_what_and_when(bench: Bench) -> None:
    device = await bench.devices.join(bench.who, "s1", "Chrome on Android")
    assert await kept(bench) == []
    async with bench.verify(MessageUpdated) as made:
        revision = await bench.type("Hello 👋", device=device.device_id)
    assert await kept(bench) == [], "it is what the draft is"
    assert bench.last("versions_list") == "OK"
    assert (await clear(bench))["version"] == revision
    assert await kept(bench) == [
        {
            "version": revision,
            "deviceId": device.device_id,
            "deviceName": "Chrome on Android",
            "operatorId": bench.who.operator_id,
            "at": made[0].timestamp,
            "length": 8,  # as a browser counts
            "words": "Hello 👋",
        }
    ]


async def test_one_for_each_pause_and_not_for_each_stroke(bench: Bench) -> None:
    for text in ("a", "ab", "abc"):
        await bench.type(text)
    await pause(bench)
    for text in ("abcd", "abcde"):
        await bench.type(text)
    assert await words(bench) == ["abc"]
    await pause(bench, seconds=4)
    await bench.type("abcdef")
    await pause(bench)
    await bench.type("abcdef")  # sent again: nothing new
    assert await words(bench) == ["abc"]
    await pause(bench)
    await bench.type("x")
    assert await words(bench) == ["abcdef", "abc"]


async def test_another_hand_begins_a_new_one(bench: Bench) -> None:
    await bench.type("by one", device="d1")
    await bench.type("by two", device="d2")
    [version] = await kept(bench)
    assert (version["words"], version["deviceId"]) == ("by one", "d1")
    # Hands that type at the same time make one version in each while, not one for each stroke.
    for number in range(20):
        await bench.type(f"by two{'x' * number}", device=f"d{number % 2}")
    assert len(await kept(bench)) == 1
    await pause(bench)
    await bench.type("y", device="d1")
    assert len(await kept(bench)) == 2


async def test_each_emptied_text_is_kept(bench: Bench) -> None:
    for text in ("one", "two", "three"):
        await bench.type(text)
        await bench.empty()
    assert "version" not in await clear(bench)
    await bench.type("four")
    await bench.type("")
    assert await words(bench) == ["four", "three", "two", "one"]


@pytest.mark.parametrize("text", ["ß" * 200, "👋" * 200, "a" + "👋" * 200, "漢" * 200, "x" * 200])
async def test_the_beginning_has_no_half_characters(bench: Bench, text: str) -> None:
    await bench.type(text)
    await bench.empty()
    [version] = await kept(bench)
    assert version["length"] == len(text.encode("utf-16-le")) // 2
    assert text.startswith(version["words"])
    assert VERSION_WORDS_MAX - 8 < len(version["words"].encode()) <= VERSION_WORDS_MAX


async def test_a_draft_has_its_most_and_the_oldest_go(bench: Bench) -> None:
    bench.bound(versions=3)
    for number in range(5):
        await bench.type(f"text {number}")
        await bench.empty()
    assert await words(bench) == ["text 4", "text 3", "text 2"]
    bench.bound(versions=1)
    await bench.type("text 5")
    await bench.empty()
    assert await words(bench) == ["text 5"]
    assert len(await texts(bench)) == 1
    bench.bound(versions=0)
    await bench.type("text 6")
    assert "version" not in await clear(bench)


async def texts(bench: Bench) -> dict[str, str]:
    return await fields(bench, f"{bench.names.drafts}:texts:chat:{PROFILE}")


async def taken(bench: Bench) -> dict[str, int]:
    found = await fields(bench, f"{bench.names.drafts}:bytes")
    return {name: int(value) for name, value in found.items()}


async def test_an_account_has_its_most_bytes_and_those_left_alone_go_first(bench: Bench) -> None:
    one = 1_000 + VERSION_OVERHEAD
    bench.bound(version_bytes=4 * one)
    for number in range(2):
        for profile in ("1", "2"):
            await bench.type(f"{number}" * 1_000, profile)
            await bench.empty(profile)
    assert await taken(bench) == {"all": 4 * one, ":chat:1": 2 * one, ":chat:2": 2 * one}
    await bench.type("3" * 1_000, "3")
    await bench.empty("3")
    assert [len(await kept(bench, profile)) for profile in "123"] == [1, 2, 1]
    assert (await words(bench, "1"))[0][0] == "1"
    await bench.type("4" * 2_000, "3")
    await bench.empty("3")
    assert [len(await kept(bench, profile)) for profile in "123"] == [0, 1, 2]
    # One that is greater than all that there may be is not kept, and takes no room.
    await bench.type("5" * 6_000, "1")
    assert "version" not in await clear(bench, "1")
    assert (await taken(bench))["all"] <= 4 * one


async def test_what_ran_out_or_was_dropped_leaves_the_books(bench: Bench) -> None:
    bench.bound(version_bytes=2_000)
    for profile in ("1", "2"):
        await bench.type("x" * 400, profile)
        await bench.empty(profile)
    drafts = bench.names.drafts
    await bench.client.delete(f"{drafts}:heads:chat:1")  # Redis dropped it
    await bench.client.zadd(f"{drafts}:versions", {":chat:2": 1})  # it ran out
    await bench.type("y" * 400, "3")
    await bench.empty("3")
    await bench.type("y" * 400, "3")
    await bench.empty("3")
    assert await taken(bench) == {"all": 2 * (400 + VERSION_OVERHEAD), ":chat:3": 1824}
    assert len(await kept(bench, "3")) == 2


async def test_they_live_as_long_as_their_draft(bench: Bench) -> None:
    await bench.type("one")
    await bench.empty()
    drafts = bench.names.drafts
    keys = [f"{drafts}:{kind}" for kind in (f"heads:chat:{PROFILE}", f"texts:chat:{PROFILE}")]
    keys += [f"{drafts}:versions", f"{drafts}:bytes"]
    for key in keys:
        await bench.client.pexpire(key, 1_000_000)
    await pause(bench)
    await bench.type("two")
    for key in keys:
        assert 7200 < await bench.ttl(key) <= 7425, key


async def test_versions_are_of_one_draft_and_of_one_account(bench: Bench) -> None:
    for profile in ("1", "1:x", "x"):
        await bench.type(f"of {profile}", profile)
        await bench.empty(profile)
    for profile in ("1", "1:x", "x"):
        assert await words(bench, profile) == [f"of {profile}"]
    command = ListVersions(profile_id="1", type="mail")
    assert await bench.versions.listed(bench.who, command) == []
    other = identity("2")
    assert await bench.versions.listed(other, ListVersions(profile_id="1", type="chat")) == []
    with pytest.raises(UnknownProfile):
        await bench.versions.listed(
            identity("1", frozenset("9")), ListVersions(profile_id="1", type="chat")
        )
    numbers = [version["version"] for version in await kept(bench, "1")]
    assert all(newer > older for newer, older in pairwise(numbers))
