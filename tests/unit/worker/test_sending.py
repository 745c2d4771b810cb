"""Every answer of a gateway, and what follows from it for one recipient. No real time passes."""

import pytest

from alphasync.gateway.port import (
    AlreadySent,
    NotAuthorised,
    RateLimited,
    RecipientRefused,
    RunRefused,
    SendResult,
    Sent,
)
from alphasync.services.progress import Outcome
from alphasync.worker.sending import (
    TRIES_MAX,
)
from tests.unit.worker.tries import CUT, DOWN, Try


@pytest.mark.parametrize("maybe_sent", [False, True])
async def test_a_refused_token_is_followed_by_another(maybe_sent: bool) -> None:
    expired = NotAuthorised("expired")
    attempt = Try(expired, expired, Sent(), honours_keys=True, maybe_sent=maybe_sent)
    attempt.others = iter(["second", "third"])
    assert (await attempt.send()).settled.outcome is Outcome.SENT
    assert [send[0] for send in attempt.gateway.sends] == ["token", "second", "third"]
    assert attempt.renewed == ["expired", "expired"]


async def test_a_refused_token_that_nothing_follows_ends_the_run() -> None:
    attempt = Try(NotAuthorised("expired"), honours_keys=True)
    attempt.others = iter([None])
    verdict = await attempt.send()
    assert (verdict.settled.outcome, verdict.ends_run) == (Outcome.RELEASED, "expired")
    assert len(attempt.gateway.sends) == 1


ANSWERED: list[tuple[SendResult, bool, Outcome, str, str | None]] = [
    (Sent(), False, Outcome.SENT, "Messaged Nora", None),
    (AlreadySent(), False, Outcome.SKIPPED, "Nora was messaged before", None),
    (RecipientRefused("gone"), False, Outcome.FAILED, "Nora could not be messaged", "gone"),
    (RunRefused("not yours"), True, Outcome.RELEASED, "Nora was not messaged", None),
]


@pytest.mark.parametrize("honours_keys", [False, True])
@pytest.mark.parametrize(("answer", "ends", "outcome", "text", "error"), ANSWERED)
async def test_a_clear_answer_is_the_end_of_it(
    answer: SendResult,
    ends: bool,
    outcome: Outcome,
    text: str,
    error: str | None,
    honours_keys: bool,
) -> None:
    attempt = Try(answer, honours_keys=honours_keys)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == 1
    assert (verdict.settled.outcome, verdict.settled.message) == (outcome, text)
    assert verdict.settled.error == error
    assert (verdict.ends_run, verdict.code) == (
        ("not yours", "gateway_refused") if ends else (None, "")
    )
    assert attempt.waited == []


async def test_perhaps_sent_is_not_tried_again_without_keys() -> None:
    attempt = Try(CUT, honours_keys=False)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == 1
    assert (verdict.settled.outcome, verdict.settled.error) == (Outcome.UNCERTAIN, "cut off")
    assert verdict.ends_run is None
    assert attempt.waited == []


async def test_perhaps_sent_is_asked_again_under_the_same_key_where_it_is_honoured() -> None:
    attempt = Try(CUT, CUT, Sent(), honours_keys=True)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == 3
    assert verdict.settled.outcome is Outcome.SENT


@pytest.mark.parametrize("before", [[CUT], [CUT, DOWN], [DOWN, CUT, RateLimited(1)]])
async def test_after_an_unknown_try_of_ours_a_409_is_sent_only_if_it_says_so(
    before: list[SendResult],
) -> None:
    verdict = await Try(*before, AlreadySent(says_sent=True), honours_keys=True).send()
    assert (verdict.settled.outcome, verdict.settled.message) == (Outcome.SENT, "Messaged Nora")
    verdict = await Try(*before, AlreadySent(), honours_keys=True).send()
    assert (verdict.settled.outcome, verdict.settled.message) == (
        Outcome.UNCERTAIN,
        "Nora may have been messaged",
    )
    assert verdict.ends_run is None


@pytest.mark.parametrize(
    ("says_sent", "outcome"), [(True, Outcome.SENT), (False, Outcome.UNCERTAIN)]
)
async def test_so_it_is_after_an_earlier_runners_try(says_sent: bool, outcome: Outcome) -> None:
    verdict = await Try(AlreadySent(says_sent), honours_keys=True, maybe_sent=True).send()
    assert verdict.settled.outcome is outcome


@pytest.mark.parametrize("before", [[CUT], [CUT, DOWN], [CUT, RateLimited(1)]])
async def test_refused_after_an_unknown_try_is_uncertain(before: list[SendResult]) -> None:
    """The next run messages those who failed under another key: the first try may have arrived."""
    verdict = await Try(*before, RecipientRefused("gone"), honours_keys=True).send()
    assert (verdict.settled.outcome, verdict.settled.error) == (Outcome.UNCERTAIN, "gone")


@pytest.mark.parametrize("before", [[DOWN], [RateLimited(1)], [DOWN, RateLimited(1), DOWN]])
async def test_already_sent_after_tries_that_surely_sent_nothing_is_somebody_elses(
    before: list[SendResult],
) -> None:
    for answer in (AlreadySent(), AlreadySent(says_sent=True)):
        verdict = await Try(*before, answer, honours_keys=True).send()
        assert verdict.settled.outcome is Outcome.SKIPPED


@pytest.mark.parametrize("honours_keys", [False, True])
async def test_surely_not_sent_is_tried_again(honours_keys: bool) -> None:
    attempt = Try(DOWN, DOWN, DOWN, Sent(), honours_keys=honours_keys)
    assert (await attempt.send()).settled.outcome is Outcome.SENT
    assert [error for _, error in attempt.notes] == ["no connection"] * 3
    assert len(attempt.waited) == 3
    for number, seconds in enumerate(attempt.waited):
        assert 0.375 * 2**number <= seconds <= 0.625 * 2**number


async def test_after_the_last_try_the_run_ends_and_the_recipient_is_free() -> None:
    attempt = Try(DOWN, honours_keys=False)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == TRIES_MAX
    assert verdict.settled.outcome is Outcome.RELEASED
    assert (verdict.ends_run, verdict.code) == (
        "The gateway does not answer",
        "gateway_unavailable",
    )
    assert 20 < sum(attempt.waited) < 100


@pytest.mark.parametrize("answers", [[CUT], [CUT, DOWN], [DOWN, CUT, DOWN]])
async def test_after_the_last_try_a_recipient_perhaps_messaged_stays_uncertain(
    answers: list[SendResult],
) -> None:
    attempt = Try(*answers, honours_keys=True)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == TRIES_MAX
    assert verdict.settled.outcome is Outcome.UNCERTAIN
    assert verdict.code == "gateway_unavailable"


@pytest.mark.parametrize("answers", [[CUT, RunRefused("no")], [CUT, DOWN, RunRefused("no")]])
async def test_a_run_refused_after_an_unknown_try_leaves_it_uncertain(
    answers: list[SendResult],
) -> None:
    verdict = await Try(*answers, honours_keys=True).send()
    assert verdict.settled.outcome is Outcome.UNCERTAIN
    assert verdict.code == "gateway_refused"


async def test_a_run_refused_at_a_takeover_leaves_the_recipient_uncertain() -> None:
    verdict = await Try(RunRefused("no"), honours_keys=True, maybe_sent=True).send()
    assert verdict.settled.outcome is Outcome.UNCERTAIN
