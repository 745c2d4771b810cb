"""Redis Sentinel: connections that find the primary, and are given up when it is another one."""

import asyncio
import weakref
from typing import Any, NamedTuple

import structlog
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from alphasync.store.redis.urls import RedisUrl, UnsupportedUrl, parse, redacted
from alphasync.store.redis.wire import transport_of
from alphasync.tasks import Tasks

SCHEMES = ("redis+sentinel", "rediss+sentinel")
URL_FORM = "redis+sentinel://[[user]:password@]host:port[,host:port]/SERVICE[/db]"
URL_OPTIONS = ("sentinel_username", "sentinel_password")
ASK_TIMEOUT = 0.5
"""Seconds for a sentinel to take the connection, and as many to answer: it is close by, and a hung
one must not keep anybody from the primary that the others know."""
LOOK_INTERVAL = 1.0
"""Seconds between two questions who the primary is. What is written to the old one after the new
one was chosen is lost, so this bounds how much that is."""

log = structlog.get_logger(__name__)


class Primary(NamedTuple):
    epoch: int
    """The sentinels' number of the failover that made it the primary: one more each time."""
    host: str
    port: int


class Sentinels:
    """The sentinels of one service, and the connections to the primary that they have named."""

    def __init__(self, parsed: RedisUrl, service: str) -> None:
        self._hosts = parsed.hosts
        self._service = service
        self._secure = parsed.tls is not None
        self._arguments: dict[str, Any] = {
            "username": parsed.options.get("sentinel_username"),
            "password": parsed.options.get("sentinel_password"),
            "socket_connect_timeout": ASK_TIMEOUT,
            "socket_timeout": ASK_TIMEOUT,
            "protocol": 2,
            "decode_responses": True,
            "driver_info": None,
            "retry": Retry(NoBackoff(), 0),
            **(parsed.tls or {}),
        }
        self._connections: weakref.WeakSet[PrimaryConnection] = weakref.WeakSet()

    async def primary(self, answers_min: int = 1) -> Primary:
        """The primary of the newest failover that a sentinel knows of: all are asked at once.

        Raises ConnectionError (redis-py's) when fewer than ``answers_min`` know any.
        """
        questions = [self._ask(host, port) for host, port in self._hosts]
        answers = await asyncio.gather(*questions, return_exceptions=True)
        found = [answer for answer in answers if isinstance(answer, Primary)]
        if len(found) < answers_min:
            reasons = "; ".join(sorted({str(a) for a in answers if isinstance(a, Exception)}))
            raise ConnectionLost(f"sentinels know no primary of {self._service!r}: {reasons}")
        return max(found)

    async def majority(self) -> Primary:
        """As ``primary``, of more than half of the sentinels: what one that was cut off believes
        is no reason to leave a primary that answers."""
        return await self.primary(len(self._hosts) // 2 + 1)

    def connected(self, connection: "PrimaryConnection") -> None:
        """Keep an eye on a connection for as long as it is there."""
        self._connections.add(connection)

    def give_up_all_but(self, primary: Primary) -> None:
        """Cut the connections to whoever was the primary before."""
        stale = [c for c in self._connections if c.is_open and c.primary.epoch != primary.epoch]
        if stale:
            address = f"{primary.host}:{primary.port}"
            log.warning("another redis is the primary", primary=address, cut=len(stale))
        for connection in stale:
            connection.cut()

    async def _ask(self, host: str, port: int) -> Primary:
        """One sentinel, on a connection for this question. Raises RedisError or OSError."""
        kind = SSLConnection if self._secure else Connection
        connection = kind(host=host, port=port, **self._arguments)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
            # In one write, which is answered in one go: both answers are of the same moment. The
            # first one's address lags behind while a failover goes on.
            questions = (
                ("SENTINEL", "MASTER", self._service),
                ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service),
            )
            packed = connection.pack_commands(questions)
            await connection.send_packed_command(packed, check_health=False)
            flat = await connection.read_response()
            address = await connection.read_response()
        finally:
            await connection.disconnect(nowait=True)
        state = dict(zip(flat[::2], flat[1::2], strict=True))
        return Primary(int(state["config-epoch"]), address[0], int(address[1]))


class PrimaryConnection(Connection):
    """Each time that it connects, also by itself, it asks the sentinels to whom."""

    def __init__(self, *, sentinels: Sentinels, **arguments: Any) -> None:
        super().__init__(redis_connect_func=_greet, **arguments)
        self._sentinels = sentinels
        self.primary = Primary(-1, "", 0)

    @property
    def is_open(self) -> bool:
        """Whether it is connected and was not cut: it may be a while until its user notices."""
        transport = transport_of(self)
        return transport is not None and not transport.is_closing()

    def cut(self) -> None:
        """End it at once. ``disconnect`` would wait for a hung server to take what is left to send,
        and would let the connection be made anew under whoever is using it."""
        transport = transport_of(self)
        if transport is not None:
            transport.abort()

    async def connect_check_health(
        self, check_health: bool = True, retry_socket_connect: bool = True
    ) -> None:
        """How redis-py makes a connection, whoever asks it to."""
        if not self.is_connected:
            self.primary = await self._sentinels.primary()
            self.host, self.port = self.primary.host, self.primary.port
            self._sentinels.connected(self)
        await super().connect_check_health(check_health, retry_socket_connect)


class SecurePrimaryConnection(PrimaryConnection, SSLConnection):
    """With TLS."""


class PrimaryWatch:
    """Asks every second who the primary is: one that hangs, or does not know yet that it is none
    any more, would not say so."""

    def __init__(self, sentinels: Sentinels) -> None:
        self._sentinels = sentinels
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.spawn(self._look(), "redis sentinel watch")

    async def close(self) -> None:
        await self._tasks.close()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            try:
                self._sentinels.give_up_all_but(await self._sentinels.majority())
            except RedisError as error:
                log.debug("no news of the primary", reason=str(error))


def sentinel_pool(url: str, **arguments: Any) -> tuple[BlockingConnectionPool, Sentinels]:
    """Connections to the primary of ``url``'s service. Raises UnsupportedUrl."""
    parsed = parse(url, URL_OPTIONS)
    service, db = _service(parsed, url)
    sentinels = Sentinels(parsed, service)
    pool = BlockingConnectionPool(
        connection_class=PrimaryConnection if parsed.tls is None else SecurePrimaryConnection,
        sentinels=sentinels,
        db=db,
        **parsed.arguments(),
        **arguments,
    )
    return pool, sentinels


async def lineage_of(connection: AbstractConnection) -> str:
    """The number of the failover: each one may have lost the end of the history. Not as a bare
    number, which could only grow: sentinels that are set up anew begin at zero."""
    if not isinstance(connection, PrimaryConnection):
        raise TypeError(f"made by another pool: {connection!r}")
    return f"s{connection.primary.epoch}"


def _service(parsed: RedisUrl, url: str) -> tuple[str, int]:
    match parsed.path:
        case (service,):
            return service, 0
        case (service, db) if db.isascii() and db.isdigit():
            return service, int(db)
    raise UnsupportedUrl(f"expected {URL_FORM}, got {redacted(url)!r}")


async def _greet(connection: AbstractConnection) -> None:
    """A server that was the primary is believed only when it says that it still is."""
    await connection.on_connect()
    await connection.send_command("ROLE", check_health=False)
    role = (await connection.read_response(disable_decoding=True))[0]
    if role != b"master":
        raise ConnectionLost(f"{connection!r} is no primary, but {role!r}")
