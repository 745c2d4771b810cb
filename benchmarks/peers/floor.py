"""The floor: what the work itself costs in Python on uvloop, with no library for any of it.

A WebSocket and a Redis connection written by hand, one script call per command, the event encoded
once, as a whole WebSocket frame, by whoever gets the command; servers forward these bytes. What
falls into one turn of the event loop leaves in one write per socket. It checks no token, knows no
polling, sends no pings, bounds nothing, recovers nothing and heeds no fragments.
"""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import time
from collections.abc import Callable
from functools import partial
from typing import cast
from urllib.parse import urlsplit

import hiredis
import msgspec
import uvloop

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CHANNEL = b"floor"
DRAFT_TTL = b"7200"
SET_DRAFT = b"""
local revision = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local text = ARGV[5] .. revision .. '}]'
local n = #text
local header = n < 126 and string.char(129, n)
  or string.char(129, 126, math.floor(n / 256), n % 256)
redis.call('PUBLISH', ARGV[4], ARGV[6] .. '\\n' .. header .. text)
return revision
"""
"""KEYS: drafts, revision. ARGV: field, text, lifetime, channel, the packet up to the revision, and
``account\\nsender``."""


class Draft(msgspec.Struct, rename="camel"):
    profile_id: str
    type: str
    message: str


class Updated(msgspec.Struct, rename="camel"):
    profile_id: str
    type: str
    message: str
    device_id: str
    timestamp: int


command = msgspec.json.Decoder(tuple[str, Draft])
encoder = msgspec.json.Encoder()


def packed(*words: bytes) -> bytes:
    """A Redis command."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


def framed(text: bytes) -> bytes:
    """A WebSocket text frame of less than 64 KB."""
    size = len(text)
    header = bytes((129, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return header + text


class RedisConnection(asyncio.Protocol):
    """Writes once per turn of the loop; hands every answer to ``heard``."""

    transport: asyncio.Transport

    def __init__(self, heard: Callable[[object], None]) -> None:
        self._heard = heard
        self._reader = hiredis.Reader()
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def send(self, request: bytes) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(request)

    def _flush(self) -> None:
        self.transport.write(b"".join(self._waiting))
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            self._heard(answer)


class Hub:
    """The rooms of this server, and its way to the other one."""

    def __init__(self) -> None:
        self.rooms: dict[bytes, dict[bytes, Client]] = {}
        self.redis = RedisConnection(lambda answer: None)
        self.subscriber = RedisConnection(self._published)
        self.digest = hashlib.sha1(SET_DRAFT).hexdigest().encode()
        self._written: dict[Client, list[bytes]] = {}

    async def start(self, path: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self.redis, path)
        await loop.create_unix_connection(lambda: self.subscriber, path)
        self.redis.send(packed(b"SCRIPT", b"LOAD", SET_DRAFT))
        self.subscriber.send(packed(b"SUBSCRIBE", CHANNEL))

    def _published(self, answer: object) -> None:
        assert isinstance(answer, list)
        if answer[0] != b"message":
            return
        account, sender, frame = answer[2].split(b"\n", 2)
        written = self._written
        if not written:
            asyncio.get_running_loop().call_soon(self._flush)
        for name, client in self.rooms.get(account, {}).items():
            if name == sender:
                continue
            if client in written:
                written[client].append(frame)
            else:
                written[client] = [frame]

    def _flush(self) -> None:
        for client, frames in self._written.items():
            client.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
        self._written.clear()


class Client(asyncio.Protocol):
    transport: asyncio.Transport
    numbers = itertools.count(1)

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rest = b""
        self._open = False
        self._account = b""
        self._name = b"%d-%d" % (os.getpid(), next(Client.numbers))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, error: Exception | None) -> None:
        room = self._hub.rooms.get(self._account, {})
        room.pop(self._name, None)
        if not room:
            self._hub.rooms.pop(self._account, None)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._answer(head)
        position = 0
        while len(data) - position >= 6:
            size, start = data[position + 1] & 127, position + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            end_at = start + 4 + size
            if end_at > len(data):
                break
            mask = data[start : start + 4] * (size // 4 + 1)
            masked = int.from_bytes(data[start + 4 : end_at], "little")
            text = masked ^ int.from_bytes(mask[:size], "little")
            self._said(text.to_bytes(size, "little"))
            position = end_at
        self._rest = data[position:]

    def _answer(self, head: bytes) -> None:
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
        if key is None:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()
            return
        accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
        self._open = True
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n"
            % accept
            + framed(b'0{"sid":"%b","pingInterval":25000,"pingTimeout":20000}' % self._name)
        )

    def _said(self, text: bytes) -> None:
        if text.startswith(b"42"):
            self._update(command.decode(text[2:])[1])
        elif text.startswith(b"40"):
            payload = json.loads(text[2:])["token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
            self._account = claims["operatorId"].encode()
            self._hub.rooms.setdefault(self._account, {})[self._name] = self
            self.transport.write(
                framed(b'40{"sid":"%b"}' % self._name)
                + framed(b'42["deviceRegistered",{"deviceId":"%b"}]' % self._name)
            )

    def _update(self, draft: Draft) -> None:
        event = Updated(
            draft.profile_id, draft.type, draft.message, self._name.decode(), now_in_ms()
        )
        payload = encoder.encode(event)
        self._hub.redis.send(
            packed(
                *(b"EVALSHA", self._hub.digest, b"2"),
                *(b"drafts:" + self._account, b"revision:" + self._account),
                f"{draft.type}:{draft.profile_id}".encode(),
                draft.message.encode(),
                *(DRAFT_TTL, CHANNEL),
                b'42["messageUpdated",' + payload[:-1] + b',"revision":',
                self._account + b"\n" + self._name,
            )
        )


def now_in_ms() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


async def main() -> None:
    hub = Hub()
    await hub.start(urlsplit(os.environ["REDIS_URL"]).path)
    server = await asyncio.get_running_loop().create_server(
        partial(Client, hub), os.environ["HOST"], int(os.environ["PORT"]), backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
