"""Every answer of a gateway, and what follows from it for one recipient. No real time passes."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from alphasync.gateway import port
from alphasync.gateway.port import (
    AlreadySent,
    Gateway,
    NotAuthorised,
    NotSent,
    RateLimited,
    RecipientRefused,
    RunRefused,
    SendResult,
    Sent,
    Unknown,
)
from alphasync.services.progress import Outcome
from alphasync.worker.sending import (
    TRIES_MAX,
    Delivery,
    Verdict,
)
from alphasync.worker.waiting import (
    ASKED_TIMES_MAX,
    ASKED_WAIT_MIN,
    NOTE_INTERVAL,
    WAIT_MAX,
    pause,
)

KEY = "run:7"
DOWN = NotSent("no connection")
CUT = Unknown("cut off")


class Ended(Exception):
    """What ``note`` and ``ready`` raise when the run is no longer this runner's."""


class Scripted:
    """A gateway that gives its answers one after the other, and the last one for ever."""

    def __init__(self, *answers: SendResult) -> None:
        self._answers = list(answers)
        self.sends: list[tuple[str | None, str, str, str]] = []

    async def send(
        self, token: str | None, profile: str, message: port.Message, key: str
    ) -> SendResult:
        self.sends.append((token, profile, message.recipient_id, key))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Try:
    """One delivery, with what it was seen to do."""

    def __init__(self, *answers: SendResult, honours_keys: bool, maybe_sent: bool = False) -> None:
        self.gateway = Scripted(*answers)
        self.notes: list[tuple[str, str | None]] = []
        self.waited: list[float] = []
        self.token: str | None = "token"
        self.others: Iterator[str | None] = iter(())
        """What each refused token is followed by; None: by none."""
        self.renewed: list[str] = []
        self.ready_calls = 0
        self.end_at_note = 0
        """Which call of ``note`` says that the run has ended."""
        self.end_at_ready = 0
        message = port.Message(type="chat", recipient_id="7", text="Hello", attachments=())
        self.delivery = Delivery(
            message, "Nora", "111", honours_keys=honours_keys, maybe_sent=maybe_sent
        )

    async def ready(self) -> None:
        self.ready_calls += 1
        if self.ready_calls == self.end_at_ready:
            raise Ended

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def renew(self, error: str) -> bool:
        self.renewed.append(error)
        self.token = next(self.others, self.token)
        return self.token is not None

    async def note(self, message: str, error: str | None) -> None:
        self.notes.append((message, error))
        if len(self.notes) == self.end_at_note:
            raise Ended

    async def look(self) -> None:
        raise AssertionError("nothing is read")

    async def reading(self, call: object) -> Any:
        raise AssertionError("nothing is read")

    async def send(self) -> Verdict:
        gateway = cast(Gateway, self.gateway)
        verdict = await self.delivery.send(gateway, "1001", KEY, self)
        assert self.delivery.settled == verdict.settled
        # Whatever happens, it is about this claim and sent under this one key.
        assert (verdict.settled.recipient, verdict.settled.claimed_at) == ("7", "111")
        assert {send[1:] for send in self.gateway.sends} == {("1001", "7", KEY)}
        assert self.renewed or {send[0] for send in self.gateway.sends} == {"token"}
        assert self.ready_calls == len(self.gateway.sends)
        return verdict


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


async def test_a_rate_limit_is_waited_for_and_shown() -> None:
    attempt = Try(RateLimited(12.5), Sent(), honours_keys=False)
    verdict = await attempt.send()
    assert verdict.settled.outcome is Outcome.SENT
    assert sum(attempt.waited) == 12.5
    assert attempt.waited == [NOTE_INTERVAL, NOTE_INTERVAL, 2.5]
    assert [message for message, _ in attempt.notes] == [
        f"The gateway asks to wait, going on in {left} s" for left in (13, 8, 3)
    ]


async def test_a_rate_limit_uses_up_no_try() -> None:
    answers = [RateLimited(1)] * (TRIES_MAX * 3)
    attempt = Try(*answers, Sent(), honours_keys=False)
    verdict = await attempt.send()
    assert verdict.settled.outcome is Outcome.SENT
    assert attempt.waited == [1] * len(answers)


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
