"""Where a JSON Web Key Set is to be read: in a file, or by https."""

import asyncio
import ssl
from pathlib import Path
from typing import Protocol

import aiohttp
from yarl import URL

from alphasync.gateway.addresses import AddressRefused, Resolver
from alphasync.gateway.connection import read_up_to
from alphasync.services.public_keys import FILE_MAX

FETCH_TIMEOUT = 10.0
"""Seconds for a whole answer."""
ANSWER_MAX = 64 * 1024
"""Bytes: what PUBLIC_KEYS_MAX keys take, with a certificate each."""


class NotRead(Exception):
    """A key set that cannot be had now; the text says why."""


class KeySource(Protocol):
    @property
    def name(self) -> str:
        """What it is called in the log."""

    @property
    def whole(self) -> str:
        """What tells it from others, which may hold a secret."""

    async def read(self) -> bytes:
        """The key set as it is now. Raises NotRead."""


class InFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def whole(self) -> str:
        return self.name

    async def read(self) -> bytes:
        return await asyncio.to_thread(self.read_now)

    def read_now(self) -> bytes:
        """The same for whoever can wait for the disk. Raises NotRead."""
        try:
            with self._path.open("rb") as file:
                return file.read(FILE_MAX + 1)
        except OSError as error:
            raise NotRead(error.strerror or type(error).__name__) from None


class AtAddress:
    """``tls``: whose certificates are believed, by default whom the system knows."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self._url = URL(url)
        self._tls = tls or True

    @property
    def name(self) -> str:
        return str(self._url.with_query(None))  # keys may stand there

    @property
    def whole(self) -> str:
        return str(self._url)

    async def read(self) -> bytes:
        try:
            return await self._asked()
        except TimeoutError:
            raise NotRead(f"no answer in {FETCH_TIMEOUT:.0f} s") from None
        except aiohttp.ClientConnectorCertificateError:
            raise NotRead("its certificate is not valid") from None
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, AddressRefused)
            raise NotRead(
                str(error.os_error) if refused else f"it cannot be reached ({error.strerror})"
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a name that DNS cannot have
            raise NotRead(f"no answer that can be read ({type(error).__name__})") from None

    async def _asked(self) -> bytes:
        # Private addresses will do: nothing is sent there, and who answers has to prove its name.
        connector = aiohttp.TCPConnector(
            ssl=self._tls, resolver=Resolver(private=True), force_close=True
        )
        headers = {
            "Accept": "application/jwk-set+json, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "alphasync",
        }
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=FETCH_TIMEOUT),
                auto_decompress=False,
                headers=headers,
            ) as session,
            # A redirect could lead to where the setting did not.
            session.get(self._url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise NotRead(f"it answered {response.status}")
            text = await read_up_to(response, ANSWER_MAX)
        if text is None:
            raise NotRead(f"it is larger than {ANSWER_MAX} bytes, or compressed")
        return text
