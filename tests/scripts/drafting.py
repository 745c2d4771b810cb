"""What the tests of drafts do with a bench: attachments and versions."""

from urllib.parse import quote

from alphasync.domain.drafts import Attachment
from alphasync.protocol.acknowledgements import AttachmentsStored, DraftEmptied, Version
from alphasync.protocol.draft_commands import ClearMessage, UpdateAttachments
from alphasync.protocol.version_commands import ListVersions
from alphasync.store.scripts.calls import Answer
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


def picture(name: str) -> Attachment:
    return Attachment(
        f"A picture of {name}", f"https://media.example/{quote(name)}.jpg", "SENT_IMAGE"
    )


async def attach(
    bench: Bench, *names: str, base: tuple[str, ...] | None = None, profile: str = PROFILE
) -> AttachmentsStored:
    """Attach pictures of these names. ``base``: of the list that this one was made from."""
    command = UpdateAttachments(
        profile_id=profile,
        type="mail",
        attachments=[picture(name) for name in names],
        base=None if base is None else [picture(name).link for name in base],
    )
    return await bench.drafts.attach(bench.who, "d1", command)


async def clear(bench: Bench, profile: str = PROFILE) -> DraftEmptied:
    command = ClearMessage(profile_id=profile, type="chat")
    return await bench.drafts.clear(bench.who, "d1", command)


async def fields(bench: Bench, key: str) -> dict[str, str]:
    """A hash."""
    reply = await bench.store.pipeline.submit("HGETALL", key)
    return Answer([[reply]]).records(0)[0]


async def pause(bench: Bench, seconds: float = 5) -> None:
    """Have the last key stroke of the chat, and its last version, be older by so much."""
    draft = bench.names.draft("chat", PROFILE)
    for field in ("timestamp", "kept_at"):
        await bench.client.hincrby(draft, field, -round(seconds * 1000))


async def kept(bench: Bench, profile: str = PROFILE) -> list[Version]:
    """The versions of a chat, newest first."""
    return await bench.versions.listed(bench.who, ListVersions(profile_id=profile, type="chat"))
