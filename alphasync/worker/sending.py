"""Sending one claimed recipient's message: the answers of a gateway and what follows from each."""

import msgspec

from alphasync.gateway import port
from alphasync.services.progress import Outcome, Settled
from alphasync.worker.waiting import RateLimit, WatchedRun, try_again

TRIES_MAX = 8
"""Tries for one recipient before the run ends: with the waits between them about a minute."""


class Verdict(msgspec.Struct, frozen=True):
    """What became of a recipient, and whether the run can go on after it."""

    settled: Settled
    ends_run: str | None = None
    """Why the run ends: text for people."""
    code: str = ""


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
        self.settled = (
            self._settled(Outcome.UNCERTAIN, f"{shown} may have been messaged")
            if maybe_sent
            else self._settled(Outcome.RELEASED, f"{shown} was not messaged")
        )
        """What became of them; until that is known, what holds if it is not tried again."""

    async def send(self, gateway: port.Gateway, profile: str, key: str, run: WatchedRun) -> Verdict:
        """Send, and try again where it is certain that this cannot message anybody twice.

        Gives them back (``RELEASED``) where they are withheld by the time that the gateway may be
        asked again. The run raises NoLongerRunner or HandedOver; ``settled`` says what holds then.
        """
        verdict = await self._send(gateway, profile, key, run)
        self.settled = verdict.settled
        return verdict

    async def _send(
        self, gateway: port.Gateway, profile: str, key: str, run: WatchedRun
    ) -> Verdict:
        attempt = 0
        limit = RateLimit()
        while attempt < TRIES_MAX:
            await run.ready()
            if run.withheld and not self._maybe_sent:
                return Verdict(self.settled)  # given back, to be claimed anew or left out
            result = await gateway.send(run.token, profile, self._message, key)
            match result:
                case port.RateLimited(asked):
                    try:
                        await limit.wait(asked, run)
                    except port.GatewayRateLimited as error:
                        return Verdict(self.settled, ends_run=str(error), code=error.code)
                    continue  # it answers: no try is used up
                case port.NotAuthorised(reason):
                    if not await run.renew(reason):
                        return self._verdict(result)
                    continue
                case port.NotSent(reason, asked):
                    pass
                case port.Unknown(reason, asked):
                    self._maybe_sent = True
                    text = f"{self._shown} may have been messaged: the gateway did not answer"
                    self.settled = self._settled(Outcome.UNCERTAIN, text, reason)
                    if not self._honours_keys:
                        return Verdict(self.settled)
                case _:
                    return self._verdict(result)
            limit = RateLimit()
            attempt += 1
            await try_again(attempt, reason, asked, run)
        text = "The gateway does not answer"
        return Verdict(self.settled, ends_run=text, code="gateway_unavailable")

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
                return Verdict(self.settled, ends_run=reason, code="gateway_refused")

    def _uncertain(self, error: str) -> Settled:
        return self._settled(Outcome.UNCERTAIN, f"{self._shown} may have been messaged", error)

    def _settled(self, outcome: Outcome, text: str, error: str | None = None) -> Settled:
        return Settled(self._message.recipient_id, outcome, self._claimed_at, text, error)
