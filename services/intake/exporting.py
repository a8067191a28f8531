"""导出: complaints as CSV, XLSX or GeoJSON. A file is made whole before its first byte is sent: half an export would look
like a whole one. Memory does not grow with it: a cursor reads, a temporary file without a name takes it.
"""

import asyncio
import csv
import io
import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any, Self
from uuid import UUID

import asyncpg
from xlsxwriter import Workbook

from services.intake.columns import ORIGINAL, PUBLIC, Column, Line
from services.intake.domain.asked import KeptOrder
from services.intake.registering import ORDER, WHEREABOUTS, IntakeService
from services.intake.store import COMPLAINTS
from shared.plumbing.audit import EXPORTED, audited
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Connection
from shared.plumbing.guard import guarded
from shared.plumbing.searching import Search
from shared.plumbing.spreadsheet import cell
from shared.rules.broken import Reason, RuleBroken

PORTION = 500
_CHUNK = 65_536
_SHEET_CELL = 32_767
"""More characters no cell of a spreadsheet can hold."""


class Form(StrEnum):
    """文件格式."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """As the answer's Content-Type says; a text gets its charset from the server."""
        return _MEDIA[self]


_MEDIA = {
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.GEOJSON: "application/geo+json",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is ready to be sent."""

    file: IO[bytes]
    rows: int
    size: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes; it is gone afterwards."""
        with self.file as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk


async def export(
    service: IntakeService, caller: Person, search: Search, form: Form, *, originals: bool, reason: str
) -> Made:
    """All complaints that the search finds. Who exported how many, and why, is kept.

    With originals those that the caller handles, confidential ones among them; else only what is public.
    """
    if originals:
        _handled(search, caller)
    else:
        search.where("confidential = ?", False)
    query = (
        f"select {', '.join(COMPLAINTS.columns)} from complaints where {search.clause} order by received_at desc, id"
    )
    columns = [*PUBLIC, *ORIGINAL] if originals else PUBLIC
    with ExitStack() as failed:
        file = failed.enter_context(tempfile.TemporaryFile())
        with _WRITERS[form](file, columns) as writer:
            async with service.pool.acquire() as con, con.transaction(isolation="repeatable_read"):
                cursor = await con.cursor(query, *search.arguments)
                while rows := await cursor.fetch(PORTION):
                    lines = await _lines(service, con, rows, originals=originals)
                    await asyncio.to_thread(writer.write, lines)
                await asyncio.to_thread(writer.close)
                what = f"{form}/{'originals' if originals else 'public'}/{writer.rows}"
                await audited(con, caller, EXPORTED if originals else "complaints.export", what, reason)
        made = Made(file, writer.rows, file.seek(0, io.SEEK_END))
        file.seek(0)
        failed.pop_all()
        return made


def _handled(search: Search, caller: Person) -> None:
    """The originals are for the request centre and the units that handle a complaint, not for where it happened."""
    match caller.reach:
        case Reach.COMMUNITY:
            own = sorted(caller.communities)
            search.where("(lead = any(?::text[]) or jsonb_exists_any(support, ?::text[]))", own)
        case Reach.DEPARTMENT | Reach.TOWN:
            pass


async def _lines(
    service: IntakeService, con: Connection, rows: Sequence[asyncpg.Record], *, originals: bool
) -> list[Line]:
    kept: dict[tuple[UUID, str], str | None] = {}
    if originals:
        wanted = [(row["id"], field) for row in rows for field in (ORDER, WHEREABOUTS)]
        kept = await service.vault.read_entries(con, wanted)
    lines = []
    for row in rows:
        order, hidden = kept.get((row["id"], ORDER)), kept.get((row["id"], WHEREABOUTS))
        lines.append(
            Line(
                row["id"],
                COMPLAINTS.stored(row),
                service.town,
                KeptOrder.model_validate_json(order) if order else None,
                json.loads(hidden) if hidden else None,
            )
        )
    return lines


class Writer(ABC):
    """Writes lines into a file, in its own format."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self.columns, self.rows = columns, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whether it became whole or not: nothing but the file is left."""
        self.leave()

    def leave(self) -> None:  # noqa: B027 - most writers have nothing besides the file
        """Clear away what was needed besides the file."""

    def write(self, lines: Sequence[Line]) -> None:
        """Some more lines."""
        for line in lines:
            self.line(line)
            self.rows += 1

    @abstractmethod
    def line(self, line: Line) -> None:
        """One more line."""

    @abstractmethod
    def close(self) -> None:
        """The file is whole."""

    def cells(self, line: Line) -> list[str]:
        """A line's cells, none of which a spreadsheet runs."""
        return [guarded(cell(value(line))) for _, value in self.columns]


class CsvWriter(Writer):
    """RFC 4180, UTF-8 with a byte order mark, by which Excel knows it."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        super().__init__(file, columns)
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._csv = csv.writer(self._text)
        self._csv.writerow(heading for heading, _ in columns)

    def line(self, line: Line) -> None:
        """One more line."""
        self._csv.writerow(self.cells(line))

    def close(self) -> None:
        """The file is whole."""
        self._text.flush()
        self._text.detach()


class XlsxWriter(Writer):
    """One sheet of texts; each row is written away before the next one begins."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        super().__init__(file, columns)
        self._folder = tempfile.TemporaryDirectory()
        self._book = Workbook(file, {"constant_memory": True, "tmpdir": self._folder.name})
        self._open = True
        self._sheet = self._book.add_worksheet("诉求")
        self._put(0, [heading for heading, _ in columns])

    def line(self, line: Line) -> None:
        """One more line."""
        self._put(self.rows + 1, self.cells(line))

    def _put(self, row: int, cells: Sequence[str]) -> None:
        for column, text in enumerate(cells):
            if len(text.encode("utf-16-le")) > 2 * _SHEET_CELL:
                raise RuleBroken(
                    Reason("cell_too_long", f"“{self.columns[column][0]}”一列有内容超过表格单元格的长度，请导出为 CSV")
                )
            if text:
                self._sheet.write_string(row, column, text)

    def close(self) -> None:
        """The file is whole."""
        self._book.close()
        self._open = False

    def leave(self) -> None:
        """Clear away what was needed besides the file."""
        if self._open:
            self._book.close()
        self._folder.cleanup()


class GeoJsonWriter(Writer):
    """RFC 7946: a Feature for each complaint, at the position of its named place, where the town has entered one."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        super().__init__(file, columns)
        self._file = file
        self._file.write(b'{"type": "FeatureCollection", "features": [')

    def line(self, line: Line) -> None:
        """One more feature."""
        place = line.town.place(line.spot[1])
        point = {"type": "Point", "coordinates": place.position} if place and place.position else None
        properties = {heading: _value(value(line)) for heading, value in self.columns}
        feature = {"type": "Feature", "id": str(line.id), "geometry": point, "properties": properties}
        self._file.write(b",\n" if self.rows else b"\n")
        self._file.write(json.dumps(feature, ensure_ascii=False).encode())

    def close(self) -> None:
        """The file is whole."""
        self._file.write(b"\n]}\n")


def _value(value: object) -> Any:
    """A property: numbers and yes or no stay what they are."""
    return value if value is None or isinstance(value, bool | int) else cell(value)


_WRITERS: dict[Form, type[Writer]] = {Form.CSV: CsvWriter, Form.XLSX: XlsxWriter, Form.GEOJSON: GeoJsonWriter}
