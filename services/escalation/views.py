"""What can be read of issues and duties: plain SQL, rows as JSON, as far as the caller reaches."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.escalation.domain.duty import OWED
from services.escalation.domain.inbox import OPEN_DUTIES, may, owed_next
from services.escalation.domain.issue import ENDED
from services.escalation.domain.wording import lateness
from services.escalation.listing import CONCERNED, among
from services.escalation.store import DUTIES, ISSUES
from shared.events.base import Asked, Code, Flag
from shared.events.escalation import DutyStep, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.lists import plain
from shared.plumbing.searching import Search
from shared.plumbing.store import Kind

Rows = list[dict[str, Any]]
_INBOX_DUTIES = """
select d.* from duties d where d.department = $1 and d.state = any($2::text[]) order by d.called_at, d.id limit $3
"""
_INBOX_ISSUES = """
select i.* from issues i where (i.lead = $1 or i.support ? $1 or i.caller = $1 or i.requested_by = $1 or i.id = any($3::uuid[]))
and not i.state = any($2::text[]) order by i.requested_at, i.id limit $4
"""
INBOX = 1000
"""No department has so many open duties that it could read them."""


async def inbox(pool: Pool, department: str, now: datetime) -> dict[str, Any]:
    """部门待办."""
    duties = await pool.fetch(_INBOX_DUTIES, department, list(OPEN_DUTIES), INBOX)
    rows = await pool.fetch(_INBOX_ISSUES, department, list(ENDED), [row["issue"] for row in duties], INBOX)
    issues = {row["id"]: ISSUES.stored(row) for row in rows}
    entries = []
    for row in duties:
        duty = DUTIES.stored(row)
        issue = issues.get(duty.issue)
        if issue is None:
            continue
        owed = owed_next(duty)
        entries.append(
            {
                "duty": row["id"],
                "version": row["version"],
                "issue": duty.issue,
                "state": duty.state,
                "role": duty.role,
                "caller": duty.caller,
                "community": duty.community,
                "place": issue.place,
                "whistle": duty.whistle,
                "public_title": issue.public_title,
                "task": issue.task,
                "step": owed[0] if owed else None,
                "due_at": owed[1] if owed else None,
                "overdue": owed is not None and owed[1] < now,
                "supervision": issue.supervision,
                "may": may(duty, issue, now),
            }
        )
    entries.sort(key=lambda entry: (entry["due_at"] is None, entry["due_at"] or now))
    return {"now": now, "duties": entries, "issues": [plain(ISSUES, row) for row in rows]}


class BoardStep(StrEnum):
    """看板环节: what a department owes, and the town leader's decision."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    CHECK_IN = "CHECK_IN"
    DUE = "DUE"
    APPROVAL = "APPROVAL"


class BoardFilters(Asked):
    """看板条件. All must hold. `level`: the supervision that has been reached."""

    department: Code | None = None
    community: Code | None = None
    whistle: WhistleKind | None = None
    step: BoardStep | None = None
    level: SupervisionLevel | None = None
    overdue: Flag | None = None


_DUTIES_OF = "select * from duties where issue = $1 order by role, called_at, id"
BOARD_SHOWN = 1000
"""So many rows at most on the board; all are counted."""
_OWED = f"""
(
    select d.issue, d.id as duty, s.step, s.due_at, d.department, d.role, i.caller, i.community, i.communities, i.category,
        i.place, i.public_title, i.whistle, i.supervision, d.missed ? s.step as reproached, d.deadline_version,
        array[d.department, d.caller] as units
    from duties d join issues i on i.id = d.issue cross join lateral (values
        ('{DutyStep.ACKNOWLEDGE}', d.acknowledge_by, {among(OWED[DutyStep.ACKNOWLEDGE], "d.state")}),
        ('{DutyStep.CHECK_IN}', d.check_in_by, {among(OWED[DutyStep.CHECK_IN], "d.state")}),
        ('{DutyStep.DUE}', d.due_at, {among(OWED[DutyStep.DUE], "d.state")})
    ) s(step, due_at, owed)
    where s.owed and not d.lifted and s.due_at is not null
    union all
    select i.id, null, '{BoardStep.APPROVAL}', i.approval_due_at, null, null, i.caller, i.community, i.communities, i.category,
        i.place, i.public_title, i.whistle, i.supervision, i.approval_missed, null,
        array[i.requested_by, i.caller, i.lead] || array(select jsonb_array_elements_text(i.support))
    from issues i where i.approved_at is null and not {among(ENDED, "i.state")}
) owed
"""


async def one(pool: Pool, kind: Kind[Any], caller: Person, id: UUID) -> dict[str, Any] | None:
    """One row; None if there is none or it is none of the caller's business."""
    row = await pool.fetchrow(f"select * from {kind.table.name} where id = $1", id)
    if row is None or not caller.reaches(kind.scope(kind.stored(row))):
        return None
    return plain(kind, row)


async def duties_of(pool: Pool, caller: Person, issue: UUID) -> Rows:
    """The duties of an issue that the caller reaches, the lead first."""
    rows = await pool.fetch(_DUTIES_OF, issue)
    return [plain(DUTIES, row) for row in rows if caller.reaches(DUTIES.scope(DUTIES.stored(row)))]


async def issue_of(pool: Pool, duty: UUID) -> UUID | None:
    """The issue of a duty: it never changes, so it may be read before anything is locked."""
    found: UUID | None = await pool.fetchval("select issue from duties where id = $1", duty)
    return found


async def board(
    pool: Pool, caller: Person, asked: BoardFilters, now: datetime, most: int = BOARD_SHOWN
) -> dict[str, Any]:
    """What is owed: overdue and still to come, the most urgent first. `left_off`: how many more there are."""
    wanted = Search()
    wanted.within_reach(caller, "? = any(units)", CONCERNED)
    for clause, value in (
        ("department = ?", asked.department),
        ("(community = ? or communities @> to_jsonb(?::text))", asked.community),
        ("whistle = ?", asked.whistle),
        ("step = ?", asked.step),
        ("supervision = ?", asked.level),
    ):
        wanted.where(clause, value)
    if asked.overdue is not None:
        wanted.where("due_at <= ?" if asked.overdue else "due_at > ?", now)
    found = await pool.fetch(
        f"select *, count(*) over () as total from {_OWED} where {wanted.clause} "
        f"order by due_at, issue, department, step limit {most:d}",
        *wanted.arguments,
    )
    rows = [
        {name: value for name, value in row.items() if name not in ("units", "communities", "total")}
        | {"overdue": row["due_at"] <= now, "words": lateness(row["due_at"], now)}
        for row in found
    ]
    return {
        "now": now,
        "overdue": [row for row in rows if row["overdue"]],
        "due": [row for row in rows if not row["overdue"]],
        "left_off": found[0]["total"] - len(found) if found else 0,
    }
