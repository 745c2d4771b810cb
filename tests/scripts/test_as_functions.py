"""What is called most is called as a function, where Redis lets us; nobody else sees how."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from alphasync.errors import StoreUnavailable
from alphasync.store.connect import make_client
from alphasync.store.redis.functions import Library
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import AS_FUNCTIONS, LIBRARY, library, load
from tests.harness import Valkey, wait_until
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.conftest import opened

USER = "~as:* &as:* &socketio +@all -@admin -@dangerous +info +flushall"
OTHERS = f"#!lua name={LIBRARY}\nredis.register_function('other', function() return 2 end)"


@pytest.fixture
def server() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


@contextlib.contextmanager
def running(*options: str) -> Iterator[Valkey]:
    folder = Path(tempfile.mkdtemp(prefix="as-functions-"))
    valkey = Valkey(folder, *options)
    asyncio.run(valkey.start())
    yield valkey
    valkey.stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def admin(server: Valkey) -> AsyncIterator[Any]:
    client = make_client(server.url)
    yield client
    await client.aclose()


async def user(server: Valkey, rules: str) -> str:
    """The address for a user with these rights beside the usual ones."""
    async with admin(server) as client:
        words = f"{USER} {rules}".split()
        await client.execute_command("ACL", "SETUSER", "some", "on", ">secret", *words)
    return f"unix://some:secret@{server.url.removeprefix('unix://')}"


async def called(client: Any) -> dict[str, int]:
    stats = await client.info("commandstats")
    names = ("evalsha", "eval", "fcall")
    return {name: int(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]) for name in names}


async def what_each_does(bench: Bench) -> None:
    """A device comes, types, and sends to a recipient."""
    await bench.devices.join(bench.who, "s1", "phone")
    for text in ("H", "He", "Hej", "Hey"):
        await bench.type(text)
    assert await bench.text() == "Hey"
    ticket = await bench.start()
    await bench.claim(ticket, 2, "r2", await bench.claim(ticket, 1, "r1"))
    assert await bench.blocked() == {"r1", "r2"}


async def spent(server: Valkey, bench: Bench) -> dict[str, int]:
    async with admin(server) as client:
        await client.config_resetstat()
        await what_each_does(bench)
        return await called(client)


async def test_joining_typing_and_each_recipient_are_functions(server: Valkey) -> None:
    async with opened(server.url) as bench:
        counts = await spent(server, bench)
    # One device, four texts, two recipients; the start of the run is a script.
    assert counts["fcall"] == 7
    assert counts["eval"] == 0
    assert counts["evalsha"] > 0


@pytest.mark.parametrize(
    "rules", ["-fcall", "-function", "-function|load", "-fcall -function"], ids=lambda r: r
)
async def test_who_may_not_call_functions_calls_scripts(server: Valkey, rules: str) -> None:
    async with opened(await user(server, rules)) as bench:
        counts = await spent(server, bench)
    assert (counts["fcall"], counts["eval"]) == (0, 0)
    assert counts["evalsha"] > 7


def test_a_redis_without_functions_is_called_scripts() -> None:
    """As before 7.0."""
    with running("--rename-command", "FCALL", "", "--rename-command", "FUNCTION", "") as server:

        async def use() -> dict[str, int]:
            async with opened(server.url) as bench:
                return await spent(server, bench)

        counts = asyncio.run(use())
    assert counts["evalsha"] > 7
    assert counts["eval"] == 0


@pytest.mark.parametrize("done", ["flushed", "deleted", "another version's"])
async def test_functions_that_went_are_made_up_for(server: Valkey, done: str) -> None:
    async with opened(server.url) as bench, admin(server) as client:
        await bench.devices.join(bench.who, "s1", "phone")
        await bench.type("a")
        match done:
            case "flushed":
                await client.execute_command("FUNCTION", "FLUSH")
            case "deleted":
                await client.execute_command("FUNCTION", "DELETE", LIBRARY)
            case _:
                await client.execute_command("FUNCTION", "LOAD", "REPLACE", OTHERS)
        texts = [f"a text {number}" for number in range(20)]
        async with asyncio.timeout(10):
            await asyncio.gather(*(bench.type(text) for text in texts))
        assert await bench.text() == texts[-1], "in their order"
        before = await called(client)
        await bench.type("one more")
        after = await called(client)
        assert after["evalsha"] == before["evalsha"] + 1
        assert after["fcall"] == before["fcall"], "not tried again over this connection"


async def test_each_connection_has_them_anew(server: Valkey) -> None:
    async with opened(server.url) as bench, admin(server) as client:
        await bench.type("a")
        await client.execute_command("FUNCTION", "FLUSH")
        await bench.type("ab")
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await wait_until(lambda: not bench.store.pipeline.connected, what="lost")
        await wait_until(lambda: bench.store.pipeline.connected, what="connected")
        before = await called(client)
        await bench.type("abc")
        assert (await called(client))["fcall"] == before["fcall"] + 1
        assert await bench.text() == "abc"


async def test_two_versions_use_one_redis_side_by_side(server: Valkey) -> None:
    """In a rolling upgrade: the library is the newcomer's, and nothing is left of the other one."""
    async with opened(server.url) as bench, admin(server) as client:
        await bench.type("a")
        newer = library(load(Lifetimes(draft=3600)), Lifetimes(draft=3600))
        await client.execute_command("FUNCTION", "LOAD", "REPLACE", newer.source)
        await bench.type("ab")
        assert await bench.text() == "ab"
        [only] = await client.execute_command("FUNCTION", "LIST")
        assert LIBRARY.encode() in only


async def test_a_right_that_is_withdrawn_costs_one_call(server: Valkey) -> None:
    async with opened(await user(server, "")) as bench:
        await bench.type("a")
        await user(server, "-fcall")
        with contextlib.suppress(StoreUnavailable):
            await bench.type("ab")
        await bench.type("abc")
        assert await bench.text() == "abc"


async def test_a_redis_that_is_full_refuses_and_keeps_what_it_has(server: Valkey) -> None:
    async with opened(server.url) as bench, admin(server) as client:
        await bench.type("a")
        await client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailable):
            await bench.type("ab")
        assert await bench.text() == "a"
        await client.config_set("maxmemory", 0)
        await bench.type("abc")
        assert await bench.text() == "abc"


def test_the_library_changes_with_what_is_built_in() -> None:
    def made(lifetimes: Lifetimes, publish: str) -> Library:
        return library(load(lifetimes, publish), lifetimes, publish)

    one = made(LIFETIMES, "PUBLISH")
    assert made(LIFETIMES, "PUBLISH") == one
    others = (made(LIFETIMES, "SPUBLISH"), made(Lifetimes(draft=3600), "PUBLISH"))
    assert len({each.trial for each in (one, *others)}) == 3
    assert len(one.functions) == len(AS_FUNCTIONS)
