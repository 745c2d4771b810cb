"""Recipients who may have been messaged: a person decides."""

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.protocol import packets
from alphasync.protocol.commands import ListUncertain, ResolveUncertain
from alphasync.services.runs import check_profile
from alphasync.store import keys
from alphasync.store.pipeline import Pipeline
from alphasync.store.scripts import Scripts


class Uncertain:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline

    async def listed(self, who: Identity, command: ListUncertain) -> list[dict[str, str]]:
        """Each as ``{id, name}``. Raises UnknownProfile."""
        check_profile(who, command.profile)
        name = keys.of_account(who.account).uncertain(command.type, command.profile)
        flat = await self._pipeline.submit("HGETALL", name)
        if not isinstance(flat, list):
            raise TypeError(f"HGETALL answered {flat!r}")
        texts = [item.decode() for item in flat if isinstance(item, bytes)]
        return [{"id": i, "name": n} for i, n in zip(texts[::2], texts[1::2], strict=True)]

    async def resolve(self, who: Identity, device_id: str, command: ResolveUncertain) -> int:
        """Let the next run message them again, or leave them as messaged; returns how many.

        Raises UnknownProfile.
        """
        check_profile(who, command.profile)
        names = keys.of_account(who.account)
        event = events.UncertainResolved(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            action=command.action,
        )
        answer = await self._scripts.call(
            "uncertain_resolve",
            {
                "meta": names.meta,
                "log": names.log,
                "uncertain": names.uncertain(command.type, command.profile),
                "sent": names.sent(command.type, command.profile),
                "tally": names.tally(command.type, command.profile),
            },
            {
                "channel": names.channel,
                "profile": command.profile,
                "action": command.action,
                "recipient": command.recipient_id or "",
                "head": packets.head(event),
            },
        )
        return answer.number(1)
