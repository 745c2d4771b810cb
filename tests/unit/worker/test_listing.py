"""A run's recipients: all pages, each once, without those already messaged."""

from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.gateway.port import (
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Recipient,
    RecipientPage,
)
from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket
from alphasync.worker import listing
from alphasync.worker.listing import Listing, fetch

TICKET = Ticket(
    account="o:1",
    profile="1001",
    type="chat",
    run_id="r",
    fence=1,
    started_at=1,
    device_id="d",
    operator_id="1",
    text="Hello",
    attachments=(),
)


def recipient(name: str) -> Recipient:
    return Recipient(id=name, name=f"Name of {name}")


class Paged:
    """A gateway with some pages, and a blocklist, both of which note what they were asked."""

    def __init__(
        self, pages: dict[str | None, tuple[list[str], str | None]], blocked: set[str] | None = None
    ) -> None:
        self._pages = pages
        self._blocked = blocked or set()
        self.asked: list[str | None] = []
        self.checked: list[list[str]] = []

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        assert (token, profile_id, type) == ("token", "1001", "chat")
        self.asked.append(cursor)
        ids, following = self._pages[cursor]
        return RecipientPage(
            recipients=tuple(recipient(name) for name in ids),
            next=following,
            honours_keys=following is None,
        )

    async def blocked(self, ticket: Ticket, recipients: Sequence[str]) -> set[str]:
        assert ticket is TICKET
        self.checked.append(list(recipients))
        return set(recipients) & self._blocked

    async def fetch(self) -> Listing:
        return await fetch(cast(Gateway, self), cast(Blocklist, self), TICKET, "token")


def shown(found: Listing) -> list[tuple[str, str]]:
    return [(candidate.recipient.id, candidate.cursor) for candidate in found.candidates]


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


async def test_pages_in_a_circle_are_noticed() -> None:
    circle = Paged({None: (["1"], "p2"), "p2": (["2"], "p3"), "p3": (["3"], "p2")})
    with pytest.raises(GatewayUnavailable, match="same page"):
        await circle.fetch()
    with pytest.raises(GatewayUnavailable, match="same page"):
        await Paged({None: (["1"], "p"), "p": (["1"], "p")}).fetch()


async def test_an_endless_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "RECIPIENTS_MAX", 10)
    fits = [str(n) for n in range(10)]
    assert (await Paged({None: (fits, None)}).fetch()).total == 10
    with pytest.raises(GatewayRefused, match="more than 10"):
        await Paged({None: (fits, "p2"), "p2": (["10"], None)}).fetch()


async def test_a_recipient_without_a_name_is_shown_by_id() -> None:
    named = listing.Candidate(recipient=recipient("1"), cursor="")
    nameless = listing.Candidate(recipient=Recipient(id="1", name=None), cursor="")
    assert (named.shown, nameless.shown) == ("Name of 1", "1")


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
