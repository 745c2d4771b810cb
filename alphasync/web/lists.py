"""Lists of recipients over HTTP, as CSV: the do-not-contact list in and out, the blocklist out."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web

from alphasync.domain.roles import Right
from alphasync.domain.runs import ProcessingType
from alphasync.errors import (
    CsvTooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)
from alphasync.protocol.list_commands import Cursor
from alphasync.services.do_not_contact import DoNotContact
from alphasync.services.listing import Place, place_of
from alphasync.services.logins import Logins
from alphasync.services.messaged import MessagedBefore
from alphasync.web.csv_lists import BOM, WrongLine, read, written
from alphasync.web.json_bodies import STATUS, ok, query_of
from alphasync.web.who_asks import is_whole, who_asks

CSV = "text/csv"
IMPORT_MAX = 1_000_000
"""Bytes of a file that is imported: some 50,000 ids of a usual length."""
EXPORT_MAX = 500_000
"""Bytes of one answer, about; the next one goes on where it ends."""
PAGE_ROWS = 100
"""Rows that are read and written in one go, in about 2 ms: others are served in between. With five
times as many it takes just as long, and others wait for three times as long meanwhile."""
NEXT_HEADER = "X-Next-Cursor"
"""Where the next answer goes on, percent-encoded; absent from the last one."""


class Imported(msgspec.Struct, frozen=True):
    """All recipients of the file are on the list."""

    added: int
    """How many were not on it."""
    already: int
    """How many were; they stay as they were. A recipient who is in the file twice counts once."""
    count: int
    """How many are on the list now."""
    status: bool = True
    """Always true."""


class ImportRefused(msgspec.Struct, frozen=True):
    """Some lines cannot be read, and nothing was imported."""

    message: str
    lines: list[WrongLine]
    """The first 100 of them."""
    more: int
    """How many more there are."""
    code: Literal["csv_lines"] = "csv_lines"
    retryable: bool = False
    status: bool = False


class ExportQuery(msgspec.Struct, frozen=True):
    """Where to go on."""

    cursor: Cursor | None = None
    """As the answer before said; absent for the first one."""


class BlocklistQuery(ExportQuery, frozen=True, kw_only=True):
    """Which list, and where to go on."""

    type: ProcessingType


class Lists:
    def __init__(
        self, logins: Logins, do_not_contact: DoNotContact, messaged: MessagedBefore
    ) -> None:
        self._logins = logins
        self._do_not_contact = do_not_contact
        self._messaged = messaged
        self._importing: set[str] = set()
        """Accounts, so that each has at most one file in the memory of this server."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/do-not-contact/import", self.import_do_not_contact),
            web.get("/api/do-not-contact/export", self.export_do_not_contact),
            web.get("/api/profiles/{profile}/blocklist/export", self.export_blocklist),
        ]

    async def import_do_not_contact(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.WORK, services=True)
        if request.content_type != CSV:
            # Plain text can be sent by any page of the web, without being asked.
            raise UnsupportedMediaType("The body must be text/csv")
        if who.account in self._importing:
            raise TooManyRequests("An import of this account is under way", retryAfter=1)
        self._importing.add(who.account)
        try:
            came_whole = is_whole(request)
            raw = await _file(request)
            if not came_whole:
                who = await who_asks(request, self._logins, Right.WORK, services=True)
            # Beside the loop: 1 MB of short lines takes half a second.
            found = await asyncio.to_thread(read, raw)
            if found.wrong:
                number = len(found.wrong) + found.more
                said = f"Nothing was imported: {number} lines cannot be read"
                refused = ImportRefused(said, found.wrong, found.more)
                return ok(refused, status=STATUS[refused.code])
            done = await self._do_not_contact.add_all(who, found.entries)
        finally:
            self._importing.remove(who.account)
        already = len(found.entries) - done.number
        return ok(Imported(added=done.number, already=already, count=done.in_all))

    async def export_do_not_contact(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        place = place_of(query_of(request, ExportQuery).cursor)
        answer = Part(place, ("id", "added", "operator", "note"))
        async with self._do_not_contact.turns.of(who.account):
            while answer.wants_more:
                page = await self._do_not_contact.page(who, answer.place, most=PAGE_ROWS)
                rows = [
                    (e["id"], spreadsheet_time(e["at"]), e["operatorId"], e["note"])
                    for e in page.recipients
                ]
                answer.add(rows, page.place)
        return answer.response("do-not-contact", answer.place.cursor)

    async def export_blocklist(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        profile = request.match_info["profile"]
        query = query_of(request, BlocklistQuery)
        answer = Part(
            place_of(query.cursor), ("id", "messaged", "run", "run started", "operator", "device")
        )
        async with self._messaged.turns.of(who.account):
            while answer.wants_more:
                page = await self._messaged.page(
                    who, profile, query.type, answer.place, most=PAGE_ROWS
                )
                runs = {
                    run["id"]: (
                        spreadsheet_time(run["startedAt"]),
                        run["operatorId"],
                        run["deviceName"],
                    )
                    for run in page.runs
                }
                answer.add(
                    [
                        (
                            e["id"],
                            spreadsheet_time(e["at"]),
                            e["runId"],
                            *runs.get(e["runId"], ("", "", "")),
                        )
                        for e in page.recipients
                    ],
                    page.place,
                )
        return answer.response(f"messaged-{query.type}", answer.place.cursor)


class Part:
    """One answer of an export that may take several: the first has a line of headings."""

    def __init__(self, place: Place, headings: Sequence[str]) -> None:
        self.place = place
        self._text = "" if place.id else BOM + written([headings])
        self._started = False

    @property
    def wants_more(self) -> bool:
        return not self._started or (bool(self.place.id) and len(self._text) < EXPORT_MAX)

    def add(self, rows: Sequence[Sequence[str]], place: Place) -> None:
        self._started = True
        self._text += written(rows)
        self.place = place

    def response(self, name: str, cursor: str | None) -> web.Response:
        answer = web.Response(text=self._text, content_type=CSV, charset="utf-8")
        answer.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}.csv"'
        answer.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = NEXT_HEADER
        answer.headers[hdrs.CACHE_CONTROL] = "no-store"
        if cursor is not None:
            answer.headers[NEXT_HEADER] = quote(cursor, safe="")
        return answer


async def _file(request: web.Request) -> bytes:
    """Raises CsvTooLarge."""
    if (request.content_length or 0) > IMPORT_MAX:
        raise CsvTooLarge
    raw = bytearray()
    while chunk := await request.content.read(64 * 1024):
        raw += chunk
        if len(raw) > IMPORT_MAX:
            raise CsvTooLarge
    return bytes(raw)


def spreadsheet_time(at: int) -> str:
    """As a spreadsheet reads it, in UTC."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
