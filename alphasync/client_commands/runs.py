"""``alphasync start`` and ``alphasync runs``."""

import asyncio
import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from alphasync.client_commands.server import (
    HERE,
    UNFINISHED,
    Api,
    AsJson,
    Server,
    Token,
    carry_out,
    fail,
    say,
)

LOOK_INTERVAL = 2.0
"""Seconds between two looks how far a run is."""
STATUSES = {"completed", "stopped", "interrupted"}
COUNTS = ("total", "sent", "skipped", "failed", "uncertain")

Type = Literal["chat", "mail"]


def start(
    token: Token,
    profile: Annotated[str, typer.Option(help="In whose name.", show_default=False)],
    message: Annotated[
        str | None, typer.Option(help="The text; without it that of standard input.")
    ] = None,
    message_file: Annotated[Path | None, typer.Option(help="A file with the text.")] = None,
    type_: Annotated[Type, typer.Option("--type", help="What is sent.")] = "chat",
    interval: Annotated[
        float | None,
        typer.Option(help="Seconds between two messages.", show_default="the server's"),
    ] = None,
    every: Annotated[
        float | None, typer.Option(help="Begin anew so many seconds after it is through, for ever.")
    ] = None,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Only those whom the last run could not message.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(help="Starts with the same one are one start, for a day.", show_default=False),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end.")] = False,
    server: Server = HERE,
    as_json: AsJson = False,
) -> None:
    """Start a run, which needs no device.

    Ends with 0 where it has started, or with --wait where it is completed; with 4 where it was
    stopped or interrupted, 3 where the server refuses it, 75 where that makes sense to try again
    later, and 1 where the server does not answer.
    """
    text = _text(message, message_file)
    about = {"profileId": profile, "type": type_}
    payload: dict[str, object] = {**about, "message": text}
    if interval is not None:
        payload["messageInterval"] = interval
    if every is not None:
        payload["continuous"] = {"pause": every}
    if only_failed:
        payload["only"] = "failed"

    async def work(api: Api) -> dict[str, Any]:
        begun = await api.command("startProcessing", payload, key or secrets.token_hex(16))
        if not wait:
            return begun
        if not as_json:
            say(f"run {begun['runId']} has begun")
        return await _end(api, about, begun, quiet=as_json)

    said = carry_out(server, token, work, as_json=as_json)
    if as_json:
        print(json.dumps(said, ensure_ascii=False))
    elif wait:
        print(_line(said))
    else:
        print(f"run {said['runId']} has begun")
    if wait and said["outcome"] != "completed":
        raise typer.Exit(UNFINISHED)


def runs(
    token: Token,
    profile: Annotated[str | None, typer.Option(help="Only its runs.", show_default=False)] = None,
    type_: Annotated[
        Type | None, typer.Option("--type", help="Only such runs.", show_default=False)
    ] = None,
    server: Server = HERE,
    as_json: AsJson = False,
) -> None:
    """List the runs that go on, and fifty that have ended."""
    asked = {"profile": profile, "type": type_}
    query = {name: value for name, value in asked.items() if value is not None}

    async def work(api: Api) -> dict[str, Any]:
        state, past = await api.get("/api/state"), await api.get("/api/runs", **query)
        running = [
            run
            for run in state["runs"]
            if run["isProcessing"]
            and profile in (None, run["profileId"])
            and type_ in (None, run["type"])
        ]
        return {"running": running, "ended": past["runs"]}

    found = carry_out(server, token, work, as_json=as_json)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for run in found["running"]:
        print(_line({**run, "outcome": "paused" if run.get("paused") else "running"}))
    for run in found["ended"]:
        print(_line(run))


def _text(message: str | None, file: Path | None) -> str:
    if message is not None and file is not None:
        fail("--message and --message-file: only one of them")
    if message is not None:
        return message
    try:
        raw = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return raw.decode()
    except OSError as error:
        fail(f"--message-file: {error.strerror or error}")
    except UnicodeDecodeError:
        fail("--message-file: it is not text in UTF-8")


async def _end(
    api: Api, about: dict[str, str], begun: dict[str, Any], *, quiet: bool
) -> dict[str, Any]:
    """What became of a run, once it has ended."""
    told = ""
    while True:
        run = await _present(api, about, begun["startedAt"])
        if run is None:  # another one has begun since
            past = await api.get(f"/api/runs/{begun['runId']}")
            return dict(past["run"])
        if run["status"] in STATUSES:
            return {**run, "id": begun["runId"], "outcome": run["status"]}
        line = f"{run['current']}/{run['total']} {run['message']}"
        if line != told and not quiet:
            say(line)
        told = line
        await asyncio.sleep(LOOK_INTERVAL)


async def _present(api: Api, about: dict[str, str], started_at: int) -> dict[str, Any] | None:
    state = await api.get("/api/state")
    for run in state["runs"]:
        if run["startedAt"] == started_at and about.items() <= run.items():
            return dict(run)
    return None


def _line(run: dict[str, Any]) -> str:
    """One run, in one line that a terminal can show whatever is in its names."""
    began = datetime.fromtimestamp(run["startedAt"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    whose = run.get("device") or run.get("deviceName") or run["deviceId"]
    counts = ", ".join(f"{run[name]} {name}" for name in COUNTS)
    parts = (began, run["outcome"], run["type"], run["profileId"], counts, whose)
    line = "  ".join(map(str, parts)) + (f"  {run['reason']}" if run.get("reason") else "")
    return "".join(char if char.isprintable() else "?" for char in line)
