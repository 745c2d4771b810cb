"""Drafts: the text as it is typed, and what goes with a mail."""

import msgspec
from msgspec import UnsetType

from alphasync.domain import events
from alphasync.domain.drafts import ATTACHMENTS_MAX, from_browser, in_browser
from alphasync.domain.identity import Identity
from alphasync.errors import TooManyAttachments, TooManyDrafts
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import (
    Attached,
    AttachmentsStored,
    DraftEmptied,
    DraftStored,
)
from alphasync.protocol.commands import ProfileCommand
from alphasync.protocol.draft_commands import (
    ClearMessage,
    UpdateAttachments,
    UpdateMessage,
    check_draft_length,
    check_links,
)
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.texts import Texts, Typed
from alphasync.store import keys
from alphasync.store.scripts.account_calls import draft_attach
from alphasync.store.scripts.calls import Scripts


class Drafts:
    def __init__(self, scripts: Scripts, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._bounds = bounds
        self._texts = Texts(scripts, bounds)

    async def update(self, who: Identity, device_id: str, command: UpdateMessage) -> DraftStored:
        """Store the text, merged with what others have typed, and tell the devices.

        Raises UnknownProfile, MessageTooLong or TooManyDrafts.
        """
        profile = command.profile
        who.check_profile(profile)
        check_draft_length(command.message)
        said, caret = command.caret, None
        if not isinstance(said, UnsetType):
            caret = from_browser(command.message, said)
            if caret != said:  # nobody is to cut a character there
                said = in_browser(command.message, caret)
        event = events.MessageUpdated(
            profile_id=profile,
            type=command.type,
            message=command.message,
            caret=said,
            device_id=device_id,
            operator_id=who.teammate,
        )
        base = None if isinstance(command.base, UnsetType) else command.base
        names = keys.of_profile(who.account, command.type, profile)
        return await self._texts.store(Typed(names, who.operator_id, event, base, caret))

    async def clear(self, who: Identity, device_id: str, command: ClearMessage) -> DraftEmptied:
        """Empty the text of the draft everywhere. Raises UnknownProfile."""
        who.check_profile(command.profile)
        event = events.MessageCleared(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            operator_id=who.teammate,
        )
        names = keys.of_profile(who.account, command.type, command.profile)
        stored = await self._texts.put(names, who.operator_id, event, "")
        cleared: DraftEmptied = {"revision": stored.number(1)}
        if version := stored.text(3):
            cleared["version"] = int(version)
        return cleared

    async def replace(self, who: Identity, device_id: str, about: ProfileCommand, text: str) -> int:
        """Put another text in the place of the one that is there, which becomes a version; returns
        the revision. Raises UnknownProfile or TooManyDrafts.
        """
        who.check_profile(about.profile)
        event = events.MessageUpdated(
            profile_id=about.profile,
            type=about.type,
            message=text,
            device_id=device_id,
            operator_id=who.teammate,
        )
        names = keys.of_profile(who.account, about.type, about.profile)
        stored = await self._texts.put(names, who.operator_id, event, text, ends="yes")
        return stored.number(1)

    async def attach(
        self, who: Identity, device_id: str, command: UpdateAttachments
    ) -> AttachmentsStored:
        """Store what goes with the mail, put together with what others did, and tell all devices.

        Raises UnknownProfile, WrongLink, TooManyAttachments or TooManyDrafts.
        """
        profile = command.profile
        who.check_profile(profile)
        check_links(command.attachments)
        event = events.AttachmentsUpdated(
            profile_id=profile, type=command.type, device_id=device_id, operator_id=who.teammate
        )
        base = command.base
        answer = await self._scripts.call(
            draft_attach(
                keys.of_profile(who.account, command.type, profile),
                device=device_id,
                wanted=msgspec.json.encode(command.attachments),
                base=b"" if base is None else msgspec.json.encode(base),
                places=ATTACHMENTS_MAX,
                most=self._bounds.drafts,
                head=packets.head(event),
            )
        )
        match answer.outcome:
            case "CROWDED":
                raise TooManyAttachments
            case "FULL":
                raise TooManyDrafts
        stored = msgspec.json.decode(answer.text(2), type=list[Attached])
        return {"attachments": stored, "revision": answer.number(1)}
