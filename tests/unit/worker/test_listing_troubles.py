"""Pages that end nowhere, or that the gateway does not give: how a listing comes to its end."""

import pytest

from alphasync.gateway.port import (
    GatewayError,
    GatewayRateLimited,
    GatewayUnavailable,
    Odd,
    RecipientPage,
    TokenRefused,
)
from alphasync.services.recipients import STALE_IN_A_ROW_MAX, EndlessListing, TooManyRecipients
from alphasync.worker.listing import PAGE_TRIES_MAX
from alphasync.worker.waiting import ASKED_TIMES_MAX
from tests.unit.worker.paged import Paged


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
