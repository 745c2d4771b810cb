"""The list of what was delivered: the truth that a test of "at most once" counts from."""

import time

import msgspec

from alphasync.gateway.port import Attachment


class Delivery(msgspec.Struct, frozen=True, rename="camel"):
    """One message that reached its recipient. `at`: milliseconds since the Unix epoch."""

    profile_id: str
    type: str
    recipient_id: str
    message: str
    attachments: tuple[Attachment, ...]
    idempotency_key: str | None
    at: int


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a delivered message; the first answer again where a key came again."""

    id: int
    replayed: bool


class DeliveryLog:
    """All deliveries since the start or the last `clear`, in the order in which they came.

    It is unbounded on purpose: a list that forgets could not prove that nobody was messaged twice.
    """

    def __init__(self) -> None:
        self._deliveries: list[Delivery] = []
        self._first_answers: dict[tuple[str, str], int] = {}

    @property
    def deliveries(self) -> list[Delivery]:
        """A copy of the list."""
        return list(self._deliveries)

    def record(
        self,
        profile_id: str,
        type: str,
        recipient_id: str,
        message: str,
        attachments: tuple[Attachment, ...],
        idempotency_key: str | None,
        *,
        honour_key: bool,
    ) -> Receipt:
        """Deliver one message: the only place that adds to the list.

        Synchronous, so that no other request, cancelled handler or shutdown can come between
        looking the key up and noting the delivery. With `honour_key`, a key that this profile has
        used delivers nothing. Keys are noted also while they are not honoured.
        """
        key = None if idempotency_key is None else (profile_id, idempotency_key)
        if honour_key and key is not None and key in self._first_answers:
            return Receipt(self._first_answers[key], replayed=True)
        self._deliveries.append(
            Delivery(
                profile_id,
                type,
                recipient_id,
                message,
                attachments,
                idempotency_key,
                at=time.time_ns() // 1_000_000,
            )
        )
        number = len(self._deliveries)
        if key is not None:
            self._first_answers.setdefault(key, number)
        return Receipt(number, replayed=False)

    def clear(self) -> None:
        """Forget everything, keys included: as if the sandbox had just been started."""
        self._deliveries.clear()
        self._first_answers.clear()
