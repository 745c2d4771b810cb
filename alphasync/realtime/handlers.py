"""The commands: each takes who acts, calls one service and returns its result."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from alphasync.protocol import acknowledgements as acks
from alphasync.protocol import (
    commands,
    device_commands,
    draft_commands,
    list_commands,
    plan_commands,
    run_commands,
    version_commands,
)
from alphasync.realtime.sessions import Session
from alphasync.services.acting import Acting
from alphasync.services.blocklist import Blocklist
from alphasync.services.devices import Devices
from alphasync.services.do_not_contact import DoNotContact
from alphasync.services.drafts import Drafts
from alphasync.services.failed import Failed
from alphasync.services.listed_profiles import ListedProfiles
from alphasync.services.messaged import MessagedBefore
from alphasync.services.own_devices import OwnDevices
from alphasync.services.plans import Plans
from alphasync.services.previews import Previews
from alphasync.services.pushes import Pushes
from alphasync.services.run_texts import RunTexts
from alphasync.services.runs import Runs
from alphasync.services.uncertain import Uncertain
from alphasync.services.versions import Versions

Result = Mapping[str, object]
"""What the acknowledgement says besides ``ok``: the command's ``answer``."""
C = TypeVar("C", bound=commands.Command)
A = TypeVar("A", bound=Acting)
Handler = Callable[["Handlers", A, C], Awaitable[Result]]

REGISTRY: dict[str, tuple[type[commands.Command], Handler[Any, Any]]] = {}
"""Event name to payload model and handler: the one place where they are bound, for sockets and for
HTTP. Only those that ``needs_device`` are handed a session."""


def handles(model: type[C]) -> Callable[[Handler[A, C]], Handler[A, C]]:
    """Bind a handler to the event name and the payload of ``model``."""

    def bind(handler: Handler[A, C]) -> Handler[A, C]:
        REGISTRY[model.event_name] = (model, handler)
        return handler

    return bind


class Handlers:
    def __init__(
        self,
        runs: Runs,
        plans: Plans,
        previews: Previews,
        run_texts: RunTexts,
        drafts: Drafts,
        versions: Versions,
        blocklist: Blocklist,
        messaged: MessagedBefore,
        do_not_contact: DoNotContact,
        uncertain: Uncertain,
        failed: Failed,
        devices: Devices,
        listed: ListedProfiles,
        own_devices: OwnDevices,
        pushes: Pushes,
        sign_off: Callable[[str], Awaitable[None]],
    ) -> None:
        self._runs = runs
        self._plans = plans
        self._previews = previews
        self._run_texts = run_texts
        self._drafts = drafts
        self._versions = versions
        self._blocklist = blocklist
        self._messaged = messaged
        self._do_not_contact = do_not_contact
        self._uncertain = uncertain
        self._failed = failed
        self._devices = devices
        self._listed = listed
        self._own_devices = own_devices
        self._pushes = pushes
        self._sign_off = sign_off

    @handles(run_commands.PreviewRun)
    async def preview(self, acting: Acting, command: run_commands.PreviewRun) -> acks.RunPreviewed:
        return await self._previews.preview(acting.who, command)

    @handles(run_commands.StartProcessing)
    async def start(self, acting: Acting, command: run_commands.StartProcessing) -> acks.RunStarted:
        self._listed.check(acting.who, command.profile)
        ticket = await self._runs.start(acting.who, acting.device_id, command)
        return {"runId": ticket.run_id, "startedAt": ticket.started_at}

    @handles(run_commands.ReadRun)
    async def read_run(self, acting: Acting, command: run_commands.ReadRun) -> acks.RunRead:
        return await self._run_texts.read(acting.who, command)

    @handles(run_commands.StopProcessing)
    async def stop(self, acting: Acting, command: run_commands.StopProcessing) -> acks.Done:
        await self._runs.stop(acting.who, acting.device_id, command)
        return {}

    @handles(run_commands.PauseProcessing)
    async def pause(self, acting: Acting, command: run_commands.PauseProcessing) -> acks.Done:
        await self._runs.pause(acting.who, acting.device_id, command)
        return {}

    @handles(run_commands.ResumeProcessing)
    async def resume(self, acting: Acting, command: run_commands.ResumeProcessing) -> acks.Done:
        await self._runs.resume(acting.who, acting.device_id, command)
        return {}

    @handles(run_commands.TakeOverProcessing)
    async def take_over(
        self, acting: Acting, command: run_commands.TakeOverProcessing
    ) -> acks.Done:
        await self._runs.take_over(acting.who, acting.device_id, command)
        return {}

    @handles(run_commands.StopAllProcessing)
    async def stop_all(self, acting: Acting, _: run_commands.StopAllProcessing) -> acks.RunsStopped:
        return {"stopped": await self._runs.stop_all(acting.who, acting.device_id)}

    @handles(plan_commands.PlanRun)
    async def plan_run(self, acting: Acting, command: plan_commands.PlanRun) -> acks.PlanMade:
        self._listed.check(acting.who, command.profile)
        return {"planId": await self._plans.plan(acting.who, acting.device_id, command)}

    @handles(plan_commands.ChangePlan)
    async def change_plan(self, acting: Acting, command: plan_commands.ChangePlan) -> acks.Done:
        await self._plans.change(acting.who, acting.device_id, command)
        return {}

    @handles(plan_commands.CancelPlan)
    async def cancel_plan(self, acting: Acting, command: plan_commands.CancelPlan) -> acks.Done:
        await self._plans.cancel(acting.who, acting.device_id, command)
        return {}

    @handles(draft_commands.UpdateMessage)
    async def update_message(
        self, acting: Acting, command: draft_commands.UpdateMessage
    ) -> acks.DraftStored:
        return await self._drafts.update(acting.who, acting.device_id, command)

    @handles(draft_commands.ClearMessage)
    async def clear_message(
        self, acting: Acting, command: draft_commands.ClearMessage
    ) -> acks.DraftEmptied:
        return await self._drafts.clear(acting.who, acting.device_id, command)

    @handles(version_commands.ListVersions)
    async def list_versions(
        self, acting: Acting, command: version_commands.ListVersions
    ) -> acks.VersionsListed:
        return {"versions": await self._versions.listed(acting.who, command)}

    @handles(version_commands.ReadVersion)
    async def read_version(
        self, acting: Acting, command: version_commands.ReadVersion
    ) -> acks.VersionRead:
        text = await self._versions.read(acting.who, command)
        return {"version": command.version, "message": text}

    @handles(version_commands.RestoreVersion)
    async def restore_version(
        self, acting: Acting, command: version_commands.RestoreVersion
    ) -> acks.VersionRestored:
        return await self._versions.restore(acting.who, acting.device_id, command)

    @handles(draft_commands.UpdateAttachments)
    async def update_attachments(
        self, acting: Acting, command: draft_commands.UpdateAttachments
    ) -> acks.AttachmentsStored:
        return await self._drafts.attach(acting.who, acting.device_id, command)

    @handles(list_commands.ClearBlocklist)
    async def clear_blocklist(
        self, acting: Acting, command: list_commands.ClearBlocklist
    ) -> acks.BlocklistEmptied:
        deleted = await self._blocklist.clear(acting.who, acting.device_id, command)
        return {"deletedCount": deleted}

    @handles(list_commands.CountBlocklist)
    async def count_blocklist(
        self, acting: Acting, command: list_commands.CountBlocklist
    ) -> acks.BlocklistCounted:
        return {"count": await self._blocklist.count(acting.who, command)}

    @handles(list_commands.ListBlocklist)
    async def list_blocklist(
        self, acting: Acting, command: list_commands.ListBlocklist
    ) -> acks.BlocklistListed:
        listed = await self._messaged.listed(acting.who, command)
        return {
            "recipients": listed.recipients,
            "runs": listed.runs,
            "next": listed.place.cursor,
            "count": listed.in_all,
        }

    @handles(list_commands.RemoveFromBlocklist)
    async def remove_from_blocklist(
        self, acting: Acting, command: list_commands.RemoveFromBlocklist
    ) -> acks.BlocklistRemoved:
        removed, count = await self._messaged.remove(acting.who, acting.device_id, command)
        return {"removed": removed, "count": count}

    @handles(list_commands.AddDoNotContact)
    async def add_do_not_contact(
        self, acting: Acting, command: list_commands.AddDoNotContact
    ) -> acks.DoNotContactAdded:
        done = await self._do_not_contact.add(acting.who, acting.device_id, command)
        return {"added": done.number > 0, "count": done.in_all}

    @handles(list_commands.RemoveDoNotContact)
    async def remove_do_not_contact(
        self, acting: Acting, command: list_commands.RemoveDoNotContact
    ) -> acks.DoNotContactRemoved:
        done = await self._do_not_contact.remove(acting.who, acting.device_id, command)
        return {"removed": done.number > 0, "count": done.in_all}

    @handles(list_commands.ListDoNotContact)
    async def list_do_not_contact(
        self, acting: Acting, command: list_commands.ListDoNotContact
    ) -> acks.DoNotContactListed:
        listed = await self._do_not_contact.listed(acting.who, command)
        return {
            "recipients": listed.recipients,
            "next": listed.place.cursor,
            "count": listed.in_all,
        }

    @handles(run_commands.ListFailed)
    async def list_failed(
        self, acting: Acting, command: run_commands.ListFailed
    ) -> acks.FailedListed:
        return await self._failed.listed(acting.who, command)

    @handles(list_commands.ListUncertain)
    async def list_uncertain(
        self, acting: Acting, command: list_commands.ListUncertain
    ) -> acks.UncertainListed:
        listed = await self._uncertain.listed(acting.who, command)
        answer: acks.UncertainListed = {"recipients": listed.recipients, "more": listed.more}
        if listed.cursor:
            answer["cursor"] = listed.cursor
        return answer

    @handles(list_commands.ResolveUncertain)
    async def resolve_uncertain(
        self, acting: Acting, command: list_commands.ResolveUncertain
    ) -> acks.UncertainDecided:
        count = await self._uncertain.resolve(acting.who, acting.device_id, command)
        return {"count": count}

    @handles(device_commands.RenameDevice)
    async def rename_device(
        self, acting: Acting, command: device_commands.RenameDevice
    ) -> acks.DeviceRenamed:
        await self._own_devices.rename(acting.who, acting.device_id, command)
        return {"name": command.name}

    @handles(device_commands.SignOutDevice)
    async def sign_out_device(
        self, acting: Acting, command: device_commands.SignOutDevice
    ) -> acks.Done:
        signed_out = await self._own_devices.sign_out(acting.who, acting.device_id, command)
        if signed_out:
            await self._sign_off(signed_out)
        await self._pushes.forget(acting.who.account, command.device_id)
        return {}

    @handles(device_commands.SubscribePush)
    async def subscribe(
        self, session: Session, command: device_commands.SubscribePush
    ) -> acks.Done:
        await self._pushes.subscribe(session.who, session.device_id, command)
        return {}

    @handles(device_commands.UnsubscribePush)
    async def unsubscribe(self, session: Session, _: device_commands.UnsubscribePush) -> acks.Done:
        await self._pushes.forget(session.who.account, session.device_id)
        return {}

    @handles(commands.Heartbeat)
    async def heartbeat(self, session: Session, _: commands.Heartbeat) -> acks.Done:
        await self._devices.touch(session.who, session.sid, session.device_id)
        return {}
