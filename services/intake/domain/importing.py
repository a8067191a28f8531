"""导入: a file's run, and how each of its rows ends. What a run remembers is no fact of the town: it is a note."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from services.intake.domain.terms import Terms
from shared.events.base import WHOLE, Asked, Flag, Line, clean
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.deadline import Watch

MOST_ROWS = 500
"""So many rows in one request."""
MOST_FILE_ROWS = 50_000
"""So many rows in one file (docs/operations.md)."""
DROP, EXPIRE = "drop", "expire"
"""The timers of a run: it was never finished; what was sealed of its rejected rows has been kept long enough."""


class Problem(Asked):
    """What is wrong with a row: where in the order (JSON pointer), a stable code, and words; never the content."""

    pointer: Annotated[str, StringConstraints(max_length=200), AfterValidator(clean)] = ""
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    words: Line


class Row(Asked):
    """One row: its number in the file (the heading is 1), and the work order it says.

    `complaint`: the id that the row itself gives, as our own export does: a complaint of this town that has no number.
    `problems`: what whoever read the file found wrong; such a row is rejected, and remembered as any other.
    """

    row: Annotated[int, Field(ge=0, le=1_048_576), WHOLE]
    order: dict[str, JsonValue]
    complaint: UUID | None = None
    problems: Annotated[tuple[Problem, ...], Field(max_length=20)] = ()


class ImportRows(Asked):
    """Some rows of a file."""

    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=MOST_ROWS)]


class ImportFile(Asked):
    """A file that is about to come. `checksum`: SHA-256 of its bytes; `rows`: how many it has; `atomic`: all or none."""

    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    checksum: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    rows: Annotated[int, Field(ge=1, le=MOST_FILE_ROWS), WHOLE]
    atomic: Flag = False


class End(StrEnum):
    """How a row ends: a complaint of its own, known before, not a work order, or set aside for a person to look at.

    WAITING: a row of an atomic run that is found readable; it ends when the run is finished.
    """

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    WAITING = "waiting"


class RunState(StrEnum):
    """导入批次状态. DROPPED: an atomic run that nobody finished; none of its rows was taken. STOPPED: another run that
    nobody finished; the rows that came have ended."""

    OPEN = "OPEN"
    FINISHED = "FINISHED"
    DROPPED = "DROPPED"
    STOPPED = "STOPPED"


class RejectionState(StrEnum):
    """退回行状态. REPLACED: a later row with the same number was taken, or rejected in its stead."""

    OPEN = "OPEN"
    REPLACED = "REPLACED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """导入批次. `rows`: of the file; the sums are those of the rows that have ended."""

    state: RunState
    source: str
    checksum: str
    rows: int
    atomic: bool
    actor: str
    begun_at: datetime
    drop_at: datetime
    expire_at: datetime
    ended_at: datetime | None = None
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    quarantined: int = 0
    waiting: int = 0
    expired: bool = False

    @property
    def counted(self) -> int:
        """The rows that came."""
        return self.accepted + self.duplicate + self.rejected + self.quarantined + self.waiting


def watches(run: ImportRun) -> Mapping[str, Watch]:
    """What must happen to a run when the time has come."""
    found = {} if run.expired else {EXPIRE: Watch(run.expire_at)}
    return found | ({DROP: Watch(run.drop_at)} if run.state is RunState.OPEN else {})


def begin(file: ImportFile, *, actor: str, now: datetime, terms: Terms, calendar: Calendar) -> ImportRun:
    """开始导入."""
    most = terms.imports.atomic_rows
    refuse(
        file.atomic
        and file.rows > most
        and Reason("too_many_rows", f"整体导入（全部成功或全部不导入）最多 {most} 行", "/rows")
    )
    return ImportRun(
        state=RunState.OPEN,
        source=file.source,
        checksum=file.checksum,
        rows=file.rows,
        atomic=file.atomic,
        actor=actor,
        begun_at=now,
        drop_at=terms.imports.unfinished.after(now, calendar),
        expire_at=terms.imports.rejections.after(now, calendar),
    )


def open_run(run: ImportRun | None) -> ImportRun:
    """The run, which must be open."""
    refuse(run is None and Reason("not_found", "不存在"))
    assert run is not None
    refuse(run.state is not RunState.OPEN and Reason("not_open", "该导入批次已结束"))
    return run


def taken(run: ImportRun, ends: Sequence[End]) -> ImportRun:
    """Some rows came, and ended so."""
    refuse(run.counted + len(ends) > run.rows and Reason("too_many_rows", "行数多于文件的行数", "/rows"))
    return _counted(run, ends)


def finish(run: ImportRun, ends: Sequence[End], *, now: datetime) -> ImportRun:
    """完成导入: every row of the file is accounted for. `ends`: how those that waited have ended."""
    refuse(run.counted != run.rows and Reason("rows_missing", f"文件共 {run.rows} 行，只收到 {run.counted} 行"))
    return replace(_counted(replace(run, waiting=0), ends), state=RunState.FINISHED, ended_at=now)


def drop(run: ImportRun, *, now: datetime) -> ImportRun:
    """放弃 an open run: of an atomic one nothing is taken."""
    if run.state is not RunState.OPEN:
        return run
    state = RunState.DROPPED if run.atomic else RunState.STOPPED
    return replace(run, state=state, ended_at=now, waiting=0)


def _counted(run: ImportRun, ends: Sequence[End]) -> ImportRun:
    sums = Counter(ends)
    return replace(
        run,
        accepted=run.accepted + sums[End.ACCEPTED],
        duplicate=run.duplicate + sums[End.DUPLICATE],
        rejected=run.rejected + sums[End.REJECTED],
        quarantined=run.quarantined + sums[End.QUARANTINED],
        waiting=run.waiting + sums[End.WAITING],
    )
