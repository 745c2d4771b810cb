"""A run's recipients: all pages, each once, without those already messaged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphasync.gateway.port import Odd, Recipient
from alphasync.services.recipients import Candidate
from tests.unit.worker.paged import Ended, Paged, recipient, shown


async def test_all_pages_in_the_gateways_order() -> None:
    paged = Paged({None: (["3", "1"], "p2"), "p2": (["2"], "p3"), "p3": (["9", "8"], None)})
    found = await paged.fetch()
    assert shown(found) == [("3", ""), ("1", ""), ("2", "p2"), ("9", "p3"), ("8", "p3")]
    assert (found.total, found.skipped, found.honours_keys) == (5, 0, True)
    assert paged.asked == [None, "p2", "p3"]


async def test_those_on_the_blocklist_are_left_out_with_one_question_per_page() -> None:
    pages: dict[str | None, tuple[list[str], str | None]] = {
        None: (["1", "2", "3"], "p2"),
        "p2": (["4", "5"], None),
    }
    paged = Paged(pages, blocked={"2", "4", "5"})
    found = await paged.fetch()
    assert shown(found) == [("1", ""), ("3", "")]
    assert (found.total, found.skipped) == (5, 3)
    assert paged.checked == [["1", "2", "3"], ["4", "5"]]
    assert paged.pruned == 1


async def test_who_is_past_their_life_in_mid_run_still_counts_as_messaged_before() -> None:
    """They are on record as skipped already when another runner goes on."""
    paged = Paged({"p2": (["1", "2"], None)})
    await paged.fetch("p2", "1")
    assert paged.pruned == 0


async def test_a_recipient_on_two_pages_is_one_recipient() -> None:
    """Lists move while they are paged: the last of a page comes again as the first of the next."""
    paged = Paged({None: (["1", "2", "2"], "p2"), "p2": (["2", "3", "1"], None)})
    found = await paged.fetch()
    assert shown(found) == [("1", ""), ("2", ""), ("3", "p2")]
    assert found.total == 3


async def test_nobody_at_all() -> None:
    found = await Paged({None: ([], None)}).fetch()
    assert (found.candidates, found.total, found.skipped) == ([], 0, 0)
    found = await Paged({None: ([], "p2"), "p2": ([], "p3"), "p3": (["1"], None)}).fetch()
    assert shown(found) == [("1", "p3")]


async def test_the_run_is_looked_at_between_pages() -> None:
    pages: dict[str | None, tuple[list[str], str | None]] = {
        None: (["1"], "p2"),
        "p2": (["2"], "p3"),
        "p3": (["3"], None),
    }
    paged = Paged(pages)
    paged.ended_at = 2
    with pytest.raises(Ended):
        await paged.fetch()
    assert paged.asked == [None, "p2"]


async def test_those_who_cannot_be_messaged_are_counted_and_the_first_are_named() -> None:
    pages: dict[str | None, tuple[list[str], str | None]] = {
        None: (["1", "2"], "p2"),
        "p2": (["3"], None),
    }
    paged = Paged(pages, blocked={"1"})
    paged.odd = {
        None: [Odd(2, "Ana", "its id is empty")],
        "p2": [Odd(n, "", "it has no id") for n in range(1, 8)],
    }
    found = await paged.fetch()
    assert (found.total, found.failed, found.skipped, len(found.candidates)) == (11, 8, 1, 2)
    assert found.left_out.startswith("Ana (its id is empty), number 4 (it has no id), ")
    assert found.left_out.endswith(" and 3 more")


@pytest.mark.parametrize(
    ("cursor", "after", "left"),
    [
        (None, "1", ["2", "3"]),
        ("p2", "3", []),
        ("p2", "gone", ["3"]),
        (None, None, ["1", "2", "3"]),
    ],
)
async def test_a_takeover_goes_on_behind_the_last_recipient(
    cursor: str | None, after: str | None, left: list[str]
) -> None:
    found = await Paged({None: (["1", "2"], "p2"), "p2": (["3"], None)}).fetch(cursor, after)
    assert [c.recipient.id for c in found.candidates] == left


async def test_a_recipient_without_a_name_is_shown_by_id() -> None:
    named = Candidate(recipient=recipient("1"), cursor="")
    nameless = Candidate(recipient=Recipient(id="1", name=None), cursor="")
    assert (named.shown, nameless.shown) == ("Name of 1", "1")


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), min_size=1, max_size=5),
    st.sets(st.sampled_from("abcdefgh")),
)
async def test_each_once_and_none_of_the_blocked(pages: list[list[str]], blocked: set[str]) -> None:
    names: list[str | None] = [None, *(f"p{n}" for n in range(1, len(pages)))]
    following = [*names[1:], None]
    paged = Paged(
        {name: (ids, after) for name, ids, after in zip(names, pages, following, strict=True)},
        blocked,
    )
    found = await paged.fetch()
    everybody = dict.fromkeys(name for page in pages for name in page)
    assert [name for name, _ in shown(found)] == [n for n in everybody if n not in blocked]
    assert found.total == len(everybody)
    assert found.skipped == len(set(everybody) & blocked)


async def test_those_not_to_be_contacted_are_left_out_and_counted() -> None:
    gateway = Paged({None: (["a", "b", "c", "d"], None)}, blocked={"b"})
    gateway.never = {"b", "c"}
    found = await gateway.fetch()
    assert shown(found) == [("a", ""), ("d", "")]
    assert (found.total, found.skipped, found.not_to_contact) == (4, 2, 2)
