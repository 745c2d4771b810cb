"""What the tests of service tokens stand on, beside the bench."""

from collections.abc import Collection

import msgspec

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Role
from alphasync.protocol.run_commands import StartProcessing
from alphasync.services.acting import device_of
from alphasync.services.runs import Ticket
from alphasync.services.service_tokens import Made, ServiceTokens
from alphasync.services.upstream import Opened
from tests.scripts.bench import TIMES, Bench

TOKENS_MAX = 3


def tokens_of(bench: Bench, *secrets: str) -> ServiceTokens:
    upstream = bench.upstream_with(*(secrets or ("secret",)))
    return ServiceTokens(bench.scripts, bench.store.pipeline, upstream, TOKENS_MAX, TIMES.lasts)


def admin(bench: Bench, opened: Opened) -> Identity:
    """The bench's operator with a token of this login."""
    return msgspec.structs.replace(bench.come_with(opened), role=Role.ADMIN)


async def make(
    bench: Bench,
    who: Identity,
    role: Role = Role.ADMIN,
    profiles: Collection[str] | None = None,
    lifetime: int | None = None,
) -> Made:
    return await tokens_of(bench).make(who, "backend", role, profiles, lifetime, "10.0.0.1")


async def start_as(bench: Bench, who: Identity, profile: str) -> Ticket:
    command = StartProcessing(profile_id=profile, type="chat", message="Hello", detached=True)
    return await bench.runs.start(who, device_of(who), command)
