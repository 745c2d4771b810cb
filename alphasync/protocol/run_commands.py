"""Commands about a run that goes on."""

from alphasync.errors import NotRunning, UnknownProfile
from alphasync.protocol.commands import ProfileCommand


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
