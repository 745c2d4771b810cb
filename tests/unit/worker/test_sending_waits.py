"""How long a runner waits before it tries a recipient again, and how often. No real time passes."""

from typing import Any, cast

import pytest

from alphasync.gateway.port import (
    NotSent,
    RateLimited,
    SendResult,
    Sent,
    Unknown,
)
from alphasync.services.progress import Outcome
from alphasync.worker.sending import (
    TRIES_MAX,
)
from alphasync.worker.waiting import (
    ASKED_TIMES_MAX,
    ASKED_WAIT_MIN,
    NOTE_INTERVAL,
    WAIT_MAX,
    pause,
)
from tests.unit.worker.tries import CUT, DOWN, Ended, Try


async def test_a_rate_limit_is_waited_for_and_shown() -> None:
    attempt = Try(RateLimited(12.5), Sent(), honours_keys=False)
    verdict = await attempt.send()
    assert verdict.settled.outcome is Outcome.SENT
    assert sum(attempt.waited) == 12.5
    assert attempt.waited == [NOTE_INTERVAL, NOTE_INTERVAL, 2.5]
    assert [message for message, _ in attempt.notes] == [
        f"The gateway asks to wait, going on in {left} s" for left in (13, 8, 3)
    ]
    assert attempt.told_waits == [12.5, 7.5, 2.5]


async def test_a_rate_limit_uses_up_no_try() -> None:
    answers = [RateLimited(1)] * (TRIES_MAX * 3)
    attempt = Try(*answers, Sent(), honours_keys=False)
    verdict = await attempt.send()
    assert verdict.settled.outcome is Outcome.SENT
    assert attempt.waited == [1] * len(answers)


@pytest.mark.parametrize("answer", [RateLimited(12.5), DOWN])
async def test_who_is_withheld_meanwhile_is_given_back(answer: SendResult) -> None:
    attempt = Try(answer, Sent(), honours_keys=True)
    attempt.withhold_at_ready = 2
    verdict = await attempt.send()
    assert (verdict.settled.outcome, verdict.ends_run) == (Outcome.RELEASED, None)


async def test_who_may_have_been_messaged_is_not_given_back() -> None:
    attempt = Try(CUT, Sent(), honours_keys=True)
    attempt.withhold_at_ready = 2
    assert (await attempt.send()).settled.outcome is Outcome.SENT


@pytest.mark.parametrize("asked", [0.0, 0.01])
async def test_a_gateway_that_asks_for_no_time_is_asked_less_and_less_often_and_not_for_ever(
    asked: float,
) -> None:
    attempt = Try(RateLimited(asked), honours_keys=False)
    verdict = await attempt.send()
    assert len(attempt.gateway.sends) == ASKED_TIMES_MAX + 1
    assert verdict.settled.outcome is Outcome.RELEASED
    assert (verdict.ends_run, verdict.code) == (
        "The gateway asks to wait again and again",
        "too_many_requests",
    )
    assert attempt.waited[:3] == [ASKED_WAIT_MIN, 2 * ASKED_WAIT_MIN, 4 * ASKED_WAIT_MIN]
    assert 600 < sum(attempt.waited) < 3600


async def test_waits_that_were_asked_for_count_in_a_row_only() -> None:
    answers: list[SendResult] = [
        *[RateLimited(0)] * ASKED_TIMES_MAX,
        DOWN,
        *[RateLimited(0)] * ASKED_TIMES_MAX,
    ]
    verdict = await Try(*answers, Sent(), honours_keys=False).send()
    assert verdict.settled.outcome is Outcome.SENT


@pytest.mark.parametrize("answer", [NotSent("busy", 30.0), Unknown("busy", 30.0)])
async def test_a_wait_asked_for_with_an_error_is_kept(answer: SendResult) -> None:
    attempt = Try(answer, Sent(), honours_keys=True)
    assert (await attempt.send()).settled.outcome is Outcome.SENT
    assert sum(attempt.waited) == 30.0
    attempt = Try(NotSent("busy", 7.0), honours_keys=True)
    await attempt.send()
    assert len(attempt.gateway.sends) == TRIES_MAX, "each uses a try"
    assert min(attempt.waited) == 7.0


async def test_a_run_that_ends_while_waiting_sends_no_more() -> None:
    for answers, outcome in (
        ([DOWN, Sent()], Outcome.RELEASED),
        ([RateLimited(60), Sent()], Outcome.RELEASED),
        ([CUT, Sent()], Outcome.UNCERTAIN),
        ([CUT, RateLimited(60), Sent()], Outcome.UNCERTAIN),
    ):
        attempt = Try(*cast(Any, answers), honours_keys=True)
        attempt.end_at_note = len(answers) - 1
        with pytest.raises(Ended):
            await attempt.send()
        assert len(attempt.gateway.sends) == len(answers) - 1
        assert attempt.delivery.settled.outcome is outcome


async def test_a_runner_that_is_not_sure_of_its_lease_does_not_send() -> None:
    attempt = Try(Sent(), honours_keys=False)
    attempt.end_at_ready = 1
    with pytest.raises(Ended):
        await attempt.send()
    assert attempt.gateway.sends == []
    assert attempt.delivery.settled.outcome is Outcome.RELEASED
    attempt = Try(CUT, Sent(), honours_keys=True)
    attempt.end_at_ready = 2
    with pytest.raises(Ended):
        await attempt.send()
    assert len(attempt.gateway.sends) == 1
    assert attempt.delivery.settled.outcome is Outcome.UNCERTAIN


def test_pauses_double_and_are_bounded() -> None:
    for attempt in range(1, 200):
        expected = min(WAIT_MAX, 0.5 * 2 ** (attempt - 1))
        assert 0.75 * expected <= pause(attempt) <= 1.25 * expected
    assert len({pause(1) for _ in range(20)}) > 1, "servers do not come all at once"
