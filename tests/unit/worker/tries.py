"""Tries to message one recipient, with a gateway that answers as it is told, in no real time."""

from collections.abc import Iterator
from typing import Any, cast

from alphasync.gateway import port
from alphasync.gateway.port import (
    Gateway,
    NotSent,
    SendResult,
    Unknown,
)
from alphasync.services.progress import Outcome
from alphasync.worker.sending import (
    Delivery,
    Verdict,
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
        self.told_waits: list[float] = []
        self.token: str | None = "token"
        self.others: Iterator[str | None] = iter(())
        """What each refused token is followed by; None: by none."""
        self.renewed: list[str] = []
        self.ready_calls = 0
        self.end_at_note = 0
        """Which call of ``note`` says that the run has ended."""
        self.end_at_ready = 0
        self.withhold_at_ready = 0
        """Which call of ``ready`` finds the run paused."""
        message = port.Message(type="chat", recipient_id="7", text="Hello", attachments=())
        self.delivery = Delivery(
            message, "Nora", "111", honours_keys=honours_keys, maybe_sent=maybe_sent
        )

    async def ready(self) -> None:
        self.ready_calls += 1
        if self.ready_calls == self.end_at_ready:
            raise Ended

    @property
    def withheld(self) -> bool:
        return self.ready_calls == self.withhold_at_ready

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def renew(self, error: str) -> bool:
        self.renewed.append(error)
        self.token = next(self.others, self.token)
        return self.token is not None

    async def note(self, message: str, error: str | None, *, wait: float = 0.0) -> None:
        self.notes.append((message, error))
        self.told_waits.append(wait)
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
        given_back = verdict.settled.outcome is Outcome.RELEASED and verdict.ends_run is None
        assert self.ready_calls == len(self.gateway.sends) + given_back
        return verdict
