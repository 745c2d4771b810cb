"""A key as lines: parts of it are read page by page, so that memory stays flat."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from redis.asyncio import Redis, RedisCluster

from alphasync.account_data.kinds import OTHER, SECRET, Kind

PAGE = 500
"""Parts of a key that are read at once."""

Line = dict[str, Any]


async def lines_of(client: Redis | RedisCluster, name: bytes, kind: Kind) -> AsyncIterator[Line]:
    """What is under a key, without what is hidden of its kind. A part that changes meanwhile may
    come twice."""
    stored = _text(await client.type(name))
    if kind.shape == "record" and stored == "hash":
        fields = {
            _text(field): _text(value) for field, value in (await client.hgetall(name)).items()
        }
        if fields:
            yield {"fields": _shown(fields, kind)}
        return
    async for part in _parts(client, name, stored):
        if kind.hidden and stored == "stream":
            part["fields"] = _shown(part["fields"], kind)
        yield _shaped(part, kind)


async def _parts(client: Redis | RedisCluster, name: bytes, stored: str) -> AsyncIterator[Line]:
    match stored:
        case "hash":
            async for field, value in client.hscan_iter(name, count=PAGE):
                yield {"id": _text(field), "value": _text(value)}
        case "zset":
            async for member, score in client.zscan_iter(name, count=PAGE):
                yield {"id": _text(member), "at": int(score)}
        case "set":
            async for member in client.sscan_iter(name, count=PAGE):
                yield {"id": _text(member)}
        case "stream":
            start = "-"
            while page := await client.xrange(name, start, "+", count=PAGE):
                for id_, fields in page:
                    shown = {_text(field): _text(value) for field, value in (fields or {}).items()}
                    yield {"id": _text(id_ or b""), "fields": shown}
                start = f"({_text(page[-1][0] or b'')}"
        case "list":
            for first in range(0, await client.llen(name), PAGE):
                for value in await client.lrange(name, first, first + PAGE - 1):
                    yield {"value": _text(value)}
        case "string":
            yield {"value": _text(await client.get(name) or b"")}


def _shaped(part: Line, kind: Kind) -> Line:
    if kind is OTHER:
        if SECRET.search(str(part.get("id", ""))):
            return {**part, "value": "(not taken out)"}
        if "fields" in part:
            return {**part, "fields": _shown(part["fields"], kind)}
        return part
    if kind.shape == "notes" and "value" in part:
        return {"id": part["id"], **_note(part["value"])}
    if kind.shape in ("documents", "values"):
        where = "id" if kind.shape == "documents" else "value"
        try:
            return {**part, where: msgspec.json.decode(part[where])}
        except msgspec.DecodeError:
            return part
    if kind.name == "event" and "e" in part.get("fields", {}):
        return _event(part["fields"]["e"])
    return part


def _note(text: str) -> Line:
    """What is remembered of a recipient (see ``remembered`` in listed.lua)."""
    parts = text.split("\n", 3)
    if len(parts) < 4 or not parts[1].isdigit():
        return {"name": text}
    return {"name": parts[0], "at": int(parts[1]), "runId": parts[2], "reason": parts[3]}


def _event(envelope: str) -> Line:
    """An event as devices got it (see ``append`` in log.lua)."""
    parts = envelope.split("\n", 4)
    try:
        name, payload = msgspec.json.decode(parts[4].removeprefix("2"))
    except (IndexError, ValueError, msgspec.DecodeError):
        return {"value": envelope}
    return {"event": name, "payload": payload}


def _shown(fields: dict[str, str], kind: Kind) -> dict[str, str]:
    if kind is OTHER:
        return {name: value for name, value in fields.items() if not SECRET.search(name)}
    return {name: value for name, value in fields.items() if name not in kind.hidden}


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
