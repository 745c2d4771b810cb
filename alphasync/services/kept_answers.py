"""What a call with an idempotency key was answered: who asks again under it, as no answer came, is
told the same, and nothing is done twice."""

import contextlib
import hashlib
from collections.abc import Awaitable, Callable

import msgspec

from alphasync.domain.identity import Identity
from alphasync.errors import (
    AlphasyncError,
    IdempotencyKeyReused,
    StillWorking,
    StoreUnavailable,
    UnknownOutcome,
)
from alphasync.store import keys
from alphasync.store.scripts.account_calls import answer_begin, answer_keep
from alphasync.store.scripts.calls import Scripts

_UNKNOWN = msgspec.json.encode({"ok": False, "code": UnknownOutcome.code})
"""Kept where nobody knows what became of a call: a server that reads it as an answer gives it as it
is."""


class KeptAnswers:
    """``most``: of one account; the oldest make room."""

    def __init__(self, scripts: Scripts, most: int) -> None:
        self._scripts = scripts
        self._most = most

    async def once(
        self, who: Identity, key: str, asked: bytes, do: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """The answer of ``do``, or what it was under this key. ``asked``: what is asked for, all
        of it.

        What is refused is not kept, as nothing was done. That it is not known is: done once more it
        might be done twice. Raises IdempotencyKeyReused and StillWorking, and what ``do`` raises.
        """
        names = keys.of_account(who.account)
        name = _digest(msgspec.json.encode((who.sign_in or who.token_hash, key)))
        fingerprint = _digest(asked)
        begun = await self._scripts.call(
            answer_begin(names, key=name, fingerprint=fingerprint, most=self._most)
        )
        if begun.outcome == "KNOWN":
            answer = begun.text(1).encode()
            if answer == _UNKNOWN:
                raise UnknownOutcome
            return answer
        if begun.outcome == "OTHER":
            raise IdempotencyKeyReused
        if begun.outcome == "PENDING":
            raise StillWorking
        try:
            answer = await do()
        except UnknownOutcome:
            await self._keep(who.account, name, fingerprint, _UNKNOWN)
            raise
        except AlphasyncError:
            await self._keep(who.account, name, fingerprint, b"")
            raise
        await self._keep(who.account, name, fingerprint, answer)
        return answer

    async def _keep(self, account: str, name: str, fingerprint: str, answer: bytes) -> None:
        """Where Redis does not take it, who asks again is told to wait, and then asks anew."""
        with contextlib.suppress(StoreUnavailable):
            await self._scripts.call(
                answer_keep(
                    keys.of_account(account), key=name, fingerprint=fingerprint, answer=answer
                )
            )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]
