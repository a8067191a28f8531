"""参会申请: anybody applies; who it is lies in the vault, and a code shows the answer without a login."""

import json
from typing import Any
from uuid import UUID, uuid4

from services.deliberation.domain.asked import Reachable, RequestJoin
from services.deliberation.domain.meeting import Application, Meeting, planned
from services.deliberation.domain.notice import request_join
from services.deliberation.domain.terms import Terms
from services.deliberation.store import APPLICATIONS, MEETINGS, JoinApplication
from shared.events.deliberation import JoinDeclined
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection, Pool
from shared.plumbing.follow_codes import FollowCodes
from shared.plumbing.service import Service
from shared.plumbing.vault import Vault
from shared.plumbing.work import Held, Work

APPLICANT = "applicant"
"""The vault's field for an applicant's name and number, under the application's own id."""
_USE = b"join"
_REASON = """
select data->>'reason' from journal where stream = $1 and type = $2 and data->>'applicant' = $3
order by version desc limit 1
"""
_OVER = """
select v.owner from vault v join applications a on a.id = v.owner join meetings m on m.id = a.meeting
where v.field = $1 and m.state in ('HELD', 'MINUTES_PUBLISHED', 'CANCELLED')
and coalesce(m.held_at, m.starts_at) < town_now() - $2::interval limit 500
"""


def codes(service: Service[Terms]) -> FollowCodes:
    """查询码 of applications."""
    return FollowCodes(service.keys.lookup, _USE)


async def apply(service: Service[Terms], meeting: UUID, data: RequestJoin, ask: Ask) -> dict[str, Any]:
    """申请参会: answers the application's id, and the code by which its answer is seen."""
    applicant = uuid4()

    def decide(work: Work, held: Held[Meeting]) -> dict[str, Any]:
        held.change(request_join, data, applicant=applicant, now=work.now)
        work.born(APPLICATIONS, applicant).note(JoinApplication(meeting))
        if data.reachable:
            service.vault.keep(work, {}, applicant, applicant, {APPLICANT: data.reachable.model_dump_json()})
        return {
            "id": str(held.id),
            "version": held.version,
            "applicant": str(applicant),
            "code": codes(service).of(applicant),
        }

    return await together(service.base, [(MEETINGS, meeting)], ask, decide)


async def answered(pool: Pool, applicant: UUID) -> tuple[UUID, Application, str | None] | None:
    """The meeting of an application, how it was answered, and why it was declined."""
    meeting = await pool.fetchval("select meeting from applications where id = $1", applicant)
    row = await pool.fetchrow(MEETINGS.read_sql, meeting) if meeting else None
    if row is None:
        return None
    stands = planned(MEETINGS.stored(row)).applicants[applicant]
    declined = stands is Application.DECLINED
    reason = await pool.fetchval(_REASON, meeting, JoinDeclined.wire_type, str(applicant)) if declined else None
    return meeting, stands, reason


async def applicants_of(con: Connection, vault: Vault, meeting: Meeting) -> list[dict[str, Any]]:
    """申请人名单: how each was answered, with name and number where they are kept."""
    kept = await vault.read_entries(con, [(applicant, APPLICANT) for applicant in meeting.applicants])
    return [
        {"applicant": str(applicant), "state": stands} | _person(kept.get((applicant, APPLICANT)))
        for applicant, stands in meeting.applicants.items()
    ]


def _person(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else dict.fromkeys(Reachable.model_fields)


async def tidy(service: Service[Terms]) -> None:
    """Names and numbers of applicants are forgotten some time after their meeting."""
    kept = service.today.public.applicants_kept
    async with service.pool.acquire() as con, con.transaction():
        for row in await con.fetch(_OVER, APPLICANT, kept):
            await Vault.forget_person(con, row["owner"])
