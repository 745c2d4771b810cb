"""What a device may ask for about the versions of a draft."""

from typing import Annotated, ClassVar

from msgspec import Meta

from alphasync.domain.roles import Right
from alphasync.errors import AlphasyncError, TooManyDrafts, UnknownProfile, UnknownVersion
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import ProfileCommand


class ListVersions(ProfileCommand, frozen=True, kw_only=True):
    """Ask for the earlier texts of a draft.

    A version is the text at a pause in typing of 5 s, or before another device went on with it, or
    before it was cleared or another version restored. Of devices that type at the same time there
    is one in 5 s. They live as long as the draft, `DRAFT_TTL`.
    """

    event_name = "listVersions"
    right = Right.SEE
    answer = acks.VersionsListed
    only_asks = True


class VersionCommand(ProfileCommand, frozen=True, kw_only=True):
    """A command about one version of a draft."""

    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (UnknownProfile, UnknownVersion)
    version: Annotated[int, Meta(ge=1, le=2**53)]
    """As `listVersions` says."""


class ReadVersion(VersionCommand, frozen=True, kw_only=True):
    """Ask for the text of a version."""

    event_name = "readVersion"
    right = Right.SEE
    answer = acks.VersionRead
    only_asks = True


class RestoreVersion(VersionCommand, frozen=True, kw_only=True):
    """Make a version the draft's text, as if this device had typed it: the others are told by
    `messageUpdated`. What was there is kept as a version."""

    event_name = "restoreVersion"
    right = Right.WORK
    needs_device = True
    answer = acks.VersionRestored
    errors = (UnknownProfile, UnknownVersion, TooManyDrafts)
