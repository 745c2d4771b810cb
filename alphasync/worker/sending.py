"""Sending one claimed recipient's message: the answers of a gateway and what follows from each."""

import math
import random
from typing import Protocol

import msgspec

from alphasync.gateway import port
from alphasync.services.progress import Outcome, Settled

TRIES_MAX = 8
"""Tries for one recipient before the run ends: with the waits between them about a minute."""
WAIT_MAX = 20.0
"""Seconds between two tries, at most."""
ASKED_MIN = 0.2
"""Seconds of waiting when the gateway asks for less: not to ask in a tight circle."""
NOTE_EVERY = 5.0
"""Seconds of waiting between two lines of text that say how long it takes."""


class Verdict(msgspec.Struct, frozen=True):
    """What became of a recipient, and whether the run can go on after it."""

    settled: Settled
    ends_run: str | None = None
    """Why the run ends: text for people."""
    code: str = ""


class Runner(Protocol):
    """The run that a delivery belongs to. Each call raises Superseded when the run has ended and
    HandedOver when this replica shuts down; then ``given_up`` of the delivery holds."""

    async def ready(self) -> None:
        """Return when this runner may send."""

    async def note(self, message: str, error: str | None) -> None:
        """Show a line of text, and an error, on all devices."""

    async def renew(self, error: str) -> bool:
        """Get another token for one that is refused; False when there can be none."""

    @property
    def token(self) -> str | None:
        """The gateway's token of the run."""

    async def wait(self, seconds: float) -> None:
        """Let time pass."""


class Delivery:
    """One claimed recipient, until it is known what became of them."""

    def __init__(
        self,
        message: port.Message,
        shown: str,
        claimed_at: str,
        *,
        honours_keys: bool,
        maybe_sent: bool = False,
    ) -> None:
        """``maybe_sent``: an earlier runner may have sent it under the same key."""
        self._message = message
        self._shown = shown
        self._claimed_at = claimed_at
        self._honours_keys = honours_keys
        self._maybe_sent = maybe_sent
        self.given_up = (
            self._settled(Outcome.UNCERTAIN, f"{shown} may have been messaged")
            if maybe_sent
            else self._settled(Outcome.RELEASED, f"{shown} was not messaged")
        )
        """What holds if it is not tried again from here on."""

    async def send(
        self,
        gateway: port.Gateway,
        profile: str,
        key: str,
        runner: Runner,
    ) -> Verdict:
        """Send, and try again where it is certain that this cannot message anybody twice."""
        attempt = 0
        while attempt < TRIES_MAX:
            await runner.ready()
            result = await gateway.send(runner.token, profile, self._message, key)
            match result:
                case port.RateLimited(retry_after):
                    await _wait_as_asked(max(retry_after, ASKED_MIN), runner)
                    continue  # it answers: no try is used up
                case port.NotAuthorised(reason):
                    if not await runner.renew(reason):
                        return self._verdict(result)
                    continue
                case port.NotSent(reason):
                    pass
                case port.Unknown(reason):
                    self._maybe_sent = True
                    text = f"{self._shown} may have been messaged: the gateway did not answer"
                    self.given_up = self._settled(Outcome.UNCERTAIN, text, reason)
                    if not self._honours_keys:
                        return Verdict(self.given_up)
                case _:
                    return self._verdict(result)
            attempt += 1
            await runner.note(f"The gateway does not answer, trying again ({attempt})", reason)
            await runner.wait(pause(attempt))
        text = "The gateway does not answer"
        return Verdict(self.given_up, ends_run=text, code="gateway_unavailable")

    def _verdict(
        self, result: port.Sent | port.AlreadySent | port.RecipientRefused | port.RunRefused
    ) -> Verdict:
        shown = self._shown
        match result:
            case port.Sent():
                return Verdict(self._settled(Outcome.SENT, f"Messaged {shown}"))
            case port.AlreadySent(says_sent) if self._maybe_sent:
                if says_sent:
                    # It was this run's own try, whose answer got lost.
                    return Verdict(self._settled(Outcome.SENT, f"Messaged {shown}"))
                # The gateway may be at that try still, and it may fail yet.
                error = "The gateway does not say whether it sent the message"
                return Verdict(self._uncertain(error))
            case port.AlreadySent():
                return Verdict(self._settled(Outcome.SKIPPED, f"{shown} was messaged before"))
            case port.RecipientRefused(reason) if self._maybe_sent:
                # Said of this try: the one before it may have arrived.
                return Verdict(self._uncertain(reason))
            case port.RecipientRefused(reason):
                text = f"{shown} could not be messaged"
                return Verdict(self._settled(Outcome.FAILED, text, reason))
            case port.RunRefused(reason):
                return Verdict(self.given_up, ends_run=reason, code="gateway_refused")

    def _uncertain(self, error: str) -> Settled:
        return self._settled(Outcome.UNCERTAIN, f"{self._shown} may have been messaged", error)

    def _settled(self, outcome: Outcome, text: str, error: str | None = None) -> Settled:
        return Settled(self._message.recipient_id, outcome, self._claimed_at, text, error)


async def _wait_as_asked(seconds: float, runner: Runner) -> None:
    left = seconds
    while left > 0:
        await runner.note(f"The gateway asks to wait, going on in {math.ceil(left)} s", None)
        await runner.wait(min(left, NOTE_EVERY))
        left -= NOTE_EVERY


def pause(attempt: int) -> float:
    """Seconds before the next try: doubling from half a second, a quarter more or less."""
    doubling: float = 0.5 * 2 ** (attempt - 1)
    return min(WAIT_MAX, doubling) * random.uniform(0.75, 1.25)
