"""What devices and workers do to an account, with what does not matter filled in."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.identity import Identity
from alphasync.domain.runs import ProcessingType
from alphasync.protocol.acknowledgements import DraftStored, FailedListed
from alphasync.protocol.device_commands import RenameDevice, SignOutDevice
from alphasync.protocol.draft_commands import ClearMessage, UpdateMessage
from alphasync.protocol.list_commands import (
    AddDoNotContact,
    ClearBlocklist,
    ListBlocklist,
    ListDoNotContact,
    RemoveDoNotContact,
    RemoveFromBlocklist,
    ResolveUncertain,
)
from alphasync.protocol.run_commands import ListFailed, StartProcessing, StopProcessing
from alphasync.services import messaged
from alphasync.services.blocklist import Blocklist
from alphasync.services.do_not_contact import Changed, DoNotContact, Listed
from alphasync.services.drafts import Drafts
from alphasync.services.failed import Failed
from alphasync.services.own_devices import OwnDevices
from alphasync.services.progress import NOTHING, Outcome, Progress, Settled
from alphasync.services.runs import Runs, Ticket
from alphasync.services.uncertain import Uncertain

PROFILE = "1001"


class Deeds:
    """The bench inherits from it, and has the services."""

    who: Identity
    own_devices: OwnDevices
    runs: Runs
    progress: Progress
    drafts: Drafts
    blocklist: Blocklist
    do_not_contact: DoNotContact
    uncertain: Uncertain
    messaged_before: messaged.MessagedBefore
    failed: Failed

    async def rename(self, name: str, device: str, who: Identity | None = None) -> None:
        await self.own_devices.rename(who or self.who, device, RenameDevice(name=name))

    async def sign_out(self, device: str, who: Identity | None = None) -> str:
        command = SignOutDevice(device_id=device)
        return await self.own_devices.sign_out(who or self.who, "mine", command)

    async def start(
        self,
        profile: str = PROFILE,
        type_: ProcessingType = "chat",
        device: str = "d1",
        *,
        detached: bool = False,
        only: Literal["failed"] | UnsetType = UNSET,
    ) -> Ticket:
        command = StartProcessing(
            profile_id=profile,
            type=type_,
            message="Hello " * 30,
            detached=detached,
            only=only,
        )
        return await self.runs.start(self.who, device, command)

    async def stop(self, profile: str = PROFILE, device: str = "d2") -> None:
        await self.runs.stop(self.who, device, StopProcessing(profile_id=profile, type="chat"))

    async def type(self, text: str, profile: str = PROFILE, device: str = "d1") -> int:
        """Without a base, as the existing client does."""
        return (await self.write(text, UNSET, device, profile))["revision"]

    async def write(
        self,
        text: str,
        base: int | UnsetType,
        device: str = "d1",
        profile: str = PROFILE,
        caret: int | UnsetType = UNSET,
    ) -> DraftStored:
        command = UpdateMessage(
            profile_id=profile, type="chat", message=text, base=base, caret=caret
        )
        return await self.drafts.update(self.who, device, command)

    async def mail(self, text: str, profile: str = PROFILE, device: str = "d1") -> int:
        command = UpdateMessage(profile_id=profile, type="mail", message=text)
        return (await self.drafts.update(self.who, device, command))["revision"]

    async def empty(self, profile: str = PROFILE, device: str = "d1") -> int:
        command = ClearMessage(profile_id=profile, type="chat")
        return (await self.drafts.clear(self.who, device, command))["revision"]

    async def forget(self, profile: str = PROFILE, type_: ProcessingType = "chat") -> int:
        command = ClearBlocklist(profile_id=profile, type=type_)
        return await self.blocklist.clear(self.who, "d1", command)

    async def messaged(self, cursor: str | None = None, find: str | None = None) -> messaged.Listed:
        command = ListBlocklist(profile_id=PROFILE, type="chat", cursor=cursor, find=find)
        return await self.messaged_before.listed(self.who, command)

    async def unblock(self, recipient: str) -> tuple[bool, int]:
        command = RemoveFromBlocklist(profile_id=PROFILE, type="chat", recipient_id=recipient)
        return await self.messaged_before.remove(self.who, "d1", command)

    async def avoid(self, recipient: str, note: str = "", who: Identity | None = None) -> Changed:
        command = AddDoNotContact(recipient_id=recipient, note=note)
        return await self.do_not_contact.add(who or self.who, "d1", command)

    async def allow(self, recipient: str) -> Changed:
        command = RemoveDoNotContact(recipient_id=recipient)
        return await self.do_not_contact.remove(self.who, "d1", command)

    async def avoided(self, cursor: str | None = None, find: str | None = None) -> Listed:
        command = ListDoNotContact(cursor=cursor, find=find)
        return await self.do_not_contact.listed(self.who, command)

    async def resolve(self, action: str, recipient: str | None = None) -> int:
        payload = {"profileId": PROFILE, "type": "chat", "action": action}
        if recipient is not None:
            payload["recipientId"] = recipient
        command = msgspec.convert(payload, ResolveUncertain)
        return await self.uncertain.resolve(self.who, "d1", command)

    async def plan(self, ticket: Ticket, total: int, skipped: int = 0) -> None:
        await self.progress.plan(ticket, total, skipped, "Planned", honours_keys=False)

    async def claim(
        self, ticket: Ticket, number: int, recipient: str, settled: Settled = NOTHING
    ) -> Settled:
        """Claim a recipient; the result is what to settle it with as sent."""
        name = f"Name of {recipient}"
        step = await self.progress.step(ticket, number, settled, recipient, name, "page")
        at = step.claimed_at
        assert at is not None, f"{recipient} was on the blocklist"
        return Settled(recipient, Outcome.SENT, at, f"Messaged {recipient}")

    async def list_failed(self, cursor: int | None = None) -> FailedListed:
        command = ListFailed(profile_id=PROFILE, type="chat", cursor=cursor)
        return await self.failed.listed(self.who, command)

    async def failed_ids(self) -> list[str]:
        """On the first page."""
        return [recipient["id"] for recipient in (await self.list_failed())["recipients"]]


def became(settled: Settled, outcome: Outcome) -> Settled:
    """The same recipient with another end."""
    return msgspec.structs.replace(
        settled, outcome=outcome, message=f"{settled.recipient} {outcome}"
    )
