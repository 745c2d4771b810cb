"""``alphasync export`` and ``alphasync erase``."""

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from alphasync import logs
from alphasync.account_data import erase as erasing
from alphasync.account_data import export as taking_out
from alphasync.data_commands.common import (
    STOPPED,
    DataDir,
    carry_out,
    fail,
    kept,
    settings_of,
    store_of,
)
from alphasync.domain.identity import account_of
from alphasync.domain.usable import PROFILE_ID_MAX, is_profile_id

Operator = Annotated[
    str | None, typer.Option(help="Whose account it is: an operator's id.", show_default=False)
]
Team = Annotated[
    str | None, typer.Option(help="The same: a team's, where tokens have one.", show_default=False)
]


def export(
    operator: Operator = None,
    team: Team = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A new file; it is for its owner only.", show_default="-"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write all that is kept of an account.

    A line of JSON for each thing, with its kind; docs/data.md says which there are. Secrets are
    left out. The last line is of the kind "end": without it the export is not whole.
    """
    account = _account(operator, team)
    settings = settings_of(data_dir)
    logs.configure("error")

    async def run(write: Callable[[bytes], object]) -> bool:
        async with kept(settings) as client:
            await taking_out.export(client, account, write)
        return True

    try:
        with _output(out) as write:
            if not carry_out(run(write)):
                raise typer.Exit(STOPPED)
    except OSError as error:
        fail(f"--out: {error.strerror or error}")


def erase(
    operator: Operator = None,
    team: Team = None,
    email: Annotated[
        str | None, typer.Option(help="Of the operator: forget wrong logins with it, too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what there is, no more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Though runs are going on or devices are connected.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove all that is kept of an account.

    It says what there is, and asks. Who was messaged is forgotten with it, and the do-not-contact
    list. With --force, runs are stopped first, and connected devices begin anew with nothing.
    """
    account = _account(operator, team)
    settings = settings_of(data_dir)
    logs.configure("error")

    async def look() -> erasing.Survey:
        async with kept(settings) as client:
            return await erasing.survey(client, account)

    async def remove() -> erasing.Erased:
        async with kept(settings) as client, store_of(settings) as store:
            # Who was asked took their time, and was not told of what has begun meanwhile.
            found = await erasing.survey(client, account)
            _refuse_in_use(found, force=force)
            return await erasing.Erasing(client, store.scripts, account).carry_out(found, email)

    found = carry_out(look())
    if found is None:
        raise typer.Exit(STOPPED)
    _print_kinds(found.kinds)
    print(f"{len(found.names)} keys of {account}")
    for name, why in found.stay.items():
        print(f"stays: {name}, {why}")
    if found.in_use:
        print(f"{len(found.running)} runs are going on, {found.connected} devices are connected")
    if dry_run:
        return
    _refuse_in_use(found, force=force)
    if not yes:
        if not sys.stdin.isatty():
            fail("nothing was removed: add --yes where nobody can be asked")
        if typer.prompt(f"Type {account} to remove it all") != account:
            fail("nothing was removed")
    erased = carry_out(remove())
    if erased is None:
        print("broken off: repeat it", file=sys.stderr)
        raise typer.Exit(STOPPED)
    print("removed:")
    _print_kinds(erased.kinds + Counter(planNotes=erased.plan_notes, holdings=erased.holdings))


def _refuse_in_use(found: erasing.Survey, *, force: bool) -> None:
    if found.in_use and not force:
        fail("nothing was removed: stop the runs and close the devices, or add --force")


def _print_kinds(kinds: Counter[str]) -> None:
    for name, number in sorted(kinds.items()):
        print(f"{number:>12}  {name}")


def _account(operator: str | None, team: str | None) -> str:
    if (operator is None) == (team is None):
        fail("--operator or --team: say whose account it is, by one of the two")
    name = operator if operator is not None else team
    if not name or not is_profile_id(name):
        fail(f"--operator and --team name ids of 1 to {PROFILE_ID_MAX} printable characters")
    return account_of(operator or "", team)


@contextlib.contextmanager
def _output(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """A file that does not become whole is not left behind. Raises OSError, also where it is there
    already."""
    if out is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file.write
    except BaseException:
        out.unlink(missing_ok=True)
        raise
