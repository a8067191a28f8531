"""What can be read of issues and duties: plain SQL, rows as JSON, as far as the caller reaches."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql import JSONB

from services.escalation.domain.duty import OWED
from services.escalation.domain.inbox import OPEN_DUTIES, may, owed_next
from services.escalation.domain.issue import ENDED
from services.escalation.store import DUTIES, ISSUES
from shared.events.escalation import DutyStep
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.store import Kind

Rows = list[dict[str, Any]]
_OF_ISSUE = (
    "($1::text is null or i.community = any($2::text[]) or i.communities ?| $2::text[] "
    "or $3::text in (i.requested_by, i.caller, i.lead) or i.support ? $3)"
)
_OF_DUTY = (
    "($1::text is null or d.community = any($2::text[]) or d.communities ?| $2::text[] "
    "or $3::text in (d.department, d.caller))"
)
_ISSUES = f"""
select i.* from issues i where {_OF_ISSUE} and ($4::text is null or i.state = $4)
and ($5::text is null or i.community = $5 or i.communities ? $5) and ($6::text is null or i.sources ? $6)
order by i.requested_at desc, i.id limit $7
"""
_DUTIES = f"""
select d.* from duties d where {_OF_DUTY} and ($4::text is null or d.state = $4)
and ($5::text is null or d.department = $5) and ($6::uuid is null or d.issue = $6)
order by d.called_at desc, d.id limit $7
"""
_OWED_DUTIES = f"""
select d.id as duty, d.issue, d.department, d.role, s.step, s.due_at, d.deadline_version, d.missed ? s.step as reproached,
    i.public_title, i.community, i.whistle, i.supervision
from duties d join issues i on i.id = d.issue cross join lateral (values
    ('{DutyStep.ACKNOWLEDGE}', d.acknowledge_by, d.state = any($4::text[])),
    ('{DutyStep.CHECK_IN}', d.check_in_by, d.state = any($5::text[])),
    ('{DutyStep.DUE}', d.due_at, d.state = any($6::text[]))
) s(step, due_at, owed)
where s.owed and not d.lifted and s.due_at is not null and {_OF_DUTY} order by s.due_at, d.id limit 1000
"""
_AWAITING_APPROVAL = f"""
select i.id as issue, i.requested_by, 'APPROVAL' as step, i.approval_due_at as due_at, i.approval_missed as reproached,
    i.public_title, i.community, i.whistle, i.supervision
from issues i where i.approved_at is null and not i.state = any($4::text[]) and {_OF_ISSUE}
order by i.approval_due_at, i.id limit 1000
"""
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
    return {"now": now, "duties": entries, "issues": [_shown(ISSUES, row) for row in rows]}


async def issues(
    pool: Pool, caller: Person, *, state: str | None, community: str | None, source: str | None, limit: int
) -> Rows:
    """Issues, the latest request first; `source`: those that come from this stream."""
    rows = await pool.fetch(_ISSUES, *_reach(caller), state, community, source, limit)
    return [_shown(ISSUES, row) for row in rows]


async def duties(
    pool: Pool, caller: Person, *, state: str | None, department: str | None, issue: UUID | None, limit: int
) -> Rows:
    """Duties, the latest call first."""
    rows = await pool.fetch(_DUTIES, *_reach(caller), state, department, issue, limit)
    return [_shown(DUTIES, row) for row in rows]


async def one(pool: Pool, kind: Kind[Any], caller: Person, id: UUID) -> dict[str, Any] | None:
    """One row; None if there is none or it is none of the caller's business."""
    row = await pool.fetchrow(f"select * from {kind.table.name} where id = $1", id)
    if row is None or not caller.reaches(kind.scope(kind.stored(row))):
        return None
    return _shown(kind, row)


async def issue_of(pool: Pool, duty: UUID) -> UUID | None:
    """The issue of a duty: it never changes, so it may be read before anything is locked."""
    found: UUID | None = await pool.fetchval("select issue from duties where id = $1", duty)
    return found


async def board(pool: Pool, caller: Person, now: datetime) -> dict[str, Any]:
    """What is owed: overdue and still to come, the most urgent first."""
    owed = await pool.fetch(_OWED_DUTIES, *_reach(caller), *(list(OWED[step]) for step in DutyStep))
    waiting = await pool.fetch(_AWAITING_APPROVAL, *_reach(caller), list(ENDED))
    rows = sorted(({**row} for row in (*owed, *waiting)), key=lambda row: row["due_at"])
    return {
        "now": now,
        "overdue": [row for row in rows if row["due_at"] <= now],
        "due": [row for row in rows if row["due_at"] > now],
    }


def _reach(caller: Person) -> tuple[str | None, list[str], str | None]:
    """Whether the reach ends anywhere, the communities, the department."""
    match caller.reach:
        case Reach.TOWN:
            return None, [], None
        case Reach.COMMUNITY:
            return caller.reach, sorted(caller.communities), None
        case Reach.DEPARTMENT:
            return caller.reach, [], caller.department


def _shown(kind: Kind[Any], row: asyncpg.Record) -> dict[str, Any]:
    nested = {column.name for column in kind.table.c if isinstance(column.type, JSONB)}
    return {
        name: json.loads(value) if name in nested and value is not None else value
        for name, value in row.items()
        if name != "head"
    }
