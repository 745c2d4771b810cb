"""``alphasync import-legacy``."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated

import typer
from redis.exceptions import RedisError

from alphasync import logs
from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.data_commands.common import (
    INCOMPLETE,
    STOPPED,
    DataDir,
    fail,
    kept,
    progress_of,
    settings_of,
    store_of,
)
from alphasync.domain.usable import PROFILE_ID_MAX, is_profile_id
from alphasync.legacy import source as earlier
from alphasync.legacy.importing import Import
from alphasync.legacy.summary import Summary
from alphasync.legacy.targets import Bringing, Looking
from alphasync.options import account_bounds, lifetimes
from alphasync.services.earlier_state import EarlierState
from alphasync.serving import until_stopped
from alphasync.store.redis.advice import words


def import_legacy(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="The earlier server's Redis, such as redis://host:6379/0. It is only read.",
            envvar="LEGACY_REDIS_URL",
            show_default=False,
        ),
    ],
    team: Annotated[
        str | None,
        typer.Option(
            help="The team whose account it goes to; then name its operators.",
            show_default="each operator's own account",
        ),
    ] = None,
    operator: Annotated[
        list[str] | None,
        typer.Option(help="Whose it is to be; may be repeated.", show_default="of all"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of it; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring in what an earlier server kept.

    Of the Node server before alphasync: whom it messaged, drafts, and how far its runs had got.
    It goes to the Redis of REDIS_URL, or the embedded one. Servers may be running meanwhile. It may
    be repeated: what is there stays, and only what is new is added. Exit code 0: all is in; 3: all
    but what the summary names; 1: it could not begin or go on; 130: broken off, repeat it.
    """
    operators = operator or []
    if team is not None and not operators:
        fail("--team: name its operators too, each with --operator")
    if not all(is_profile_id(name) for name in (*operators, *([] if team is None else [team]))):
        fail(f"--operator and --team name ids of 1 to {PROFILE_ID_MAX} printable characters")
    settings = settings_of(data_dir)
    logs.configure("error")
    summary, began = Summary(), time.monotonic()

    async def run() -> bool:
        async with earlier.opened(source) as found, _target(settings, dry_run=dry_run) as target:
            with progress_of(await found.size(), "keys") as advance:
                importing = Import(found, target, summary, advance, team=team, operators=operators)
                await importing.carry_out()
        return True

    finished, trouble = False, ""
    try:
        finished = bool(asyncio.run(until_stopped(run())))
    except CannotStart as error:
        fail(str(error))
    except earlier.SourceLost as error:
        trouble = f"--from: {error}"
    except RedisError as error:
        trouble = f"REDIS_URL: {words(error)}"
    if trouble and not summary.begun:
        fail(trouble)
    seconds = time.monotonic() - began
    if as_json:
        print(summary.as_json(dry_run=dry_run, finished=finished, seconds=seconds))
    else:
        print(summary.as_text())
        print(_last_line(dry_run=dry_run, finished=finished, seconds=seconds))
    if trouble:
        fail(trouble)
    if not finished:
        raise typer.Exit(STOPPED)
    if not summary.whole:
        raise typer.Exit(INCOMPLETE)


def _last_line(*, dry_run: bool, finished: bool, seconds: float) -> str:
    if not finished:
        return f"broken off after {seconds:.1f} s: repeat it, it goes on from what is there"
    if dry_run:
        return f"nothing was written ({seconds:.1f} s); without --dry-run it is"
    return (
        f"done in {seconds:.1f} s. Runs leave out who was messaged from now on; "
        "consoles that are open list them when they are loaded again"
    )


@contextlib.asynccontextmanager
async def _target(settings: Settings, *, dry_run: bool) -> AsyncIterator[Looking | Bringing]:
    async with kept(settings) as client:
        looking = Looking(client, lifetimes(settings))
        if dry_run:
            yield looking
            return
        async with store_of(settings) as store:
            yield Bringing(EarlierState(store.scripts, account_bounds(settings)), looking)
