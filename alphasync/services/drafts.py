"""Drafts: the text as it is typed, and what goes with a mail."""

import msgspec

from alphasync.domain import events
from alphasync.domain.drafts import ATTACHMENTS_MAX
from alphasync.domain.identity import Identity
from alphasync.errors import TooManyAttachments, TooManyDrafts
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import Attached, AttachmentsStored
from alphasync.protocol.commands import ClearMessage, UpdateAttachments, UpdateMessage
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.store import keys
from alphasync.store.scripts.account_calls import draft_attach, draft_set
from alphasync.store.scripts.calls import Scripts


class Drafts:
    def __init__(self, scripts: Scripts, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._most = bounds.drafts

    async def update(self, who: Identity, device_id: str, command: UpdateMessage) -> int:
        """Store the text and tell the other devices; returns the revision.

        Raises UnknownProfile, MessageTooLong or TooManyDrafts.
        """
        profile = command.profile
        who.check_profile(profile)
        command.check_length()
        event = events.MessageUpdated(
            profile_id=profile,
            type=command.type,
            message=command.message,
            device_id=device_id,
        )
        return await self._set(who, event, command.message)

    async def clear(self, who: Identity, device_id: str, command: ClearMessage) -> int:
        """Empty the draft everywhere; returns the revision. Raises UnknownProfile."""
        who.check_profile(command.profile)
        event = events.MessageCleared(
            profile_id=command.profile, type=command.type, device_id=device_id
        )
        return await self._set(who, event, "")

    async def attach(
        self, who: Identity, device_id: str, command: UpdateAttachments
    ) -> AttachmentsStored:
        """Store what goes with the mail, put together with what others did, and tell all devices.

        Raises UnknownProfile, TooManyAttachments or TooManyDrafts.
        """
        profile = command.profile
        who.check_profile(profile)
        event = events.AttachmentsUpdated(
            profile_id=profile, type=command.type, device_id=device_id
        )
        base = command.base
        answer = await self._scripts.call(
            draft_attach(
                keys.of_profile(who.account, command.type, profile),
                device=device_id,
                wanted=msgspec.json.encode(command.attachments),
                base=b"" if base is None else msgspec.json.encode(base),
                places=ATTACHMENTS_MAX,
                most=self._most,
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

    async def _set(
        self, who: Identity, event: events.MessageUpdated | events.MessageCleared, text: str
    ) -> int:
        answer = await self._scripts.call(
            draft_set(
                keys.of_profile(who.account, event.type, event.profile_id),
                device=event.device_id,
                message=text,
                most=self._most,
                head=packets.head(event),
            )
        )
        if answer.outcome == "FULL":
            raise TooManyDrafts
        return answer.number(1)
