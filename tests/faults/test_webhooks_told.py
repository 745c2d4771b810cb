"""Servers that are killed while they tell webhooks how runs end."""

from collections import defaultdict
from collections.abc import AsyncIterator

import pytest

from alphasync.domain.roles import Role
from alphasync.store import key_groups
from tests.faults import soon_told
from tests.faults.harness import ServerProcess, Site, site
from tests.faults.people_at_work import ACCOUNT
from tests.harness import wait_until
from tests.webhooks import Webhook, webhook

pytestmark = [pytest.mark.faults, pytest.mark.slow]

NAMES = ("x", "y")


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    async with webhook() as running:
        yield running


class Ends:
    """Runs that end, and two webhooks that are told of it."""

    def __init__(self, running: Site, hook: Webhook) -> None:
        self.all: list[str] = []
        """Ids of runs, in the order in which they have ended."""
        self.cut_off: list[str] = []
        """Of those, the ones whose first telling nobody has answered."""
        self._running = running
        self._hook = hook

    async def make_webhooks(self) -> None:
        headers = {"Authorization": f"Bearer {self._running.token(role=Role.ADMIN)}"}
        path = f"{self._running.urls[0]}/api/webhooks"
        for name in NAMES:
            wanted = {"url": f"{self._hook.url}/{name}"}
            async with self._running.http.post(path, json=wanted, headers=headers) as answer:
                assert answer.status == 200, await answer.text()

    async def one(self, server: ServerProcess) -> None:
        """A run ends on this server."""
        device = await self._running.device(self._running.servers.index(server))
        begun = await device.start("1001", message="Hello", continuous={"pause": 60.0})
        assert begun["ok"], begun
        about = {"profileId": "1001", "type": "chat"}
        assert (await device.call("stopProcessing", about))["ok"]
        await device.close()
        self.all.append(begun["runId"])

    async def one_on_its_way(self) -> None:
        """A run ends; both webhooks are being told, and do not answer."""
        self._hook.open.clear()
        await self.one(self._running.servers[0])
        self.cut_off.append(self.all[-1])
        await self._arrive()

    async def all_told(self) -> None:
        """Both webhooks answer again."""
        self._hook.open.set()
        await self._arrive()

    def told(self, name: str) -> list[str]:
        """The runs of which it was told, one after the other."""
        return [said["data"]["runId"] for said in self._hook.told(name)]

    async def _arrive(self) -> None:
        last = self.all[-1]
        await wait_until(lambda: all(last in self.told(name) for name in NAMES), what=last)


async def teller(running: Site) -> ServerProcess:
    """The server that tells the account's webhooks now."""
    sender, name = key_groups.of_webhook(ACCOUNT).sender, ""

    async def is_there() -> bool:
        nonlocal name
        name = str(await running.redis.get(sender) or "")
        return name != ""

    await wait_until(is_there, what="a server that tells them")
    return next(each for each in running.servers if f'"server": "{name}.' in each.log)


async def test_each_end_is_told_in_order_whoever_is_killed(hook: Webhook) -> None:
    async with site(2, program=soon_told.PROGRAM, webhook_private="true") as running:
        ends = Ends(running, hook)
        await ends.make_webhooks()
        hook.answers["y"] = [500, 500, 200]  # of which the first is heard by nobody
        for _ in range(2):
            await ends.one_on_its_way()
            dying = await teller(running)
            dying.kill()
            [other] = [each for each in running.servers if each is not dying]
            for _ in range(2):
                await ends.one(other)
            await ends.all_told()
            await dying.start()
        await ends.one_on_its_way()
        for server in running.servers:
            server.kill()
        running.valkey.stop()
        hook.open.set()
        await running.valkey.start()
        for server in running.servers:
            await server.start()
        await ends.one(running.servers[0])
        await ends.all_told()

        for name in NAMES:
            told = ends.told(name)
            assert list(dict.fromkeys(told)) == ends.all
            ids = defaultdict(set)
            for run, headers in zip(told, hook.headers(name), strict=True):
                ids[run].add(headers["webhook-id"])
            assert all(len(of_one) == 1 for of_one in ids.values()), ids
            assert len(set.union(*ids.values())) == len(ends.all), "each end has one of its own"
            for run in ends.cut_off:
                assert told.count(run) > 1, "nobody said that it was heard"
        assert ends.told("y").index(ends.all[1]) >= 3, "the next one waits until it was taken"
