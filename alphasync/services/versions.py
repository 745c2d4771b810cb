"""Versions: the earlier texts of a draft, to look at and to restore."""

import msgspec

from alphasync.domain.identity import Identity
from alphasync.errors import UnknownVersion
from alphasync.protocol.acknowledgements import Version, VersionRestored
from alphasync.protocol.version_commands import ListVersions, RestoreVersion, VersionCommand
from alphasync.services.drafts import Drafts
from alphasync.store import key_groups
from alphasync.store.scripts.account_calls import version_read, versions_list
from alphasync.store.scripts.calls import Scripts


class Head(msgspec.Struct, frozen=True):
    """What is known of a version without its text, as ``keep_version`` writes it."""

    version: str
    device: str
    operator: str
    at: str
    size: str
    length: str
    words: str


_decode = msgspec.json.Decoder(Head).decode


class Versions:
    def __init__(self, scripts: Scripts, drafts: Drafts) -> None:
        self._scripts = scripts
        self._drafts = drafts

    async def listed(self, who: Identity, command: ListVersions) -> list[Version]:
        """All that are kept, newest first. Raises UnknownProfile."""
        who.check_profile(command.profile)
        names = key_groups.of_draft(who.account, command.type, command.profile)
        answer = await self._scripts.listed(versions_list(names))
        called = answer.record(2)
        return [_version(_decode(head), called) for head in answer.texts(1)]

    async def read(self, who: Identity, command: VersionCommand) -> str:
        """The text of one. Raises UnknownProfile or UnknownVersion."""
        who.check_profile(command.profile)
        names = key_groups.of_draft(who.account, command.type, command.profile)
        answer = await self._scripts.call(version_read(names, version=command.version))
        if answer.outcome == "GONE":
            raise UnknownVersion
        return answer.text(1)

    async def restore(
        self, who: Identity, device_id: str, command: RestoreVersion
    ) -> VersionRestored:
        """Make one the draft's text and tell the other devices.

        Raises UnknownProfile, UnknownVersion or TooManyDrafts.
        """
        text = await self.read(who, command)
        revision = await self._drafts.replace(who, device_id, command, text)
        return {"message": text, "revision": revision}


def _version(head: Head, called: dict[str, str]) -> Version:
    return {
        "version": int(head.version),
        "deviceId": head.device,
        "deviceName": called.get(head.device, ""),
        "operatorId": head.operator,
        "at": int(head.at),
        "length": int(head.length),
        "words": head.words,
    }
