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
from alphasync.store.connect import make_client, make_store
from alphasync.store.redis.functions import LIBRARIES_MAX, Library
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import AS_FUNCTIONS, library, load
from tests.harness import Valkey, wait_until
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.conftest import opened

USER = "~as:* &as:* &socketio +@all -@admin -@dangerous +info +flushall"


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


async def libraries(client: Any) -> list[str]:
    """Of ours, the one that was loaded first in front."""
    found = await client.execute_command("FUNCTION", "LIST")
    names = [one[one.index(b"library_name") + 1].decode() for one in found]
    return sorted(names, key=lambda name: int(name.split("_")[1]))


async def connect_once(server: Valkey, lifetimes: Lifetimes) -> None:
    """As a server with such settings does, or a command that looks at the data."""
    store = make_store(server.url, lifetimes)
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected")
    await store.close()


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
    "rules",
    ["-fcall", "-function", "-function|load", "-function|list", "-fcall -function"],
    ids=lambda rules: rules,
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


@pytest.mark.parametrize("done", ["flushed", "deleted"])
async def test_functions_that_went_are_made_up_for(server: Valkey, done: str) -> None:
    async with opened(server.url) as bench, admin(server) as client:
        await bench.devices.join(bench.who, "s1", "phone")
        await bench.type("a")
        if done == "flushed":
            await client.execute_command("FUNCTION", "FLUSH")
        else:
            [name] = await libraries(client)
            await client.execute_command("FUNCTION", "DELETE", name)
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


async def test_other_versions_take_nothing_from_each_other(server: Valkey) -> None:
    """In an upgrade, or where another installation has a database of the same Redis. The first ones
    go, when there are more than may stay; who still calls them calls scripts."""
    async with opened(server.url) as bench, admin(server) as client:
        await bench.type("a")
        [own] = await libraries(client)
        for number in range(1, LIBRARIES_MAX):
            before = await called(client)
            await connect_once(server, Lifetimes(draft=1000 * number))
            await bench.type(f"a{number}")
            assert (await called(client))["fcall"] >= before["fcall"] + 1
            assert await called(client) | {"fcall": 0} == before | {"fcall": 0}
        assert len(await libraries(client)) == LIBRARIES_MAX
        await connect_once(server, Lifetimes(draft=1000))
        assert len(await libraries(client)) == LIBRARIES_MAX, "it is there already"
        await connect_once(server, Lifetimes(draft=5000))
        left = await libraries(client)
        assert len(left) == LIBRARIES_MAX
        assert own not in left
        await bench.type("b")
        await bench.type("bc")
        assert await bench.text() == "bc"


async def test_many_that_connect_at_once_make_one_library(server: Valkey) -> None:
    await asyncio.gather(*(connect_once(server, LIFETIMES) for _ in range(12)))
    async with admin(server) as client:
        assert len(await libraries(client)) == 1
        assert await client.info("errorstats") == {}, "nobody was refused anything"


async def test_a_refusal_of_something_else_ends_nothing(server: Valkey) -> None:
    async with opened(await user(server, "-config")) as bench, admin(server) as client:
        with pytest.raises(StoreUnavailable):
            await bench.store.pipeline.submit("CONFIG", "GET", "maxmemory")
        before = await called(client)
        await bench.type("a")
        assert (await called(client))["fcall"] == before["fcall"] + 1


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


async def test_what_hangs_up_at_functions_is_asked_for_none_the_next_time(
    server: Valkey,
) -> None:
    """As something between the servers and their Redis may, that knows not all commands."""
    asked: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = server.url.removeprefix("unix://")
        from_redis, to_redis = await asyncio.open_unix_connection(path)
        back = asyncio.create_task(copy(from_redis, writer))
        while data := await reader.read(2**16):
            if b"FUNCTION" in data or b"FCALL" in data:
                asked.append(data)
                break
            to_redis.write(data)
        to_redis.close()
        await back

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**16):
            writer.write(data)
        writer.close()

    between = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    port = between.sockets[0].getsockname()[1]
    try:
        async with opened(f"redis://127.0.0.1:{port}") as bench:
            await bench.type("a")
            assert await bench.text() == "a"
            assert len(asked) == 1
    finally:
        between.close()
