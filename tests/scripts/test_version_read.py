"""version_read: the text of a version, as it was typed, for as long as it is kept."""

import pytest

from alphasync.domain.events import MessageCleared, MessageUpdated
from alphasync.errors import UnknownProfile, UnknownVersion
from alphasync.protocol.acknowledgements import VersionRestored
from alphasync.protocol.version_commands import ReadVersion, RestoreVersion
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import PROFILE
from tests.scripts.drafting import clear, kept


def reading(version: int) -> ReadVersion:
    return ReadVersion(profile_id=PROFILE, type="chat", version=version)


async def restore(bench: Bench, version: int, device: str = "d2") -> VersionRestored:
    command = RestoreVersion(profile_id=PROFILE, type="chat", version=version)
    return await bench.versions.restore(bench.who, device, command)


@pytest.mark.parametrize("text", ["\n\r\t", '"\\/', "\x00\x7f", "]}\n2[", "😀\u2028", "ß" * 10_000])
async def test_any_text_comes_back_as_it_was_typed(bench: Bench, text: str) -> None:
    await bench.type(text)
    version = (await clear(bench))["version"]
    assert await bench.versions.read(bench.who, reading(version)) == text
    assert bench.last("version_read") == "OK"


async def test_what_is_not_kept_is_not_there(bench: Bench) -> None:
    await bench.type("one")
    version = (await clear(bench))["version"]
    for command in (reading(version + 1), reading(2**53)):
        with pytest.raises(UnknownVersion):
            await bench.versions.read(bench.who, command)
        assert bench.last("version_read") == "GONE"
    with pytest.raises(UnknownVersion):
        await bench.versions.read(identity("2"), reading(version))
    with pytest.raises(UnknownProfile):
        await bench.versions.read(identity("1", frozenset("9")), reading(version))


async def test_a_restored_one_is_typed_anew_and_what_was_there_is_kept(bench: Bench) -> None:
    await bench.type("one")
    version = (await clear(bench))["version"]
    await bench.type("two")
    async with bench.verify(MessageUpdated) as made:
        restored = await restore(bench, version)
    assert restored == {"message": "one", "revision": made[0].revision}
    assert (made[0].message, made[0].device_id) == ("one", "d2")
    assert [kept["words"] for kept in await kept(bench)] == ["two", "one"]
    assert (await bench.snapshot()).drafts[PROFILE, "chat"].message == "one"
    async with bench.verify(MessageUpdated):
        await restore(bench, version)  # asked for again: nothing is kept twice
    assert len(await kept(bench)) == 2


async def test_a_clear_is_taken_back(bench: Bench) -> None:
    await bench.type("one")
    async with bench.verify(MessageCleared, MessageUpdated):
        await restore(bench, (await clear(bench))["version"])
    assert (await bench.snapshot()).drafts[PROFILE, "chat"].message == "one"


async def test_nothing_is_restored_from_nowhere(bench: Bench) -> None:
    await bench.type("one")
    async with bench.verify():
        with pytest.raises(UnknownVersion):
            await restore(bench, 2**53)
