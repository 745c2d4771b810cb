"""Storing the texts of drafts: those of several hands are merged.

The usual text is made from the one that is there, and is stored in one round trip. Where others
have written since, the script stores nothing and says what they have; the change is moved over
theirs here, and stored if nobody was faster.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from msgspec import UNSET

from alphasync.domain.drafts import in_browser
from alphasync.domain.events import MessageCleared, MessageUpdated
from alphasync.domain.written import (
    Base,
    Merged,
    Stored,
    Written,
    base_of,
    guess_base,
    history_of,
    merged,
)
from alphasync.errors import StoreUnavailable, TooManyDrafts
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import DraftStored
from alphasync.protocol.draft_commands import check_draft_length
from alphasync.services.bounds import AccountBounds
from alphasync.store.keys import ProfileKeys
from alphasync.store.scripts.account_calls import draft_set
from alphasync.store.scripts.calls import Answer, Scripts

TRIES_MAX = 32
"""Times that a text is merged with what others have stored meanwhile. The last time it is stored
whatever they do."""


class Typed(msgspec.Struct, frozen=True):
    """A text as it came. ``base``: the revision that it was made from; None where that is to be
    guessed, and the device told of what is stored. ``caret``: where in the text the change ends;
    None where that is not said."""

    names: ProfileKeys
    operator_id: str
    event: MessageUpdated
    base: int | None
    caret: int | None = None


class Moved(msgspec.Struct, frozen=True):
    """What a draft has become. ``history``: not empty, oldest first."""

    now: int
    history: list[Written]

    @property
    def present(self) -> Written:
        return self.history[-1]

    def newest_of(self, device_id: str) -> int:
        """The revision that a device stored last; 0 where that is not known."""
        return max((w.revision for w in self.history if w.device_id == device_id), default=0)


class _Line:
    """Those who store texts of a draft by this server. They merge one after the other."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.failures = 0
        self.stored: dict[str, int] = {}
        """What each device has stored in its turn: a revision."""


class Texts:
    def __init__(self, scripts: Scripts, bounds: AccountBounds) -> None:
        self._scripts = scripts
        self._bounds = bounds
        self._lines: dict[str, _Line] = {}

    async def store(self, typed: Typed) -> DraftStored:
        """Store a text. Raises MessageTooLong, TooManyDrafts or StoreUnavailable.

        The first try enters the pipeline before this first awaits anything. So the texts of a
        device come into line in the order in which it sent them.
        """
        line = self._lines.get(typed.names.draft)
        if line is None:
            line = self._lines[typed.names.draft] = _Line()
        line.users += 1
        failures = line.failures
        try:
            moved = await self._try(typed)
            if not isinstance(moved, Moved):
                return moved
            async with self._turn(line, failures):
                return await self._merge(typed, moved, line)
        finally:
            line.users -= 1
            if not line.users:
                del self._lines[typed.names.draft]

    @contextlib.asynccontextmanager
    async def _turn(self, line: _Line, failures: int) -> AsyncIterator[None]:
        """Wait for those in front. Raises StoreUnavailable where Redis has not answered one of them
        since there were so many ``failures``: all of them would wait for it in turn."""
        async with line.lock:
            if line.failures > failures:
                raise StoreUnavailable
            try:
                yield
            except StoreUnavailable:
                line.failures += 1
                raise

    async def _merge(self, typed: Typed, moved: Moved, line: _Line) -> DraftStored:
        device = typed.event.device_id
        known = max(moved.newest_of(device), line.stored.get(device, 0))
        for number in range(TRIES_MAX):
            if moved.newest_of(device) > known:
                # A later text of the device, which grew out of this one, or its clear was faster.
                return _acknowledged(typed, moved.present.revision, moved.present.text)
            stored = await self._store_merged(typed, moved, last=number == TRIES_MAX - 1)
            if not isinstance(stored, Moved):
                line.stored[device] = stored["revision"]
                return stored
            moved = stored
        raise AssertionError("the last try stores")

    async def _try(self, typed: Typed) -> "DraftStored | Moved":
        """Store the text if it was made from the one that is there."""
        only_at: int | Literal["own"] = "own" if typed.base is None else typed.base
        answer = await self.put(
            typed.names,
            typed.operator_id,
            typed.event,
            typed.event.message,
            only_at=only_at,
            base=typed.base,
            caret=typed.caret,
        )
        if answer.outcome == "MOVED":
            return _moved(answer, typed.event.device_id, typed.base)
        return {"revision": answer.number(1)}

    async def _store_merged(
        self, typed: Typed, moved: Moved, *, last: bool
    ) -> "DraftStored | Moved":
        device, sent, present = typed.event.device_id, typed.event.message, moved.present
        if typed.base is None:
            base: Base | None = guess_base(moved.history, device, sent, moved.now)
        else:
            base = base_of(moved.history, device, typed.base, sent)
        text, caret = Merged(sent, typed.caret)
        if base is not None:
            text, caret = merged(moved.history, base, device, sent, typed.caret)
        check_draft_length(text)
        if typed.base is not None and text == present.text:
            return _acknowledged(typed, present.revision, text, caret)
        made_from = None
        if base is not None and text != sent:
            made_from = base.heard(moved.history)
        answer = await self.put(
            typed.names,
            typed.operator_id,
            msgspec.structs.replace(
                typed.event, message=text, caret=UNSET if caret is None else in_browser(text, caret)
            ),
            text,
            only_at="any" if last else present.revision,
            base=typed.base,
            skip="" if typed.base is None and text != sent else device,
            sent=sent if made_from is not None else "",
            made_from=made_from,
            caret=caret,
        )
        if answer.outcome == "MOVED":
            return _moved(answer, typed.event.device_id, typed.base)
        stored = _acknowledged(typed, answer.number(1), text, caret)
        if base is None and present.text not in ("", text):
            stored["replaced"] = present.text
        return stored

    async def put(
        self,
        names: ProfileKeys,
        operator_id: str,
        event: MessageUpdated | MessageCleared,
        text: str,
        *,
        ends: Literal["yes", "no"] = "no",
        only_at: int | Literal["own", "any"] = "any",
        base: int | None = None,
        skip: str | None = None,
        sent: str = "",
        made_from: int | None = None,
        caret: int | None = None,
    ) -> Answer:
        """Store a text whatever it was made from, unless ``only_at`` says otherwise (see the
        script). ``caret``: where in it the change ends. Raises TooManyDrafts."""
        answer = await self._scripts.call(
            draft_set(
                names,
                device=event.device_id,
                operator=operator_id,
                message=text,
                ends=ends,
                versions_most=self._bounds.versions,
                versions_room=self._bounds.version_bytes,
                most=self._bounds.drafts,
                head=packets.head(event),
                base="" if base is None else base,
                only_at=only_at,
                skip=event.device_id if skip is None else skip,
                sent=sent,
                made_from="" if made_from is None else made_from,
                caret="" if caret is None else len(text[:caret].encode()),
            )
        )
        if answer.outcome == "FULL":
            raise TooManyDrafts
        return answer


def _acknowledged(typed: Typed, revision: int, text: str, caret: int | None = None) -> DraftStored:
    if text == typed.event.message:
        return {"revision": revision}
    stored: DraftStored = {"revision": revision, "message": text}
    if caret is not None:
        stored["caret"] = in_browser(text, caret)
    return stored


def _moved(answer: Answer, device_id: str, base: int | None) -> Moved:
    """What a draft has become, by the script's answer."""
    present = Written(answer.number(2), answer.text(3), answer.number(4), answer.text(5))
    edits = [_stored(edit) for edit in answer.lists(6)]
    history = history_of(present, edits, device_id, base)
    if base == 0:
        history.insert(0, Written(0, "", 0, ""))
    return Moved(answer.number(1), history)


def _stored(edit: Answer) -> Stored:
    return Stored(
        *(edit.number(0), edit.text(1), edit.number(2)),
        *(edit.number(3), edit.text(4), edit.number(5)),
        *((edit.number(6), edit.number(7), edit.number(8), edit.text(9)) if len(edit) > 6 else ()),
    )
