"""What the run on record sends, for devices that did not start it."""

import msgspec

from alphasync.domain.identity import Identity
from alphasync.errors import NotRunning
from alphasync.protocol.acknowledgements import Attached, RunRead
from alphasync.protocol.run_commands import ReadRun
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Answer


class RunTexts:
    """Asked for where it is shown: a snapshot with the texts of all runs would hold a megabyte."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def read(self, who: Identity, command: ReadRun) -> RunRead:
        """Raises UnknownProfile, and NotRunning where no run is on record."""
        who.check_profile(command.profile)
        run = keys.of_account(who.account).run(command.type, command.profile)
        # Of some runs an earlier version is to find no attachments: see run_start.
        fields = ("run_id", "started_at", "text", "attachments_with_options", "attachments")
        found = await self._pipeline.submit("HMGET", run, *fields)
        if not isinstance(found, list):
            raise TypeError(f"HMGET answered {found!r}")
        *known, hidden, plain = found
        known.append(plain if hidden is None else hidden)
        if None in known:
            raise NotRunning
        record = Answer(known)
        return {
            "runId": record.text(0),
            "startedAt": record.number(1),
            "message": record.text(2),
            "attachments": msgspec.json.decode(record.text(3), type=list[Attached]),
        }
