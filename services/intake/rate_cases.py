"""三率明细: the complaints that make up one figure, each with what it adds to it. Read-only SQL.

A published figure is opened as it was counted, up to the journal position of its version; one of an open month as it is.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.intake.counting import month_id
from services.intake.domain.complaint import Complaint
from services.intake.domain.figures import By, Key, keys
from services.intake.domain.rates import (
    OUTSIDE,
    Counts,
    Month,
    Rate,
    Standing,
    Window,
    counted,
    credit,
    month_window,
    rate_terms,
    standing,
    total,
)
from services.intake.domain.terms import RateTerms
from services.intake.domain.visibility import visible
from services.intake.publishing import complaints_at
from services.intake.rate_views import may_see, named
from services.intake.registering import IntakeService
from services.intake.searching import within_reach
from services.intake.store import COMPLAINTS
from shared.events.base import WHOLE
from shared.plumbing import cursors
from shared.plumbing.caller import Person
from shared.plumbing.cursors import After
from shared.plumbing.database import Connection
from shared.plumbing.lists import Paging
from shared.rules.broken import Reason, RuleBroken

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
_SORT = "rate_cases received_at"
_UP_TO = "select version, (data ->> 'up_to')::bigint as up_to from journal where stream = $1 order by version"


class Part(StrEnum):
    """哪一部分: the denominator, the numerator, what keeps the rate below 100 % (not in the numerator, or not wholly), what
    is in the denominator alone, and what is in neither."""

    BASE = "base"
    MET = "met"
    SHORT = "short"
    FAILED = "failed"
    OUTSIDE = "outside"


_HOLDS = {
    Part.BASE: (Standing.MET, Standing.PARTLY, Standing.FAILED),
    Part.MET: (Standing.MET, Standing.PARTLY),
    Part.SHORT: (Standing.PARTLY, Standing.FAILED),
    Part.FAILED: (Standing.FAILED,),
    Part.OUTSIDE: (Standing.OUTSIDE,),
}
"""What stands in each."""


class Opened(Paging):
    """打开一个公布数: of a month and a rate, of the town or of one value `by` something; first received first.

    `version`: as it stood in this one; without it in the last, or in an open month now.
    """

    month: Annotated[str, Field(pattern=MONTH)]
    rate: Rate
    by: By = By.TOWN
    value: Annotated[str, Field(max_length=64)] = ""
    part: Part = Part.BASE
    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A complaint as it was counted."""

    id: UUID
    complaint: Complaint
    counts: Counts

    def order(self) -> tuple[datetime, UUID]:
        """Where it stands in the list."""
        return self.complaint.received_at, self.id

    def after(self) -> After:
        """The same for whoever goes on after it."""
        return After(self.complaint.received_at.isoformat(), self.id)


async def opened(con: Connection, service: IntakeService, caller: Person, asked: Opened) -> dict[str, Any]:
    """A page of the complaints, after the figure that they make up; `hidden`: so many of the part are none of the
    caller's business. Needs a transaction that sees one state of the database.
    """
    key = Key(asked.by, asked.value)
    may_see(caller, key, "?value")
    conditions = asked.model_copy(update={"limit": 1, "after": None})
    after = cursors.read(service.keys, conditions, _SORT, asked.after) if asked.after is not None else None
    month = Month.parse(asked.month)
    window = month_window(month, terms=service.terms)
    terms = rate_terms(window, terms=service.terms)
    version, up_to = await _position(con, month, asked.version)
    then = await complaints_at(con, window, up_to)
    those = [_Case(id, one, counted(one)) for id, one in then.items() if key in keys(one)]
    part = [one for one in those if standing(one.counts, asked.rate, terms.rates) in _HOLDS[asked.part]]
    now = await _within_reach(con, caller, [one.id for one in part])
    listed = sorted((one for one in part if one.id in now), key=_Case.order)
    left = [one for one in listed if after is None or one.order() > _order(after)]
    page, more = left[: asked.limit], len(left) > asked.limit
    return {
        **_head(service, window, month, key, asked),
        "version": version,
        "terms": terms.version,
        "up_to": up_to,
        **_sums([one.counts for one in those], asked.rate, terms.rates),
        "hidden": len(part) - len(listed),
        "items": [visible(caller.role, _shown(one, now[one.id], asked.rate, terms.rates)) for one in page],
        "next": cursors.written(service.keys, conditions, _SORT, page[-1].after()) if more else None,
    }


def _order(after: After) -> tuple[datetime, UUID]:
    return datetime.fromisoformat(after.value), after.id


async def _position(con: Connection, month: Month, wanted: int | None) -> tuple[int | None, int]:
    """The version that is opened, and up to where it was counted; without any, up to now."""
    versions = {row["version"]: row["up_to"] for row in await con.fetch(_UP_TO, month_id(month))}
    if wanted is not None and wanted not in versions:
        raise RuleBroken(Reason("unknown_version", "没有公布过这一版", "?version"))
    if not versions:
        return None, await con.fetchval("select coalesce(max(position), 0) from journal")
    version = wanted or max(versions)
    return version, versions[version]


async def _within_reach(con: Connection, caller: Person, ids: list[UUID]) -> dict[UUID, Complaint]:
    """Those of them that are the caller's business now, as they stand now."""
    search = within_reach(caller)
    search.where("id = any(?::uuid[])", ids)
    return {row["id"]: COMPLAINTS.stored(row) for row in await search.rows(con, COMPLAINTS, "id", len(ids))}


def _head(service: IntakeService, window: Window, month: Month, key: Key, asked: Opened) -> dict[str, Any]:
    return {
        "month": str(month),
        "from": window.start.isoformat(),
        "until": window.end.isoformat(),
        "closed": window.end <= service.now(),
        **named(key, service.town),
        "rate": asked.rate,
        "part": asked.part,
    }


def _sums(those: Iterable[Counts], rate: Rate, numbers: RateTerms) -> dict[str, Any]:
    """The figure itself, from the same complaints, and how many each part has; `numerator`: what `met` adds up to."""
    counts = [Counts(), *those]
    whole, found = total(counts), [standing(one, rate, numbers) for one in counts[1:]]
    return {
        "received": whole.received,
        "base": whole.valid,
        "numerator": float(credit(whole, rate, numbers)),
        **{part.value: sum(one in _HOLDS[part] for one in found) for part in (Part.MET, Part.SHORT, Part.FAILED)},
        "outside": {name: getattr(whole, name) for name in OUTSIDE},
    }


def _shown(one: _Case, now: Complaint, rate: Rate, numbers: RateTerms) -> dict[str, Any]:
    """A complaint as it stands now, and how it was counted then; `moved`: now it would count otherwise."""
    then = one.complaint
    return {
        "id": str(one.id),
        **{name: getattr(now, name) for name in ("state", "number", "community", "category", "place", "lead")},
        "confidential": now.confidential,
        "received_at": then.received_at.isoformat(),
        "standing": standing(one.counts, rate, numbers),
        "credit": float(credit(one.counts, rate, numbers)),
        "outside": next((name for name in OUTSIDE if getattr(one.counts, name)), None),
        "callback": asdict(then.callback) if then.callback else None,
        "counted_lead": then.lead,
        "counted_community": then.community,
        "moved": counted(now) != one.counts or keys(now) != keys(then),
    }
