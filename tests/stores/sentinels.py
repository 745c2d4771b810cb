"""A primary, its replica, and three sentinels that put the one in the other's place."""

from functools import partial
from pathlib import Path

from tests.stores.nodes import Node, items, until

SERVICE = "main"
QUORUM = 2
DOWN_AFTER = 2000
"""ms without an answer until a sentinel takes a server for dead: lower than anybody's own setting,
higher than a busy machine's pauses. Pings are a second apart, so that with less than two of them a
server that has just become the primary is at once taken for dead, too."""
FAILOVER_TIMEOUT = 5000
"""ms after which a failover that did not come to its end is tried again."""


class SentinelSite:
    """``nodes``: the two data servers; the first one is the primary to begin with."""

    def __init__(self, folder: Path, *options: str, patience: int = DOWN_AFTER) -> None:
        """``options`` are for the data servers; ``patience`` in ms."""
        self._patience = patience
        self.nodes = [
            Node(folder / f"node-{number}", "--repl-diskless-sync-delay", "0", *options)
            for number in range(2)
        ]
        self.sentinels = [
            Node(folder / f"sentinel-{number}", mode="--sentinel") for number in range(3)
        ]
        hosts = ",".join(sentinel.address for sentinel in self.sentinels)
        self.url = f"redis+sentinel://{hosts}/{SERVICE}"

    async def start(self) -> None:
        """Return when a failover would find everybody in their place."""
        primary, replica = self.nodes
        for node in self.nodes:
            node.spawn()
        for node in self.nodes:
            await until(partial(node.ask, "PING"), f"answer of {node.url}")
        replica.ask("REPLICAOF", "127.0.0.1", primary.port)
        await until(lambda: _linked(replica), "the replica to follow its primary")
        for sentinel in self.sentinels:
            _configure(sentinel, primary, self._patience)
            sentinel.spawn()
        for sentinel in self.sentinels:
            await until(partial(_informed, sentinel), "sentinels to know each other")

    def stop(self) -> None:
        for node in (*self.sentinels, *self.nodes):
            node.kill()

    def primary(self) -> Node:
        """Who is the primary, by what the first sentinel says."""
        answer = items(self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE))
        return next(node for node in self.nodes if node.port == int(answer[1]))

    async def whole(self) -> None:
        """Return when one of the two follows the other, also after a failover."""

        def is_whole() -> bool:
            primary = self.primary()
            others = [node for node in self.nodes if node is not primary]
            return _role(primary) == "master" and all(_linked(node) for node in others)

        await until(is_whole, "one primary and one replica")

    def flush(self) -> None:
        self.primary().ask("FLUSHALL")


def _configure(sentinel: Node, primary: Node, patience: int) -> None:
    settings = (
        f"dir {sentinel.folder}",
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} {QUORUM}",
        f"sentinel down-after-milliseconds {SERVICE} {patience}",
        f"sentinel failover-timeout {SERVICE} {FAILOVER_TIMEOUT}",
        f"sentinel parallel-syncs {SERVICE} 1",
    )
    (sentinel.folder / "node.conf").write_text("\n".join(settings) + "\n")


def _role(node: Node) -> str:
    return str(items(node.ask("ROLE"))[0])


def _linked(node: Node) -> bool:
    """Whether a replica has all that its primary had."""
    role, *state = items(node.ask("ROLE"))
    return bool(role == "slave" and state[2] == "connected")


def _informed(sentinel: Node) -> bool:
    fields = items(sentinel.ask("SENTINEL", "MASTER", SERVICE))
    state = dict(zip(fields[::2], fields[1::2], strict=True))
    return int(state["num-other-sentinels"]) >= 2 and int(state["num-slaves"]) >= 1
