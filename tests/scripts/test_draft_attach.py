"""draft_attach: what several devices attach at once is all there, and nothing else."""

import pytest

from alphasync.domain.drafts import Draft
from alphasync.domain.events import AttachmentsUpdated, MessageCleared, MessageUpdated
from alphasync.domain.runs import Key
from alphasync.errors import TooManyAttachments, TooManyDrafts
from alphasync.protocol.acknowledgements import AttachmentsStored
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE
from tests.scripts.drafting import attach, picture

KEY: Key = (PROFILE, "mail")


def names(stored: AttachmentsStored) -> list[str]:
    return [item["title"].removeprefix("A picture of ") for item in stored["attachments"]]


async def test_what_is_attached_is_on_record_and_told_to_all(bench: Bench) -> None:
    async with bench.verify(AttachmentsUpdated) as made:
        stored = await attach(bench, "sea", "sun")
    assert bench.last("draft_attach") == "OK"
    assert stored["revision"] == made[0].revision
    assert names(stored) == ["sea", "sun"]
    assert (await bench.snapshot()).drafts[KEY] == Draft(
        profile_id=PROFILE,
        type="mail",
        message="",
        device_id="d1",
        timestamp=made[0].timestamp,
        revision=0,
        attachments=(picture("sea"), picture("sun")),
        attachments_revision=made[0].revision,
    )
    assert 7200 < await bench.ttl(bench.names.draft("mail", PROFILE)) <= 7425


async def test_text_and_attachments_leave_each_other_alone(bench: Bench) -> None:
    async with bench.verify(
        AttachmentsUpdated, MessageUpdated, AttachmentsUpdated, MessageUpdated, MessageCleared
    ):
        await attach(bench, "sea")
        await bench.mail("Hello")
        await attach(bench, "sea", "sun")
        await bench.mail("Hello there")
        await bench.empty()
    draft = (await bench.snapshot()).drafts[KEY]
    assert draft.message == "Hello there"
    assert draft.attachments == (picture("sea"), picture("sun"))


@pytest.mark.parametrize(
    ("there", "base", "wanted", "after"),
    [
        ("", "", "a", "a"),
        ("a", "", "b", "ab"),  # both added one at the same time
        ("ab", "a", "ac", "abc"),
        ("b", "ab", "a", ""),  # one took away a, the other one b
        ("ab", "ab", "b", "b"),
        ("b", "ab", "b", "b"),  # asked for again
        ("abc", "ab", "abc", "abc"),
        ("bd", "ab", "abc", "bdc"),
        ("abcde", "abcde", "edcba", "abcde"),
        ("", "ab", "ab", ""),  # others have taken all away
        ("ab", None, "c", "c"),
        ("ab", None, "ba", "ba"),
        ("ab", None, "", ""),
    ],
)
async def test_what_devices_do_at_the_same_time_is_put_together(
    bench: Bench, there: str, base: str | None, wanted: str, after: str
) -> None:
    await attach(bench, *there)
    async with bench.verify(AttachmentsUpdated):
        stored = await attach(bench, *wanted, base=None if base is None else tuple(base))
    assert "".join(names(stored)) == after


async def test_a_mail_has_its_most(bench: Bench) -> None:
    await attach(bench, *"abcd")
    async with bench.verify():
        with pytest.raises(TooManyAttachments):
            await attach(bench, *"abef", base=("a", "b"))
        assert bench.last("draft_attach") == "CROWDED"
    async with bench.verify(AttachmentsUpdated):
        assert names(await attach(bench, *"bef", base=("a", "b"))) == list("bcdef")


@pytest.mark.parametrize("name", ["ß😀\u2028", '"\\/', "\x00\x7f\n]}", "[]", "{}"])
async def test_any_name_comes_back_as_it_was(bench: Bench, name: str) -> None:
    async with bench.verify(AttachmentsUpdated, AttachmentsUpdated) as made:
        await attach(bench, name)
        stored = await attach(bench, name, "b", base=(name,))
    assert names(stored) == [name, "b"]
    assert made[1].attachments == [picture(name), picture("b")]


async def test_an_account_has_its_most_drafts(bench: Bench) -> None:
    bench.bound(drafts=1)
    await bench.mail("Hello", "1")
    async with bench.verify():
        with pytest.raises(TooManyDrafts):
            await attach(bench, "a", profile="2")
        assert bench.last("draft_attach") == "FULL"
    async with bench.verify(AttachmentsUpdated):
        await attach(bench, "a", profile="1")
