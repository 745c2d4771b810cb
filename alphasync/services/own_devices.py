"""What an operator does with their devices, and an administrator with those of others, from one of
them: call it otherwise, sign it out."""

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.errors import InvalidPayload, UnknownDevice
from alphasync.protocol import packets
from alphasync.protocol.device_commands import RenameDevice, SignOutDevice
from alphasync.services.audit import acting
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.devices import DISCONNECTED
from alphasync.services.roster import ALL_HEAD, JOINED_HEAD, UPDATED_HEAD, Roster, left_head
from alphasync.store import keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.device_calls import device_rename, device_sign_out


class OwnDevices:
    def __init__(self, scripts: Scripts, roster: Roster, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._roster = roster
        self._listed_most = bounds.listed_devices

    async def rename(self, who: Identity, device_id: str, command: RenameDevice) -> None:
        """``device_id``: which one, where the command names none. Raises UnknownDevice."""
        answer = await self._scripts.call(
            device_rename(
                keys.of_account(who.account),
                device_id=command.device_id or device_id,
                only_of=_only_of(who),
                name=command.name,
                listed_most=self._listed_most,
                joined_head=JOINED_HEAD,
                updated_head=UPDATED_HEAD,
                all_head=ALL_HEAD,
                by=acting(who, device_id),
            )
        )
        if answer.outcome == "UNKNOWN":
            raise UnknownDevice
        self._roster.tell_later(who.account, answer.number(1))

    async def sign_out(self, who: Identity, device_id: str, command: SignOutDevice) -> str:
        """Sign another device than ``device_id`` out; returns its session, which is to be ended, or
        ''. Repeatable. Raises UnknownDevice, and InvalidPayload for the device itself."""
        if command.device_id == device_id:
            raise InvalidPayload("Expected another device in `deviceId`")
        ended = events.ProcessingInterrupted(reason=DISCONNECTED, code="device_disconnected")
        call = device_sign_out(
            keys.of_account(who.account),
            device_id=command.device_id,
            only_of=_only_of(who),
            reason=ended.reason,
            head=packets.head(ended),
            left_head=left_head("signed_out"),
            all_head=ALL_HEAD,
            by=acting(who, device_id),
        )
        answer = await self._scripts.call(call)
        while answer.outcome == "MORE":
            answer = await self._scripts.call(call)
        if answer.outcome == "UNKNOWN":
            raise UnknownDevice
        self._roster.tell_later(who.account, answer.number(1))
        return answer.text(2)


def _only_of(who: Identity) -> str:
    """Whose devices alone are theirs to rename and sign out; '' for anybody's of the account."""
    return "" if who.may(Right.ADMINISTER) else who.operator_id
