"""What is known of the gateway's profiles: for how long, and how often it is asked."""

import asyncio
from collections.abc import Collection

import msgspec
import pytest

from alphasync.domain.identity import Identity
from alphasync.errors import AlphasyncError, UnknownProfile
from alphasync.gateway.port import GatewayUnavailable
from alphasync.services import listed_profiles
from alphasync.services.listed_profiles import (
    ASK_INTERVAL,
    LISTED_TTL,
    QUESTIONS_MAX,
    QUESTIONS_WAITING_MAX,
    ListedProfiles,
    LoginKey,
)
from tests.harness import wait_until

WHO = Identity(
    operator_id="1",
    account="o:1",
    email=None,
    expires_at=2**33,
    token_hash="hash",
    profiles=None,
    sign_in="as1.one",
)
LOGIN = LoginKey("o:1", "1", "as1.one")


class Bed:
    """The gateway, the clock and what is known."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lists: Collection[str] | AlphasyncError = ["a", "b"]
        self.asked: list[LoginKey] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.listed = ListedProfiles(self._ask, lambda: self.now)

    async def _ask(self, login: LoginKey) -> Collection[str]:
        self.asked.append(login)
        await self.answering.wait()
        if isinstance(self.lists, AlphasyncError):
            raise self.lists
        return self.lists

    async def quiet(self) -> None:
        """Return when no question is under way."""
        await wait_until(lambda: not self.listed._asking)

    def refuses(self, profile: str, who: Identity = WHO) -> bool:
        try:
            self.listed.check(who, profile)
        except UnknownProfile:
            return True
        return False


@pytest.fixture
def bed() -> Bed:
    return Bed()


async def test_nothing_is_refused_before_there_is_an_answer(bed: Bed) -> None:
    bed.answering.clear()
    assert not bed.refuses("x")
    assert not bed.refuses("x")
    bed.answering.set()
    await bed.quiet()
    assert (bed.refuses("a"), bed.refuses("x")) == (False, True)
    assert bed.asked == [LOGIN]


async def test_a_registered_device_has_the_gateway_asked_once(bed: Bed) -> None:
    for _ in range(3):
        bed.listed.look(WHO)
        await bed.quiet()
    assert bed.refuses("x")
    assert bed.asked == [LOGIN]


async def test_an_old_answer_refuses_nothing_and_is_asked_for_anew(bed: Bed) -> None:
    bed.listed.note(LOGIN, ["a"])
    bed.now += LISTED_TTL
    assert not bed.refuses("x")
    await bed.quiet()
    assert bed.asked == [LOGIN]
    assert bed.refuses("x")


async def test_an_answer_is_as_old_as_its_question(bed: Bed) -> None:
    bed.answering.clear()
    bed.listed.look(WHO)
    await wait_until(lambda: bed.asked)
    bed.now += LISTED_TTL
    bed.answering.set()
    await bed.quiet()
    assert not bed.refuses("x")


async def test_a_late_answer_takes_no_newer_ones_place(bed: Bed) -> None:
    bed.listed.look(WHO)
    bed.listed.note(LOGIN, ["a", "new"], at=bed.now + 1)
    await bed.quiet()
    bed.now += 1
    assert not bed.refuses("new")


async def test_a_profile_made_just_now_is_refused_once(bed: Bed) -> None:
    bed.listed.note(LOGIN, ["a"])
    bed.lists = ["a", "new"]
    assert bed.refuses("new")
    await bed.quiet()
    assert not bed.refuses("new")


async def test_starts_of_what_is_not_there_ask_every_few_seconds_only(bed: Bed) -> None:
    bed.listed.note(LOGIN, ["a"])
    for number in range(20):
        assert bed.refuses(f"x{number}")
        await bed.quiet()
        bed.now += ASK_INTERVAL / 5
    assert len(bed.asked) == 4


@pytest.mark.parametrize("error", [GatewayUnavailable(), AlphasyncError()])
async def test_a_gateway_that_is_away_refuses_nothing_and_is_not_asked_at_each_start(
    bed: Bed, error: AlphasyncError
) -> None:
    bed.lists = error
    for _ in range(10):
        assert not bed.refuses("x")
        await bed.quiet()
    assert len(bed.asked) == 1
    bed.now += ASK_INTERVAL
    assert not bed.refuses("x")
    await bed.quiet()
    assert len(bed.asked) == 2


async def test_what_was_listed_counts_while_the_gateway_is_away(bed: Bed) -> None:
    bed.listed.note(LOGIN, ["a"])
    bed.lists = GatewayUnavailable()
    assert bed.refuses("x")
    await bed.quiet()
    bed.now += LISTED_TTL - 1
    assert bed.refuses("x")
    bed.now += 1
    assert not bed.refuses("x")
    await bed.quiet()


async def test_a_token_that_no_login_made_is_not_looked_at(bed: Bed) -> None:
    minted = msgspec.structs.replace(WHO, sign_in="")
    bed.listed.note(LoginKey("o:1", "1", ""), ["a"])
    bed.listed.look(minted)
    assert not bed.refuses("x", minted)
    await bed.quiet()
    assert bed.asked == []


async def test_another_login_has_an_answer_of_its_own(bed: Bed) -> None:
    bed.listed.note(LOGIN, ["a"])
    others = (
        msgspec.structs.replace(WHO, sign_in="as1.two"),
        msgspec.structs.replace(WHO, operator_id="2"),
        msgspec.structs.replace(WHO, account="t:1"),
    )
    assert bed.refuses("x")
    assert not any(bed.refuses("x", other) for other in others)
    await bed.quiet()


async def test_few_questions_are_under_way_at_a_time_and_not_many_wait(bed: Bed) -> None:
    bed.answering.clear()
    for number in range(2 * QUESTIONS_WAITING_MAX):
        bed.listed.look(msgspec.structs.replace(WHO, sign_in=f"as1.{number}"))
    await wait_until(lambda: len(bed.asked) == QUESTIONS_MAX)
    assert len(bed.listed._asking) == QUESTIONS_WAITING_MAX
    bed.answering.set()
    await bed.quiet()
    assert len(bed.asked) == QUESTIONS_WAITING_MAX


async def test_what_is_kept_is_bounded(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_profiles, "LOGINS_MAX", 3)
    monkeypatch.setattr(listed_profiles, "IDS_MAX", 10)
    monkeypatch.setattr(listed_profiles, "IDS_PER_LOGIN_MAX", 6)
    listed = bed.listed
    for number in range(5):
        listed.note(LOGIN._replace(sign_in=str(number)), ["a"])
    assert [login.sign_in for login in listed._answers] == ["2", "3", "4"]
    listed.note(LOGIN, [*"abcdef"])
    assert (len(listed._answers), listed._ids) == (3, 8)
    listed.note(LOGIN._replace(sign_in="5"), [*"abcd"])
    assert [login.sign_in for login in listed._answers] == ["as1.one", "5"]
    assert listed._ids == 10
    listed.note(LOGIN, [*"abcdefg"])
    assert [login.sign_in for login in listed._answers] == ["5"]
    assert listed._ids == 4
    for number in range(5):
        listed.look(msgspec.structs.replace(WHO, sign_in=f"look {number}"))
    assert len(listed._asked_at) == 3
    await bed.quiet()


async def test_what_counts_no_more_is_not_kept(bed: Bed) -> None:
    for number in range(100):
        bed.listed.look(msgspec.structs.replace(WHO, sign_in=f"look {number}"))
        await bed.quiet()
        bed.now += LISTED_TTL / 5
    assert len(bed.listed._asked_at) == 1
    assert [login.sign_in for login in bed.listed._answers] == [f"look {n}" for n in range(95, 100)]
    assert bed.listed._ids == 10


async def test_a_close_ends_the_questions(bed: Bed) -> None:
    bed.answering.clear()
    bed.listed.look(WHO)
    await wait_until(lambda: bed.asked)
    await bed.listed.close()
    assert not bed.listed._asking
