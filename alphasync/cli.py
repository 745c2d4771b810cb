"""The ``alphasync`` command."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from alphasync import config, doctor, logs, serving
from alphasync.checks import CannotStart
from alphasync.client_commands.runs import runs, start
from alphasync.client_commands.watch import watch
from alphasync.config.values import duration
from alphasync.data_commands.account import erase, export
from alphasync.data_commands.importing import import_legacy
from alphasync.doctor.finding import Finding
from alphasync.doctor.finding import as_json as to_json
from alphasync.gateway.sandbox import (
    FaultsError,
    PeopleError,
    faults_from_flags,
    load_people,
    start_sandbox,
)
from alphasync.gateway.sandbox.people_file import CSV_COLUMNS
from alphasync.init_process import leave_process_1
from alphasync.options import trust
from alphasync.services.tokens import ID_MAX, TOKEN_MAX, InvalidToken, Tokens
from alphasync.supervisor.command import supervise
from alphasync.supervisor.count import worker_count
from alphasync.supervisor.worker import NotAWorker, Worker

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its tables give a switch a value, <bool>
)

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="HOST")]
Port = Annotated[int | None, typer.Option(help="Port to listen on.", show_default="PORT, 3001")]
DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded Valkey and the secret are kept.", show_default="data"),
]


PEOPLE = (
    'Who is there. JSON: {"accounts": [{"email", "password", "operatorId", "profiles": '
    '[{"id", "name", "recipients": [{"id", "name"}]}]}]}. '
    f"CSV, for the demo account: {', '.join(CSV_COLUMNS)}."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"alphasync {version('alphasync')}")
        raise typer.Exit


@app.callback()
def about(
    _: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Keeps all devices of one account in step while recipients are being messaged."""


def main() -> None:
    """Entry point of the installed command."""
    app()


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes to serve with.", show_default="WORKERS, one per core"),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for Redis and the gateway.")] = False,
) -> None:
    """Run the server. Settings come from the environment; docs/settings.md lists them."""
    settings = _settings(host=host, port=port, data_dir=data_dir, workers=workers)
    leave_process_1()
    logs.configure(settings.log_level)
    try:
        count = worker_count(settings)
        if count == 1:
            _run(serving.until_stopped(serving.serve(settings, wait=wait)))
        else:
            _run(serving.until_stopped(supervise(settings, count, wait=wait)))
    except CannotStart as error:
        _fail(str(error))


@app.command(hidden=True)
def worker() -> None:
    """One worker of ``serve``, which starts it; nobody else does."""
    try:
        one = Worker.from_stdin()
    except NotAWorker:
        _fail("worker: this is for alphasync serve to start")
    try:
        settings = config.load()
        logs.configure(settings.log_level, worker=one.assignment.number)
        _run(one.serve(settings))
    except (config.WrongSetting, CannotStart) as error:
        one.cannot_start(str(error))
        raise typer.Exit(1) from None


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 4001,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    people: Annotated[Path | None, typer.Option(help=PEOPLE)] = None,
    latency: Annotated[float, typer.Option(help="Seconds per message.")] = 0.0,
    refuse: Annotated[str | None, typer.Option(help="Share (0.1) or recipient ids.")] = None,
    rate_limit: Annotated[str | None, typer.Option(help="N or N:SECONDS: 429.")] = None,
    errors: Annotated[str | None, typer.Option(help="N, N:STATUS or N:STATUS:after.")] = None,
    drop: Annotated[str | None, typer.Option(help="N or N:after: cut the connection.")] = None,
    status: Annotated[int | None, typer.Option(help="Answer every message so.")] = None,
    idempotency: Annotated[bool, typer.Option(help="Honour idempotency keys.")] = True,
) -> None:
    """Run a gateway that messages nobody and shows what arrives."""
    try:
        cast = load_people(people) if people else None
        faults = faults_from_flags(
            latency=latency,
            refuse=refuse,
            rate_limit=rate_limit,
            errors=errors,
            drop=drop,
            status=status,
            idempotency=idempotency,
        )
    except PeopleError as error:
        _fail(f"--people: {error}; alphasync sandbox --help shows the form")
    except FaultsError as error:
        _fail(str(error))

    async def run() -> None:
        running = await start_sandbox(host, port, people=cast, faults=faults)
        print(f"sandbox gateway:   {running.url}", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            await running.close()

    try:
        _run(serving.until_stopped(run()))
    except OSError as error:
        _fail(f"--port: cannot listen on {port} ({error.strerror}); take another one")


@app.command()
def token(
    operator: Annotated[str, typer.Option(help="Operator id.")],
    profiles: Annotated[str | None, typer.Option(help="Only these ids, by comma.")] = None,
    ttl: Annotated[str | None, typer.Option(help="Such as 9h.", show_default="TOKEN_TTL")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    team: Annotated[str | None, typer.Option(help="Team: its operators share all state.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Mint a token for tests and scripts."""
    settings = _settings(data_dir=data_dir)
    try:
        lifetime = settings.token_ttl if ttl is None else duration(ttl)
    except ValueError as error:
        _fail(f"--ttl: {error} (got {ttl!r})")
    try:
        tokens = Tokens(settings.secrets(make=False), lifetime, trust=trust(settings))
    except config.WrongSetting as error:
        _fail(str(error))
    only = (
        [part.strip() for part in profiles.split(",") if part.strip()]
        if profiles is not None
        else None
    )
    try:
        minted, _ = tokens.mint(operator, email=email, profiles=only, team=team)
    except InvalidToken:
        ids = f"--operator, --team and --profiles name ids of 1 to {ID_MAX} printable characters"
        _fail(f"no server would take this token: {ids}")
    if len(minted) > TOKEN_MAX:
        _fail(f"--profiles: too many for a token, which has {TOKEN_MAX} characters at most")
    print(minted)


app.command("import-legacy")(import_legacy)
app.command()(start)
app.command()(runs)
app.command()(watch)
app.command()(export)
app.command()(erase)


@app.command("doctor")
def examine(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Check what the server needs, and what is weak.

    Ends with 0 where all is well, and with 1 where something is broken or weak.
    """
    if as_json:
        logs.configure("warning")  # what the parts log must not stand between
    found: list[Finding] = []

    async def run(settings: config.Settings) -> bool:
        async for finding in doctor.examine(settings):
            found.append(finding)
            if not as_json:
                print(finding.line(), flush=True)
        return True

    try:
        settings = config.load(data_dir=data_dir)
    except config.WrongSetting as error:
        if not as_json:
            _fail(str(error))
        found.append(Finding("settings", ok=False, text=str(error)))
    else:
        if not _run(serving.until_stopped(run(settings))):
            found.append(Finding("doctor", ok=False, text="stopped before its end"))
    if as_json:
        print(to_json(found))
    if not all(finding.ok for finding in found):
        raise typer.Exit(1)


def _settings(**overrides: Any) -> config.Settings:
    try:
        return config.load(**overrides)
    except config.WrongSetting as error:
        _fail(str(error))


def _run(main_coroutine: Any) -> Any:
    """Run on uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.run(main_coroutine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main_coroutine)


def _fail(text: str) -> NoReturn:
    print(f"alphasync: {text}", file=sys.stderr)
    raise typer.Exit(1)
