"""What everybody may read: complaints that are not confidential and whose category is offered. Read-only SQL.

Never a resident's words, name or point: those are in the vault, and nobody opens it here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.domain.complaint import FINAL
from services.intake.domain.open311 import MOST_RESULTS, Open311Terms
from services.intake.domain.public_steps import ENDS, STEPS, words
from services.intake.open311.answering import moment
from shared.events.base import Fact
from shared.events.intake import ComplaintFinished
from shared.events.vocabulary import ComplaintType, ProgressStep
from shared.plumbing.database import Pool
from shared.plumbing.searching import Search
from shared.rules.township import Town

OPEN, CLOSED = "open", "closed"
_SHOWN = f"not c.confidential and c.type <> '{ComplaintType.REPORT}' and c.category = any(?::text[])"
_READ = f"j.data ->> 'step' is distinct from '{ProgressStep.LISTING_PROPOSED}'"
_STEPS = [step.wire_type for step in STEPS]
_ENDS = [end.wire_type for end in ENDS]
_REQUESTS = f"""
select c.id, c.state, c.category, c.community, c.place, c.lead, c.due_at, c.received_at,
    s.type, s.data::text as data, s.recorded_at, f.data::text as finished
from (select * from complaints c where {{where}} order by c.received_at desc, c.id limit {{limit}} offset {{offset}}) c
left join lateral (
    select j.type, j.data, j.recorded_at from journal j where j.stream = c.id
    and j.type = any(case when c.state = any({{final}}) then {{ends}} else {{steps}} end::text[]) and {_READ}
    order by j.version desc limit 1
) s on true
left join lateral (
    select j.data from journal j where j.stream = c.id and j.type = '{ComplaintFinished.wire_type}'
    order by j.version desc limit 1
) f on c.state = 'CLOSED'
order by c.received_at desc, c.id
"""
_UPDATES = f"""
select j.stream, j.version, j.type, j.data::text as data, j.recorded_at, exists (
    select from journal e where e.stream = j.stream and e.version <= j.version and e.type = any({{ends}}::text[])
) as closed
from journal j join complaints c on c.id = j.stream
where {{where}} and j.kind = 'complaint' and j.type = any({{steps}}::text[]) and {_READ}
order by j.recorded_at, j.stream, j.version limit {{limit}} offset {{offset}}
"""


class Shown(Search):
    """A question about what is shown here at all."""

    def __init__(self, terms: Open311Terms) -> None:
        super().__init__()
        self.where(_SHOWN, [service.category for service in terms.services])

    def value(self, value: object) -> str:
        """How the SQL names this value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"


async def requests(
    pool: Pool,
    terms: Open311Terms,
    town: Town,
    *,
    ids: Iterable[UUID] | None = None,
    codes: Sequence[str] = (),
    statuses: Sequence[str] = (),
    between: tuple[datetime, datetime | None] | None = None,
    limit: int = MOST_RESULTS,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """服务请求, newest first."""
    search = Shown(terms)
    search.where("c.id = any(?::uuid[])", None if ids is None else list(ids))
    if codes:
        search.where("c.category = any(?::text[])", [s.category for s in terms.services if s.code in codes])
    if len(set(statuses)) == 1:
        final = search.value(sorted(FINAL))
        search.clauses.append(f"{'' if CLOSED in statuses else 'not '}c.state = any({final}::text[])")
    if between:
        search.where("c.received_at >= ?", between[0])
        search.where("c.received_at <= ?", between[1])
    sql = _REQUESTS.format(
        where=search.clause,
        limit=search.value(limit),
        offset=search.value(offset),
        final=search.value(sorted(FINAL)) + "::text[]",
        ends=search.value(_ENDS) + "::text[]",
        steps=search.value(_STEPS) + "::text[]",
    )
    return [_request(row, terms, town) for row in await pool.fetch(sql, *search.arguments)]


async def updates(
    pool: Pool, terms: Open311Terms, town: Town, between: tuple[datetime, datetime | None], limit: int, offset: int
) -> list[dict[str, Any]]:
    """办理进展, oldest first: what was written down in this time, so that nobody who asks on from there misses any."""
    search = Shown(terms)
    search.where("j.recorded_at >= ?", between[0])
    search.where("j.recorded_at <= ?", between[1])
    sql = _UPDATES.format(
        where=search.clause,
        limit=search.value(limit),
        offset=search.value(offset),
        ends=search.value(_ENDS),
        steps=search.value(_STEPS),
    )
    return [
        {
            "update_id": f"{row['stream']}-{row['version']}",
            "service_request_id": str(row["stream"]),
            "status": CLOSED if row["closed"] else OPEN,
            "updated_datetime": moment(row["recorded_at"]),
            "description": _words(row["type"], row["data"], town),
            "media_url": None,
        }
        for row in await pool.fetch(sql, *search.arguments)
    ]


def _request(row: asyncpg.Record, terms: Open311Terms, town: Town) -> dict[str, Any]:
    service = terms.of_category(row["category"])
    assert service is not None
    place, community, lead = town.place(row["place"]), town.community(row["community"]), town.unit(row["lead"])
    named = [entry.name for entry in (place, community, town) if entry]
    notes = _words(row["type"], row["data"], town) if row["type"] else None
    if row["finished"]:
        notes = _words(ComplaintFinished.wire_type, row["finished"], town)
    return {
        "service_request_id": str(row["id"]),
        "status": CLOSED if row["state"] in FINAL else OPEN,
        "status_notes": notes,
        "service_name": service.name,
        "service_code": service.code,
        "description": None,
        "agency_responsible": lead.name if lead else None,
        "service_notice": service.notice,
        "requested_datetime": moment(row["received_at"]),
        "updated_datetime": moment(row["recorded_at"] or row["received_at"]),
        "expected_datetime": moment(row["due_at"]),
        "address": "，".join(named),
        "address_id": place.code if place else None,
        "zipcode": None,
        "lat": place.position[1] if place and place.position else None,
        "long": place.position[0] if place and place.position else None,
        "media_url": None,
    }


def _words(wire_type: str, data: str, town: Town) -> str | None:
    return words(Fact.known[wire_type].read(data), town)
