"""``alphasync watch``: what the devices of an account do, in a terminal, as it happens."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import socketio
import typer
from socketio.exceptions import ConnectionError as NotConnected

from alphasync.client_commands.server import (
    BROKEN_OFF,
    FAILED,
    HERE,
    REFUSED,
    Server,
    fail,
    say,
    token_option,
)

if TYPE_CHECKING:
    from rich.progress import TaskID

NAME = "alphasync watch"
"""What others see this device called."""
ENDS = {
    "processingComplete",
    "processingStopped",
    "processingInterrupted",
}
FACTS = (
    *("profileId", "type", "name", "deviceName", "deviceId", "operatorId", "message", "reason"),
    *("code", "planId", "count", "stopped"),
)
"""What of an event is shown to people, in this order."""
TEXT_MAX = 60
"""Characters of one fact."""

Token = Annotated[str, token_option("The token of a login.")]
Event = Mapping[str, Any]
Show = Callable[[str, Event], None]


def watch(
    token: Token,
    server: Server = HERE,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on a line for each event, for programs.")
    ] = False,
) -> None:
    """Show what an account's devices do, as it happens.

    Until Ctrl-C. It is a device like any other, called "alphasync watch", which does nothing. It
    comes back by itself where the connection breaks, and misses nothing. Ends with 130 by Ctrl-C,
    with 3 where the server refuses it or signs it out, and with 1 where there is no server that
    answers, or nobody who reads.
    """
    show = _as_json if as_json else Terminal() if sys.stdout.isatty() else _as_line
    try:
        code = asyncio.run(_Watching(token, show).until_it_ends(server))
    except KeyboardInterrupt:
        code = BROKEN_OFF
    finally:
        if isinstance(show, Terminal):
            show.close()
    raise typer.Exit(code)


class _Watching:
    def __init__(self, token: str, show: Show) -> None:
        self._show = show
        self._known: dict[str, Any] = {"token": token, "deviceName": NAME}
        """What the next connection offers: who this device is, and what it has seen last."""
        self._refused: Event = {}
        """Why the server has closed the connection, or is about to."""
        self._unread: OSError | None = None
        """Why nothing can be shown any more, as where ``head`` has read all that it wanted."""
        self._client = socketio.AsyncClient(handle_sigint=False)
        self._client.on("*", self._receive)
        self._client.on("connect_error", self._not_connected)

    async def until_it_ends(self, server: str) -> int:
        """The exit code. Raises OSError where nobody reads any more."""
        async with self._connection(server) as connected:
            if connected:
                await self._client.wait()
        if self._unread:
            raise self._unread
        if self._refused:
            code = self._refused.get("code")
            say(f"{self._refused['message']} ({code})" if code else self._refused["message"])
            return REFUSED
        if not connected:
            fail(f"--server: {server} does not answer")
        say("the server has closed the connection")
        return FAILED

    @contextlib.asynccontextmanager
    async def _connection(self, server: str) -> AsyncIterator[bool]:
        try:
            # The function is called for every connection, also where it comes back by itself.
            await self._client.connect(
                server, auth=lambda: self._known, transports=["websocket"], retry=False
            )
        except (NotConnected, ValueError):
            yield False
            return
        try:
            yield True
        finally:
            await self._client.disconnect()

    async def _not_connected(self, said: Any) -> None:
        """By the server: with its reason; by the library, where there is none, with a text."""
        if isinstance(said, dict):
            self._refused = {"message": said.get("message", ""), **(said.get("data") or {})}

    async def _receive(self, event: str, data: Any) -> None:
        if not isinstance(data, dict):
            return
        if event == "deviceRegistered":
            self._refused = {}
            self._known.update(deviceId=data["deviceId"], resumeToken=data["resumeToken"])
        if event in ("deviceRegistered", "resync"):
            self._known.update(epoch=data["epoch"], revision=data["revision"])
        elif data.get("revision", 0) > self._known.get("revision", 0):
            self._known["revision"] = data["revision"]
        if event == "error" and "event" not in data:  # it is about the connection
            self._refused = data
        try:
            self._show(event, data)
        except OSError as error:
            self._unread = error
            await self._client.disconnect()


def _as_json(event: str, data: Event) -> None:
    hidden = {"resumeToken"}  # who has it is this device
    shown = {name: value for name, value in data.items() if name not in hidden}
    print(json.dumps({"event": event, "data": shown}), flush=True)


def _as_line(event: str, data: Event) -> None:
    print(_line(event, data), flush=True)


def _line(event: str, data: Event) -> str:
    """One event, in one line that a terminal can show whatever is in its texts."""
    facts = {**data, "message": data.get("message")}
    if isinstance(progress := data.get("progress"), dict):
        facts["message"] = f"{progress['current']}/{progress['total']} {progress['message']}"
    said = [str(facts[name])[:TEXT_MAX] for name in FACTS if facts.get(name) not in (None, "")]
    line = "  ".join((time.strftime("%H:%M:%S"), event, *said))
    return "".join(char if char.isprintable() else "?" for char in line)


class Terminal:
    """Events as lines, and below them a bar for each run that goes on."""

    def __init__(self) -> None:
        # Servers start by the same program, and need not wait for what draws.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}", markup=False), BarColumn())
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._bars = Progress(*columns, MofNCompleteColumn(), console=self._console)
        self._bars.start()
        self._running: dict[tuple[str, str], TaskID] = {}

    def __call__(self, event: str, data: Event) -> None:
        if event == "processingStateSync" and data["isProcessing"]:
            self._set(data, data)
        elif event == "processingStarted":
            self._set(data, {"current": 0, "total": 0})
        elif event == "processingProgress":
            self._set(data, data["progress"])
            return  # the bar says it
        elif event in ENDS:
            self._end((data["profileId"], data["type"]))
        elif event == "resync" or (event == "deviceRegistered" and not data["recovered"]):
            for run in list(self._running):
                self._end(run)
        self._console.print(_line(event, data))

    @property
    def running(self) -> set[tuple[str, str]]:
        """Profile and type of the runs that have a bar."""
        return set(self._running)

    def close(self) -> None:
        self._bars.stop()

    def _set(self, of: Event, counts: Event) -> None:
        run = (of["profileId"], of["type"])
        if run not in self._running:
            name = _line("", {"profileId": of["profileId"], "type": of["type"]}).split("  ", 2)[2]
            self._running[run] = self._bars.add_task(name, total=None)
        total = counts["total"] or None
        self._bars.update(self._running[run], completed=counts["current"], total=total)

    def _end(self, run: tuple[str, str]) -> None:
        if run in self._running:
            self._bars.remove_task(self._running.pop(run))
