"""The bench's end of a load generator: orders go out, answers come in, one a line."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

LINE_MAX = 2**26
"""Bytes of an answer: a delay per arrival adds up."""


class LoadFailed(Exception):
    """The generator could not do as told; the text says why."""


class Generator:
    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self._name = name

    async def connect(
        self,
        hosts: list[str],
        rooms: list[list[str]],
        at_once: int = 20,
        drafts: int = 0,
        **how: str,
    ) -> dict[str, Any]:
        """See ``benchmarks.generator``, also for the others: the answers are the same."""
        return await self._ask(
            "connect", hosts=hosts, rooms=rooms, at_once=at_once, drafts=drafts, **how
        )

    async def load(self, rate: float, seconds: float, **how: int | bool) -> dict[str, Any]:
        return await self._ask("load", rate=rate, seconds=seconds, **how)

    async def flood(self, seconds: float, at_once: int) -> dict[str, Any]:
        return await self._ask("flood", seconds=seconds, at_once=at_once)

    async def disconnect(self) -> None:
        await self._ask("disconnect")

    async def _ask(self, order: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([order, arguments]).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline() or b'{"error": "it ended"}')
        if "error" in answer:
            raise LoadFailed(f"{self._name}: {answer['error']}")
        told: dict[str, Any] = answer["ok"]
        return told


@contextlib.asynccontextmanager
async def generator(name: str) -> AsyncIterator[Generator]:
    """A load generator in a process of its own; ``name`` is whom it is for."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.generator"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_MAX,
    )
    try:
        yield Generator(process, name)
    finally:
        process.kill()
        await process.wait()
