"""Whether the data of the embedded Valkey goes on from where the last server left it.

A data directory may be put back from an older copy while devices remember what came after it. At
each start and each orderly end a mark is written anew: as a file beside the data, and as a key in
it. The key also has the file's inode and the time of its last change, which no copy can bring
along: a directory that was put back whole does not match itself.
"""

import os
import secrets
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from alphasync.store import keys

MARK_FILE = "valkey.mark"
RESTORED = "restored"
"""A lineage that no server has: the next script begins a new epoch."""
ANSWER_TIMEOUT = 10.0
"""Seconds for one command, over the local socket."""


class NoMark(Exception):
    """The mark cannot be read or written; the text says why."""


def go_on(data_dir: Path, socket: Path) -> bool:
    """At a start: begin a new epoch for every account if the data is not what the last server
    left, and mark it. Returns False where it was not. Raises NoMark."""
    try:
        with _client(socket) as client:
            in_data = client.get(keys.MARK)
            beside = _read(data_dir / MARK_FILE)
            same = bool(in_data == beside)
            if not same:
                for meta in client.scan_iter(keys.ALL_METAS, count=1000, _type="hash"):
                    if client.hexists(meta, "epoch"):
                        client.hset(meta, "lineage", RESTORED)
            _mark(data_dir, client)
    except (OSError, RedisError) as error:
        raise NoMark(str(error)) from error
    return same


def leave(data_dir: Path, socket: Path) -> None:
    """At an orderly end: copies that were made until now are older than this. Raises NoMark."""
    try:
        with _client(socket) as client:
            _mark(data_dir, client)
    except (OSError, RedisError) as error:
        raise NoMark(str(error)) from error


def _client(socket: Path) -> Redis:
    return Redis(
        unix_socket_path=str(socket),
        socket_timeout=ANSWER_TIMEOUT,
        protocol=2,
        retry=Retry(NoBackoff(), 0),  # one that is dead is not waited for
    )


def _mark(data_dir: Path, client: Redis) -> None:
    path = data_dir / MARK_FILE
    # A kill between the two makes a new epoch for nothing, which harms nobody.
    with open(path, "w", opener=_private) as file:
        file.write(secrets.token_hex(8))
    mark = _read(path)
    if mark is None:
        raise FileNotFoundError(path)
    client.set(keys.MARK, mark)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> bytes | None:
    try:
        text, found = path.read_bytes()[:64], path.stat()
    except FileNotFoundError:
        return None
    return b"%b %d %d" % (text, found.st_ino, found.st_ctime_ns)
