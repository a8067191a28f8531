"""导入: rows of a file; every row ends as one of four things."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationError

from services.intake.domain.asked import WorkOrder
from services.intake.domain.registration import Conflicting
from services.intake.registering import Desk, Incoming, IntakeService, Outcome, incoming
from shared.events.base import Asked
from shared.events.vocabulary import Channel
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection
from shared.plumbing.errors import pointer
from shared.plumbing.quarantine import Record
from shared.plumbing.topics import WORK_ORDERS
from shared.plumbing.work import Work
from shared.rules.broken import RuleBroken

MOST_ROWS = 500
IMPORTED = "imported"
"""The header of a quarantined row: when it is replayed it is still an import, which urges nobody."""


class Row(Asked):
    """One row: its number in the file, and the work order it says."""

    row: Annotated[int, Field(ge=0)]
    order: dict[str, JsonValue]


class ImportRows(Asked):
    """Some rows of a file."""

    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=MOST_ROWS)]


class End(StrEnum):
    """How a row ends: a complaint of its own, known before, not a work order, or set aside for a person to look at."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


async def import_all(service: IntakeService, ask: Ask, rows: ImportRows) -> dict[str, Any]:
    """Register what can be registered, in one transaction; the same rows again are duplicates."""
    ends: dict[int, dict[str, Any]] = {}
    arriving: list[tuple[int, Row, Incoming]] = []
    for index, row in enumerate(rows.rows):
        try:
            order = WorkOrder.model_validate({"channel": Channel.IMPORT} | row.order)
        except ValidationError as error:
            ends[index] = _end(row, End.REJECTED, "；".join(_wrong(error)))
        else:
            arriving.append((index, row, incoming(service, order)))
    aside: list[tuple[Record, str, str]] = []
    desk: Desk | None = None

    async def prepare(con: Connection, work: Work) -> None:
        nonlocal desk
        desk = await Desk.open(service, con, work, [item for _, _, item in arriving])

    def decide(work: Work) -> dict[str, Any]:
        assert desk is not None
        aside.clear()
        for index, row, item in arriving:
            try:
                ends[index] = _register(desk, work, row, item, ask)
            except RuleBroken as broken:
                reason = broken.reasons[0]
                quarantined = isinstance(broken, Conflicting)
                ends[index] = _end(row, End.QUARANTINED if quarantined else End.REJECTED, reason.words)
                if quarantined:
                    aside.append((_record(item), reason.code, reason.words))
        if aside:
            work.besides.append(lambda con: service.quarantine.put(con, aside))
        return {"rows": [ends[index] for index in sorted(ends)]}

    return await together(service.base, [], ask, decide, prepare)


def _register(desk: Desk, work: Work, row: Row, item: Incoming, ask: Ask) -> dict[str, Any]:
    """One row, all or nothing."""
    ends: list[dict[str, Any]] = []

    def run() -> None:
        registered = desk.register(work, item, imported=True)
        end = End.ACCEPTED if registered.outcome is Outcome.NEW else End.DUPLICATE
        ends.append(_end(row, end) | {"id": str(registered.complaint.id)})

    work.step("", ask.correlation, run)
    return ends[0]


def _end(row: Row, end: End, reason: str | None = None) -> dict[str, Any]:
    return {"row": row.row, "result": end, "reason": reason}


def _wrong(error: ValidationError) -> list[str]:
    """Where a row is wrong and how; never its content."""
    return [f"{pointer(e['loc'])} {_words(e['type'], e['msg'])}" for e in error.errors()[:5]]


def _words(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "缺少"
        case "value_error":
            return message.removeprefix("Value error, ")
        case _:
            return "填写有误"


def _record(item: Incoming) -> Record:
    """As the hotline would have sent it: replayed, it goes through that door."""
    body = json.dumps(item.order.model_dump(mode="json"), ensure_ascii=False).encode()
    return Record(WORK_ORDERS, hashlib.sha256(body).hexdigest()[:32], {IMPORTED: "1"}, body)
