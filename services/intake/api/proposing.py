"""Doors: to which unit the rules would send a complaint, and what other rules would have done. A person decides."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from pydantic import Field

from services.intake import finding
from services.intake.api.looking import LARGEST_PAGE
from services.intake.domain.complaint import ComplaintState
from services.intake.domain.dispatch_rules import Case, DispatchRules, Hits, Proposal, Seen, hits, try_out
from services.intake.domain.standing import unless
from services.intake.finding import Sort
from services.intake.proposing import cases, hits_by_rule, proposal, proposal_for, rules_of
from services.intake.registering import Here, IntakeService
from services.intake.searching import Filters, search
from shared.events.base import Asked, Moment
from shared.plumbing import cursors, query
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse
from shared.rules.routing import check

LONGEST = timedelta(days=100)
"""So long a time at most is tried at once."""
SHOWN = 500
"""So many differences are listed; all are counted."""

_WAITING = Filters(state=(ComplaintState.RECEIVED,))


class HitsAsked(Asked):
    """Of which time the hits are wanted."""

    start: Annotated[Moment, Field(alias="from")]
    until: Moment


class DryRun(Asked):
    """试算: candidate rules, one version as in `config/dispatch.yaml`, and the complaints received in between."""

    rules: DispatchRules
    start: Moment
    until: Moment


@get("/complaints/{id:uuid}/dispatch-proposal")
async def read_dispatch_proposal(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """派单建议 for one complaint that waits. Of a confidential one the vault says where it belongs: the look is kept."""
    async with service.pool.acquire() as con, con.transaction():
        complaint, found = await proposal_for(service, con, ask.caller, id)
        refuse(unless(complaint, ComplaintState.RECEIVED))
    return {"id": str(id)} | _shown(service, found) | {"urgency": found.urgency or complaint.urgency}


@get("/dispatch-proposals")
async def list_dispatch_proposals(
    service: Here,
    ask: Asking,
    limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = 100,
    after: Annotated[str | None, QueryParameter(max_length=1000)] = None,
) -> dict[str, Any]:
    """待派单清单 with a proposal each, newest first: `items`, and `next` for the page after.

    Of a confidential one by type and community alone (`full`: false).
    """
    begin = cursors.read(service.keys, _WAITING, Sort.RECEIVED, after) if after is not None else None
    wanted = search(_WAITING, ask.caller, service)
    rows, last = await finding.page(service.pool, wanted, Sort.RECEIVED, begin, limit)
    moment = service.now()
    found = []
    for one in await finding.shown(service.pool, [row.id for row in rows], moment):
        looked_at = Seen(one["type"], one["community"], one["category"], one["place"])
        proposed = proposal(service, looked_at, moment)
        shown = _shown(service, proposed) | {"urgency": proposed.urgency or one["urgency"]}
        found.append(one | {"proposal": shown | {"full": not one["confidential"]}})
    going_on = cursors.written(service.keys, _WAITING, Sort.RECEIVED, last) if last is not None else None
    return {"items": found, "next": going_on}


@get("/dispatch-rules")
async def read_dispatch_rules(service: Here) -> dict[str, Any]:
    """派单规则 in force."""
    return rules_of(service).on(service.now()).model_dump(mode="json")


@get("/dispatch-rules/hits", opt={"query": HitsAsked})
async def read_dispatch_hits(service: Here, request: Request[Any, Any, Any]) -> list[dict[str, Any]]:
    """命中率 by rule: how often the dispatcher took the unit that it proposed; dispatches from … until before …."""
    wanted = query.asked(request, HitsAsked)
    refuse(wanted.until <= wanted.start and Reason("wrong_order", "起始时间须早于终止时间", "?from"))
    return await hits_by_rule(service.pool, wanted.start, wanted.until)


@post("/dispatch-rules/dry-run", status_code=200)
async def dry_run_dispatch_rules(data: JSONBody[DryRun], service: Here) -> dict[str, Any]:
    """试算: where each complaint of a time would go by these rules, and by those in force then. Nothing is written.

    `units`: how many each unit would get; `hits`: against the unit of the first dispatch, and the one that led it in
    the end. Of confidential complaints type and community alone are seen.
    """
    refuse(
        data.until <= data.start and Reason("wrong_order", "起始时间须早于终止时间", "/start"),
        data.until - data.start > LONGEST and Reason("too_long", f"一次至多试算 {LONGEST.days} 天", "/until"),
    )
    check(data.rules, service.town, pointer="/rules")
    units: dict[str, Counter[str]] = {name: Counter() for name in ("now", "before", "really")}
    rules: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    new: list[tuple[Case, Proposal]] = []
    old: list[tuple[Case, Proposal]] = []
    async with service.pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        async for case in cases(con, data.start, data.until, service.now()):
            (tried,) = try_out([case], data.rules, rules_of(service), service.calendar, service.town)
            new.append((case, tried.now))
            old.append((case, tried.before))
            units["now"][tried.now.lead] += 1
            units["before"][tried.before.lead] += 1
            rules[tried.now.rule] += 1
            if case.lead is not None:
                units["really"][case.lead] += 1
            if len({tried.now.lead, tried.before.lead, case.lead or tried.now.lead}) > 1:
                differences.append(
                    {
                        "id": case.id,
                        "now": tried.now.lead,
                        "now_by": tried.now.rule,
                        "before": tried.before.lead,
                        "before_by": tried.before.rule,
                        "really": case.lead,
                        "in_the_end": case.last,
                    }
                )
    return {
        "complaints": len(new),
        "changed": sum(a.lead != b.lead for (_, a), (_, b) in zip(new, old, strict=True)),
        "hits": {"now": _rate(hits(new)), "before": _rate(hits(old))},
        "units": [
            {"unit": unit, "name": _name(service, unit), **{which: found[unit] for which, found in units.items()}}
            for unit in sorted(set().union(*units.values()))
        ],
        "rules": [
            {"rule": rule.name, "complaints": rules[f"{rule.name}@{data.rules.version}"]} for rule in data.rules.rules
        ],
        "differences": differences[:SHOWN],
        "differences_left_off": max(0, len(differences) - SHOWN),
    }


def _rate(found: Hits) -> dict[str, Any]:
    """Percent; on an empty base there is no value."""
    base = found.dispatched
    return {
        **asdict(found),
        "first_rate": round(100 * found.first / base, 2) if base else None,
        "last_rate": round(100 * found.last / base, 2) if base else None,
    }


def _shown(service: IntakeService, found: Proposal) -> dict[str, Any]:
    return {
        "lead": found.lead,
        "lead_name": _name(service, found.lead),
        "support": list(found.support),
        "rule": found.rule,
        "note": found.note,
    }


def _name(service: IntakeService, unit: str) -> str:
    found = service.town.unit(unit)
    return found.name if found else unit


DOORS = [
    read_dispatch_proposal,
    list_dispatch_proposals,
    read_dispatch_rules,
    read_dispatch_hits,
    dry_run_dispatch_rules,
]
