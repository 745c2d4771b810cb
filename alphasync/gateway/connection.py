"""Requests to the gateway over connections that are kept: how far one came that failed.

A connection that the other side has closed while it was idle looks alive until something is
written to it, and then nobody can say whether that was read. So connections are reused only while
they are young, and before one is used again the loop gets to see whether it was closed.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import structlog
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from alphasync.gateway import tracing
from alphasync.gateway.addresses import AddressRefused, Resolver
from alphasync.gateway.port import GatewayRefused, GatewayUnavailable

# Seconds without use after which a connection is not used again. Servers that close idle ones after
# less than two are rare: gunicorn does after two, Node and uvicorn after five.
REUSE_TIMEOUT = 1.0
# Seconds by which a gateway's own announcement must be longer: its clock started before ours.
REUSE_MARGIN = 1.0
# Bytes of an error answer that are looked at for an explanation.
ERROR_MAX = 64 * 1024

_KEEP_ALIVE = re.compile(r"\btimeout\s*=\s*\"?([0-9]{1,9})", re.ASCII | re.IGNORECASE)


log = structlog.get_logger(__name__)


class Body(aiohttp.BytesPayload):
    """The body of a request, and how far it came."""

    def __init__(self, value: bytes) -> None:
        super().__init__(value, content_type="application/json")
        self.written = False
        """Whether anything of the request can have gone out."""
        self.too_late = False
        """Whether the connection was closed by the time that it was to be written to."""

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        # The headers wait for this to go out with it. A connection closed by now takes nothing.
        transport = getattr(writer, "transport", None)
        if transport is None or transport.is_closing():
            self.too_late = True
            raise aiohttp.ClientConnectionResetError("closed before anything was written")
        self.written = True
        await super().write_with_length(writer, content_length)


class Connections:
    """The connections to one gateway. Belongs to one event loop."""

    def __init__(
        self, timeout: float, *, private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        """`timeout`: seconds for one whole call; `private`: whether any name may lead to a private
        address; `tls`: whose certificates are believed, by default whom the system knows."""
        self._private = private
        self._tls = tls or True
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._reuse = True
        """Whether the gateway keeps idle connections for long enough, as far as it says."""
        self._closed = False

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: URL,
        token: str | None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request; every failure of the network inside the block is a GatewayUnavailable."""
        sent_headers = {**(headers or {}), tracing.HEADER: tracing.traceparent()}
        if token is not None:
            sent_headers["Authorization"] = f"Bearer {header_value(token)}"
        try:
            # A redirect is an answer like others: followed, it would carry the token elsewhere.
            async with self._session().request(
                method, url, headers=sent_headers, data=body, allow_redirects=False
            ) as response:
                self._heed(response.headers)
                yield response
        except TimeoutError as error:
            raise GatewayUnavailable("The gateway did not answer in time") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise GatewayUnavailable("The gateway's certificate is not valid") from error
        except aiohttp.ClientConnectorSSLError as error:
            raise GatewayUnavailable("The gateway makes no secure connection") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                # Where it leads is no business of clients.
                log.error("the gateway is not asked", reason=str(error.os_error))
            raise GatewayUnavailable("The gateway cannot be reached") from error
        except (aiohttp.ServerDisconnectedError, OSError) as error:
            raise GatewayUnavailable("The connection to the gateway was lost") from error
        except aiohttp.ClientError as error:
            raise GatewayUnavailable("The gateway's answer cannot be read") from error

    async def close(self) -> None:
        """Close the connections. Requests made after it fail as unavailable."""
        self._closed = True
        for session in self._sessions.values():
            await session.close()

    def _heed(self, headers: Mapping[str, str]) -> None:
        announced = _KEEP_ALIVE.search(headers.get("Keep-Alive", ""))
        if announced:
            self._reuse = float(announced[1]) >= REUSE_TIMEOUT + REUSE_MARGIN

    def _session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise GatewayUnavailable("The gateway client is closed")
        reuse = self._reuse
        if reuse not in self._sessions:
            trace = aiohttp.TraceConfig()
            trace.on_connection_reuseconn.append(_look_at_it)
            # No limit of our own: a run has one request at a time, so the number of runs is
            # the bound, and waiting for a free connection would count as a gateway failure.
            resolver = Resolver(private=self._private)
            connector = (
                aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=REUSE_TIMEOUT, ssl=self._tls, resolver=resolver
                )
                if reuse
                else aiohttp.TCPConnector(
                    limit=0, force_close=True, ssl=self._tls, resolver=resolver
                )
            )
            self._sessions[reuse] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trace_configs=[trace],
                # Nothing is unpacked: a small answer can unpack to gigabytes.
                auto_decompress=False,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": "alphasync",
                },
            )
        return self._sessions[reuse]


async def read_up_to(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """The body, or None if it is longer than `limit` bytes or compressed."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return None
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def header_value(value: str) -> str:
    """`value`, which a header can hold. Raises GatewayRefused."""
    if not (value.isascii() and value.isprintable()):
        # Checked here because later, on an open connection, it would look like a lost one.
        raise GatewayRefused("A header value cannot be sent")
    return value


async def _look_at_it(*_: object) -> None:
    # One turn of the loop reads what has come, an end of the connection included.
    await asyncio.sleep(0)
