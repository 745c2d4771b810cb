"""A server, as the commands ask it: with a service token, and again where that makes sense."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

import aiohttp
import msgspec
import typer

from alphasync.nesting import NestedTooDeeply, decode_json

TIMEOUT = 60.0
"""Seconds for an answer: a server that looks for recipients takes some."""
TRIES_MAX = 4
RETRY_INTERVAL = 1.0
"""Seconds until the second try; each further one waits for twice as long."""
FAILED, REFUSED, UNFINISHED, TRY_LATER, BROKEN_OFF = 1, 3, 4, 75, 130
"""Exit codes: no server that answers; it refuses; a run did not come to its end; it refuses for
now; stopped by Ctrl-C. 2 is of wrong options."""

Server = Annotated[
    str, typer.Option(envvar="ALPHASYNC_SERVER", help="Its address.", show_envvar=True)
]


def token_option(kind: str) -> Any:
    """``kind``: which tokens are taken, for people."""
    words = f"{kind} In the environment others of the machine do not see it."
    return typer.Option(envvar="ALPHASYNC_TOKEN", show_envvar=True, show_default=False, help=words)


Token = Annotated[str, token_option("A service token.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
HERE = "http://localhost:3001"

T = TypeVar("T")


class Refused(Exception):
    """By the server. ``said``: its answer, with ``code`` and ``message``."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        super().__init__(said.get("code", ""))


class Api:
    """``http``: a session with the server's address and the token."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        return await self._ask("GET", path, params=query)

    async def command(self, name: str, payload: Mapping[str, object], key: str) -> dict[str, Any]:
        """Carry out a command once, however often it has to be asked for."""
        headers = {"Idempotency-Key": key}
        return await self._ask("POST", f"/api/commands/{name}", json=payload, headers=headers)

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Raises Refused, and what aiohttp raises where there is no answer."""
        wait = RETRY_INTERVAL
        for last in (False,) * (TRIES_MAX - 1) + (True,):
            try:
                return await self._answer(method, path, **options)
            except Refused as error:
                if last or not error.said.get("retryable"):
                    raise
            except (aiohttp.ClientError, TimeoutError):
                if last:
                    raise
            await asyncio.sleep(wait)
            wait *= 2
        raise AssertionError("the last try ends it")

    async def _answer(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        async with self._http.request(method, path, allow_redirects=False, **options) as answer:
            raw = await answer.read()
            try:
                said = decode_json(raw, dict[str, Any])
            except (msgspec.MsgspecError, NestedTooDeeply, ValueError):
                words = f"it answered {answer.status}: is this alphasync?"
                said = {"code": "no_answer", "message": words, "retryable": answer.status >= 500}
                raise Refused(said) from None
            if answer.status != 200:
                raise Refused(said)
            return said


def carry_out(server: str, token: str, work: Callable[[Api], Awaitable[T]], *, as_json: bool) -> T:
    """Have ``work`` done with an ``Api``; ends the program where that cannot be."""
    try:
        return asyncio.run(_with_api(server, token, work))
    except Refused as error:
        if as_json:
            print(json.dumps(error.said, ensure_ascii=False))
        else:
            say(f"{error.said.get('message', '')} ({error.said.get('code', '')})")
        raise typer.Exit(TRY_LATER if error.said.get("retryable") else REFUSED) from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        fail(f"--server: {server} does not answer ({str(error) or type(error).__name__})")
    except KeyboardInterrupt:
        raise typer.Exit(BROKEN_OFF) from None


async def _with_api(server: str, token: str, work: Callable[[Api], Awaitable[T]]) -> T:
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(server, headers=headers, timeout=timeout) as http:
        return await work(Api(http))


def say(text: str) -> None:
    print(f"alphasync: {text}", file=sys.stderr)


def fail(text: str) -> NoReturn:
    say(text)
    raise typer.Exit(FAILED)
