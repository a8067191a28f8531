"""导入: rows of a file; every row ends as one of four things, and what was rejected is remembered until it is put right."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter, ValidationError

from services.intake.domain.asked import WorkOrder
from services.intake.domain.importing import (
    End,
    ImportFile,
    ImportRows,
    ImportRun,
    Problem,
    RejectionState,
    Row,
    begin,
    drop,
    finish,
    open_run,
    taken,
)
from services.intake.domain.registration import AheadOfTime, Conflicting
from services.intake.registering import Desk, Incoming, IntakeService, Outcome, incoming, number_id
from services.intake.store import IMPORTS
from shared.events.vocabulary import Channel
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection
from shared.plumbing.errors import pointer
from shared.plumbing.quarantine import Record
from shared.plumbing.topics import WORK_ORDERS
from shared.plumbing.work import Held, Work
from shared.rules.broken import Reason, RuleBroken, refuse

IMPORTED = "imported"
"""The header of a quarantined row: when it is replayed it is still an import, which urges nobody."""
SLICE = 200
"""So many rows of an atomic run are decided at a stretch; then others have their turn."""
SHOWN = 100
"""So many rows at most are named when a run cannot be finished."""
_ROW, _PROBLEMS = TypeAdapter(Row), TypeAdapter(tuple[Problem, ...])

_KNOWN = (
    "select r.row, r.result, r.complaint, r.problems from import_rows r where r.run = $1 and r.row = any($2::int[])"
)
_HERE = "select id from complaints where id = any($1::uuid[])"
_WAITING = "select r.row, r.sealed from import_rows r where r.run = $1 and r.result = 'waiting' order by r.row"
_KEEP = """
insert into import_rows (run, row, result, complaint, order_id, problems, sealed, state)
select $1, n.* from unnest($2::int[], $3::text[], $4::uuid[], $5::uuid[], $6::jsonb[], $7::bytea[], $8::text[]) n
on conflict (run, row) do update set result = excluded.result, complaint = excluded.complaint, sealed = excluded.sealed
"""
_SETTLE = """
update import_rows r set state = 'REPLACED', settled_run = $1, settled_row = n.row, sealed = null
from unnest($2::int[], $3::uuid[]) n(row, order_id)
where r.order_id = n.order_id and r.state = 'OPEN' and (r.run <> $1 or r.row < n.row)
"""
_FORGET_WAITING = "delete from import_rows r where r.run = $1 and r.result = 'waiting'"
_EXPIRE = "update import_rows r set sealed = null, state = 'EXPIRED' where r.run = $1 and r.state = 'OPEN'"


@dataclass(slots=True)
class Ended:
    """How a row ended, on its way into the table."""

    row: Row
    end: End
    order_id: UUID | None
    complaint: UUID | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """What whoever sent it is told."""
        reason = "；".join(f"{p.pointer} {p.words}".strip() for p in self.problems) or None
        told: dict[str, Any] = {"row": self.row.row, "result": self.end, "reason": reason}
        return told if self.complaint is None else told | {"id": str(self.complaint)}


@dataclass(slots=True)
class Portion:
    """Rows of a run as they came: which are orders, which are not, which were answered before."""

    service: IntakeService
    orders: list[tuple[Row, Incoming]] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    answered: dict[int, dict[str, Any]] = field(default_factory=dict)
    aside: list[tuple[Record, str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, service: IntakeService, rows: Iterable[Row]) -> "Portion":
        """Tell orders from other rows."""
        portion = cls(service)
        for row in rows:
            problems = row.problems
            if not problems:
                try:
                    order = WorkOrder.model_validate({"channel": Channel.IMPORT} | row.order)
                except ValidationError as error:
                    problems = tuple(_wrong(error))
                else:
                    portion.orders.append((row, incoming(service, order)))
                    continue
            portion.ends.append(Ended(row, End.REJECTED, _order_id(service, row), problems=problems))
        return portion

    async def recognise(self, con: Connection) -> None:
        """A row that says which complaint of this town it is: where that is known here, it is that one."""
        named = [row.complaint for row, _ in self.orders if row.complaint]
        if named:
            here = {found["id"] for found in await con.fetch(_HERE, named)}
            self.orders = [
                (row, Incoming(row.complaint, item.order, item.person, item.named))
                if row.complaint is not None and row.complaint in here
                else (row, item)
                for row, item in self.orders
            ]

    async def forget_answered(self, con: Connection, run: UUID) -> None:
        """A row that came before ended then, and is answered the same."""
        rows = [row.row for row, _ in self.orders] + [ended.row.row for ended in self.ends]
        refuse(len(set(rows)) < len(rows) and Reason("row_twice", "同一行号出现两次", "/rows"))
        for found in await con.fetch(_KNOWN, run, rows):
            row = Row(row=found["row"], order={})
            problems = _PROBLEMS.validate_json(found["problems"])
            self.answered[row.row] = Ended(row, End(found["result"]), None, found["complaint"], problems).said
        self.orders = [(row, item) for row, item in self.orders if row.row not in self.answered]
        self.ends = [ended for ended in self.ends if ended.row.row not in self.answered]

    def register(self, desk: Desk, work: Work, ask: Ask, orders: Sequence[tuple[Row, Incoming]]) -> None:
        """Each of these rows, all or nothing."""
        for row, item in orders:
            ended = Ended(row, End.ACCEPTED, item.id)
            try:
                work.step("", ask.correlation, lambda item=item, ended=ended: _register(desk, work, item, ended))  # type: ignore[misc]
            except RuleBroken as broken:
                ended.problems = tuple(Problem(pointer=r.pointer, code=r.code, words=r.words) for r in broken.reasons)
                ended.end = End.QUARANTINED if isinstance(broken, Conflicting | AheadOfTime) else End.REJECTED
                if ended.end is End.QUARANTINED:
                    self.aside.append((_record(item), broken.reasons[0].code, broken.reasons[0].words))
            self.ends.append(ended)

    async def keep(self, con: Connection, run: UUID) -> None:
        """Write down how the rows ended, and settle what was rejected before under the same numbers."""
        if self.aside:
            await self.service.quarantine.put(con, self.aside)
        if not self.ends:
            return
        await con.execute(_KEEP, run, *zip(*(self._stored(run, ended) for ended in self.ends), strict=True))
        settling = [(e.row.row, e.order_id) for e in self.ends if e.order_id and e.end not in _SETTLES_NOTHING]
        if settling:
            await con.execute(_SETTLE, run, *zip(*settling, strict=True))

    def _stored(self, run: UUID, ended: Ended) -> tuple[object, ...]:
        sealed = None
        if ended.end in (End.REJECTED, End.WAITING):
            clear = ended.row.model_dump_json().encode()
            sealed = self.service.keys.quarantine.seal(clear, f"import/{run}/{ended.row.row}")
        state = RejectionState.OPEN if ended.end is End.REJECTED else None
        problems = _PROBLEMS.dump_json(ended.problems).decode()
        return (ended.row.row, ended.end, ended.complaint, ended.order_id, problems, sealed, state)

    def said(self) -> list[dict[str, Any]]:
        """What whoever sent the rows is told, in the order of the file."""
        told = [*self.answered.values(), *(ended.said for ended in self.ends)]
        return sorted(told, key=lambda row: row["row"])


_SETTLES_NOTHING = frozenset({End.QUARANTINED, End.WAITING})


async def open_import(service: IntakeService, ask: Ask, file: ImportFile) -> dict[str, Any]:
    """A file is about to come."""
    id = uuid4()

    def run(work: Work) -> dict[str, Any]:
        held = _begin(service, ask, work, id, file)
        return {"id": str(id), "version": held.version}

    return await together(service.base, [], ask, run)


async def import_file(service: IntakeService, ask: Ask, rows: ImportRows) -> dict[str, Any]:
    """A file that fits into one request: a run of its own, begun and finished with these rows."""
    id = uuid4()
    file = ImportFile(source="rows", checksum=hashlib.sha256(ask.body).hexdigest(), rows=len(rows.rows))

    def opened(work: Work) -> Held[ImportRun]:
        return _begin(service, ask, work, id, file)

    return await _take(service, ask, id, rows, opened, whole=True)


async def import_rows(service: IntakeService, ask: Ask, id: UUID, rows: ImportRows) -> dict[str, Any]:
    """Some rows of a run. Those of an atomic one are only looked at, and wait until it is finished."""
    return await _take(service, ask, id, rows, lambda work: work.born(IMPORTS, id))


async def _take(
    service: IntakeService, ask: Ask, id: UUID, rows: ImportRows, opened: Any, *, whole: bool = False
) -> dict[str, Any]:
    portion = Portion(service)
    desk: Desk | None = None

    async def prepare(con: Connection, work: Work) -> None:
        nonlocal portion, desk
        portion = Portion.read(service, rows.rows)
        await work.load(con, [(IMPORTS, id)])
        run = open_run(opened(work).state)
        await portion.forget_answered(con, id)
        if not run.atomic:
            await portion.recognise(con)
            desk = await Desk.open(service, con, work, [item for _, item in portion.orders])

    def decide(work: Work) -> dict[str, Any]:
        if desk is None:
            portion.ends += [Ended(row, End.WAITING, item.id) for row, item in portion.orders]
        else:
            portion.register(desk, work, ask, portion.orders)
        held = work.born(IMPORTS, id)
        run = taken(open_run(held.state), [ended.end for ended in portion.ends])
        held.note(finish(run, [], now=work.now) if whole else run)
        work.besides.append(lambda con: portion.keep(con, id))
        return {"run": str(id), "rows": portion.said()}

    return await together(service.base, [], ask, decide, prepare)


async def finish_import(service: IntakeService, ask: Ask, id: UUID) -> dict[str, Any]:
    """Every row has come. Those of an atomic run are registered now, all in one transaction, or none."""
    portion = Portion(service)

    async def prepare(con: Connection, work: Work) -> None:
        nonlocal portion
        portion = Portion(service)
        await work.load(con, [(IMPORTS, id)])
        run = open_run(work.born(IMPORTS, id).state)
        finish(run, [], now=work.now)
        if not run.atomic:
            return
        if run.rejected:
            raise RuleBroken(*await _rejected(con, id, run))
        sealed = await con.fetch(_WAITING, id)
        place = f"import/{id}/"
        rows = [
            _ROW.validate_json(service.keys.quarantine.open(found["sealed"], f"{place}{found['row']}"))
            for found in sealed
        ]
        portion = Portion.read(service, rows)
        await portion.recognise(con)
        desk = await Desk.open(service, con, work, [item for _, item in portion.orders])
        for start in range(0, len(portion.orders), SLICE):
            portion.register(desk, work, ask, portion.orders[start : start + SLICE])
            await asyncio.sleep(0)
        _refuse_unless_all(portion.ends)

    def decide(work: Work) -> dict[str, Any]:
        held = work.born(IMPORTS, id)
        run = held.note(finish(open_run(held.state), [ended.end for ended in portion.ends], now=work.now))
        work.besides.append(lambda con: portion.keep(con, id))
        return {"id": str(id), "version": held.version, **sums(run)}

    return await together(service.base, [], ask, decide, prepare)


async def drop_import(service: IntakeService, ask: Ask, id: UUID) -> dict[str, Any]:
    """A run is given up."""

    def decide(work: Work, held: Held[ImportRun]) -> dict[str, Any]:
        held.note(drop(open_run(held.state), now=work.now))
        work.besides.append(lambda con: forget_waiting(con, id))
        return {"id": str(id), "version": held.version}

    return await together(service.base, [(IMPORTS, id)], ask, decide)


async def forget_waiting(con: Connection, run: UUID) -> None:
    """Nothing is left of the rows that waited."""
    await con.execute(_FORGET_WAITING, run)


async def expire(con: Connection, run: UUID) -> None:
    """The content of rejected rows has been kept long enough."""
    await con.execute(_EXPIRE, run)


def sums(run: ImportRun) -> dict[str, int]:
    """How the rows of a run have ended."""
    return {end.value: getattr(run, end.value) for end in End if end is not End.WAITING or run.waiting}


def _begin(service: IntakeService, ask: Ask, work: Work, id: UUID, file: ImportFile) -> Held[ImportRun]:
    held = work.born(IMPORTS, id)
    held.note(
        begin(file, actor=ask.caller.actor, now=work.now, terms=service.terms.on(work.now), calendar=service.calendar)
    )
    return held


def _register(desk: Desk, work: Work, item: Incoming, ended: Ended) -> None:
    registered = desk.register(work, item, imported=True)
    ended.end = End.ACCEPTED if registered.outcome is Outcome.NEW else End.DUPLICATE
    ended.complaint = registered.complaint.id


async def _rejected(con: Connection, id: UUID, run: ImportRun) -> list[Reason]:
    """Why an atomic run cannot be finished: its first rejected rows."""
    found = await con.fetch(
        "select r.row, r.problems from import_rows r where r.run = $1 and r.result = 'rejected' order by r.row limit $2",
        id,
        SHOWN,
    )
    rows = [(row["row"], _PROBLEMS.validate_json(row["problems"])) for row in found]
    return [
        Reason("rows_rejected", f"有 {run.rejected} 行不能导入，整个文件未导入"),
        *(
            Reason(p.code, f"第 {row} 行：{p.words}", f"/rows/{row}{p.pointer}")
            for row, problems in rows
            for p in problems
        ),
    ]


def _refuse_unless_all(ends: Sequence[Ended]) -> None:
    bad = [ended for ended in ends if ended.end in (End.REJECTED, End.QUARANTINED)]
    if bad:
        raise RuleBroken(
            Reason("rows_rejected", f"有 {len(bad)} 行不能导入，整个文件未导入"),
            *(
                Reason(p.code, f"第 {ended.row.row} 行：{p.words}", f"/rows/{ended.row.row}{p.pointer}")
                for ended in bad[:SHOWN]
                for p in ended.problems
            ),
        )


def _order_id(service: IntakeService, row: Row) -> UUID | None:
    """The id of the order that a rejected row would have been, where it says channel and number."""
    number, channel = row.order.get("number"), row.order.get("channel", Channel.IMPORT)
    if isinstance(number, str) and number and channel in Channel.__members__:
        return number_id(service.keys, Channel(str(channel)), number)
    return None


def _wrong(error: ValidationError) -> Iterable[Problem]:
    """Where a row is wrong and how; never its content."""
    for wrong in error.errors(include_url=False, include_input=False)[:20]:
        code, words = _words(wrong["type"], wrong["msg"])
        yield Problem(pointer=pointer(wrong["loc"])[:200], code=code, words=words)


def _words(kind: str, message: str) -> tuple[str, str]:
    match kind:
        case "missing":
            return "missing", "缺少"
        case "value_error":
            return "invalid", message.removeprefix("Value error, ")[:200]
        case "string_too_long":
            return "too_long", "内容过长"
        case "enum":
            return "unknown_word", "不在允许的取值之内"
        case _:
            return "invalid", "填写有误"


def _record(item: Incoming) -> Record:
    """As the hotline would have sent it: replayed, it goes through that door."""
    body = json.dumps(item.order.model_dump(mode="json"), ensure_ascii=False).encode()
    return Record(WORK_ORDERS, hashlib.sha256(body).hexdigest()[:32], {IMPORTED: "1"}, body)
