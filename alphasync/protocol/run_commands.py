"""Commands about a run: before it starts, and while it goes on."""

from typing import Annotated

from msgspec import Meta

from alphasync.errors import NotRunning, TooManyPreviews, UnknownProfile
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import ProfileCommand


class PreviewRun(ProfileCommand, frozen=True, kw_only=True):
    """Ask whom a start would message now. The gateway is asked for all of its recipients, so that
    the answer may take some seconds, up to `PREVIEW_TIMEOUT`; nothing is locked meanwhile, and a
    start need not wait for it."""

    event_name = "previewRun"
    answer = acks.RunPreviewed
    errors = (UnknownProfile, TooManyPreviews)
    only_asks = True
    asks_gateway = True


class ReadRun(ProfileCommand, frozen=True, kw_only=True):
    """Ask what the run on record sends, or has sent: the draft may have changed since it was
    started. Refused where there is none."""

    event_name = "readRun"
    answer = acks.RunRead
    errors = (UnknownProfile, NotRunning)
    only_asks = True


class PauseProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Let the run of a profile and type send nothing until somebody resumes or stops it, whichever
    device started it. The message on its way is still counted; the run stays at its place, and
    nobody else can start one. Of a run that is paused already nothing changes."""

    event_name = "pauseProcessing"
    errors = (UnknownProfile, NotRunning)


class ResumeProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Let a paused run go on, whichever device paused it, within two seconds. Of a run that is not
    paused nothing changes."""

    event_name = "resumeProcessing"
    errors = (UnknownProfile, NotRunning)


class ListFailed(ProfileCommand, frozen=True, kw_only=True):
    """Ask whom the run of a profile and type could not message, and why. They are listed for a day,
    or until a run starts that is over all recipients; `startProcessing {only: "failed"}` tries them
    again, and takes those off the list who are messaged."""

    event_name = "listFailed"
    answer = acks.FailedListed
    only_asks = True
    cursor: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    """As the page before says; absent for the first one."""


class TakeOverProcessing(ProfileCommand, frozen=True, kw_only=True):
    """Make the run of a profile and type this device's: it goes on without a break, with the login
    of this device's operator, and ends with this device, unless it is detached. The former device
    only watches from here on. Of a run that is this device's already nothing changes."""

    event_name = "takeOverProcessing"
    errors = (UnknownProfile, NotRunning)
