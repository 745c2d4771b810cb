"""A run's recipients: all pages, each once, without those already messaged."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphasync.gateway.port import (
    Gateway,
    GatewayError,
    GatewayRateLimited,
    GatewayUnavailable,
    Odd,
    Recipient,
    RecipientPage,
    TokenRefused,
)
from alphasync.services.blocklist import Blocklist
from alphasync.services.runs import Ticket
from alphasync.worker import listing
from alphasync.worker.listing import (
    PAGE_TRIES_MAX,
    STALE_IN_A_ROW_MAX,
    EndlessListing,
    Lister,
    Listing,
    TooManyRecipients,
)
from alphasync.worker.waiting import ASKED_TIMES_MAX

T = TypeVar("T")

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


class Ended(Exception):
    """What ``look`` raises when the run is no longer this runner's."""


class Paged:
    """A gateway with some pages, and a blocklist, both of which note what they were asked."""

    def __init__(
        self, pages: dict[str | None, tuple[list[str], str | None]], blocked: set[str] | None = None
    ) -> None:
        self._pages = pages
        self._blocked = blocked or set()
        self.asked: list[str | None] = []
        self.errors: list[GatewayError | None] = []
        """What the next questions are answered with; None: as usual."""
        self.odd: dict[str | None, list[Odd]] = {}
        self.notes: list[str] = []
        self.waited: list[float] = []
        self.looks = 0
        self.renews = True
        self.ended_at = 0
        """Which look finds that the run has ended."""
        self.checked: list[list[str]] = []
        self.pruned = 0

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        assert (token, profile_id, type) == (self.token, "1001", "chat")
        self.asked.append(cursor)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        ids, following = self._pages[cursor]
        return RecipientPage(
            recipients=tuple(recipient(name) for name in ids),
            next=following,
            honours_keys=following is None,
            odd=tuple(self.odd.get(cursor, ())),
        )

    async def prune(self, ticket: Ticket) -> None:
        assert not self.checked, "before anybody is held against the list"
        self.pruned += 1

    async def blocked(self, ticket: Ticket, recipients: Sequence[str]) -> set[str]:
        assert ticket is TICKET
        self.checked.append(list(recipients))
        return set(recipients) & self._blocked

    async def note(self, message: str, error: str | None) -> None:
        self.notes.append(message)

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    token = "token"

    async def renew(self, error: str) -> bool:
        self.token = "another"
        return self.renews

    async def ready(self) -> None:
        raise AssertionError("nothing is sent")

    async def look(self) -> None:
        self.looks += 1
        if self.looks == self.ended_at:
            raise Ended

    async def reading(self, call: Coroutine[Any, Any, T]) -> T:
        return await call

    async def fetch(self, cursor: str | None = None, after: str | None = None) -> Listing:
        lister = Lister(cast(Gateway, self), cast(Blocklist, self), TICKET, self, 1_000)
        return await lister.fetch(cursor, after)


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


async def test_pages_in_a_circle_are_noticed() -> None:
    circle = Paged({None: (["1"], "p2"), "p2": (["2"], "p3"), "p3": (["3"], "p2")})
    with pytest.raises(EndlessListing, match="same page"):
        await circle.fetch()
    with pytest.raises(EndlessListing, match="same page"):
        await Paged({None: (["1"], "p"), "p": (["1"], "p")}).fetch()


async def test_more_recipients_than_a_run_can_have_are_refused() -> None:
    fits = [str(n) for n in range(1_000)]
    assert (await Paged({None: (fits, None)}).fetch()).total == 1_000
    with pytest.raises(TooManyRecipients, match="more than 1000") as refused:
        await Paged({None: (fits, "p2"), "p2": (["1000"], None)}).fetch()
    assert (refused.value.code, refused.value.retryable) == ("too_many_recipients", False)


class Endless(Paged):
    """Pages with ever new cursors, each with these recipients."""

    def __init__(self, *ids: str) -> None:
        super().__init__({})
        self._ids = list(ids)

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        number = len(self.asked)
        self._pages[cursor] = (self._ids if number else ["first"], f"c{number}")
        return await super().recipients(token, profile_id, type, cursor)


@pytest.mark.parametrize("ids", [(), ("first",), ("first", "first")])
async def test_pages_without_anybody_new_come_to_an_end(ids: tuple[str, ...]) -> None:
    endless = Endless(*ids)
    with pytest.raises(EndlessListing, match="without anybody new") as ended:
        await endless.fetch()
    assert len(endless.asked) == STALE_IN_A_ROW_MAX + 2
    assert (ended.value.code, ended.value.retryable) == ("endless_listing", False)


async def test_pages_of_records_that_cannot_be_used_come_to_an_end() -> None:
    endless = Endless()
    endless.odd = {f"c{n}": [Odd(1, "", "it has no id")] for n in range(2_000)}
    with pytest.raises(EndlessListing):
        await endless.fetch()
    assert len(endless.asked) == STALE_IN_A_ROW_MAX + 2


async def test_some_empty_pages_between_others_are_fine() -> None:
    names: list[str | None] = [None, *(f"c{n}" for n in range(1, 400))]
    pages = {
        name: ([str(n)] if n % 40 == 0 else [], names[n + 1] if n + 1 < 400 else None)
        for n, name in enumerate(names)
    }
    assert (await Paged(pages).fetch()).total == 10


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


SIXTY: dict[str | None, tuple[list[str], str | None]] = {
    (f"p{n}" if n else None): ([str(n)], f"p{n + 1}" if n < 59 else None) for n in range(60)
}


@pytest.mark.parametrize(
    "error",
    [
        GatewayRateLimited("busy", 3.0),
        GatewayUnavailable("The gateway answered 503", 3.0),
        GatewayUnavailable("The gateway did not answer in time"),
    ],
)
async def test_a_page_refused_in_the_middle_is_where_it_goes_on(error: GatewayError) -> None:
    paged = Paged(SIXTY)
    paged.errors = [*[None] * 30, error]
    found = await paged.fetch()
    assert [c.recipient.id for c in found.candidates] == [str(n) for n in range(60)]
    assert len(paged.asked) == 61
    assert paged.asked[30] == paged.asked[31] == "p30"
    assert sum(paged.waited) >= error.retry_after


async def test_a_page_whose_token_was_refused_is_asked_for_with_another() -> None:
    paged = Paged(SIXTY)
    paged.errors = [*[None] * 30, TokenRefused("no")]
    assert (await paged.fetch()).total == 60
    assert (len(paged.asked), paged.token) == (61, "another")
    paged = Paged(SIXTY)
    paged.errors, paged.renews = [None, TokenRefused("no")], False
    with pytest.raises(TokenRefused):
        await paged.fetch()
    assert len(paged.asked) == 2


async def test_tries_are_of_one_page_and_waits_that_were_asked_for_use_none() -> None:
    down = GatewayUnavailable("down")
    paged = Paged(SIXTY)
    paged.errors = [*[down] * (PAGE_TRIES_MAX - 1), None] * 10
    assert (await paged.fetch()).total == 60
    paged = Paged(SIXTY)
    paged.errors = [GatewayRateLimited("busy", 1.0)] * (PAGE_TRIES_MAX * 3)
    assert (await paged.fetch()).total == 60
    paged = Paged(SIXTY)
    paged.errors = [None, *[down] * PAGE_TRIES_MAX]
    with pytest.raises(GatewayUnavailable):
        await paged.fetch()
    assert len(paged.asked) == PAGE_TRIES_MAX + 1


async def test_a_gateway_that_asks_to_wait_for_ever_comes_to_an_end() -> None:
    paged = Paged(SIXTY)
    paged.errors = [GatewayRateLimited("busy", 0.0)] * 1_000
    with pytest.raises(GatewayRateLimited, match="again and again"):
        await paged.fetch()
    assert len(paged.asked) == ASKED_TIMES_MAX + 1
    assert sum(paged.waited) > 600


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
    named = listing.Candidate(recipient=recipient("1"), cursor="")
    nameless = listing.Candidate(recipient=Recipient(id="1", name=None), cursor="")
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
