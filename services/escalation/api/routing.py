"""Doors: which department the rules would have lead a whistle, who led before, and what other rules would propose."""

from collections import Counter
from dataclasses import asdict
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.escalation import routing
from services.escalation.api.door import Answer, EscalationService, Here
from services.escalation.domain.issue import UNDER_WAY, IssueState, must_be
from services.escalation.domain.routing import Precedents, Proposal, WhistleRules
from services.escalation.domain.wording import called
from services.escalation.store import ISSUES
from shared.events.base import Asked
from shared.plumbing.service import Asking
from shared.rules.broken import refuse
from shared.rules.naming import Named
from shared.rules.routing import check

SHOWN = 500
"""So many differences are listed; all are counted."""


class DryRunWhistles(Asked):
    """试算: candidate rules, one version as in `config/whistles.yaml`."""

    rules: WhistleRules


@get("/issues/{id:uuid}/proposal")
async def read_proposal(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """分办建议 for an issue that is not solved: lead, support, kind, why, by which rule, and who led before.

    Departments that were excused or object are not proposed again; `lead` is null where nobody else is left.
    """
    row = await service.pool.fetchrow(ISSUES.read_sql, id)
    if row is None or not ask.caller.reaches(ISSUES.scope(ISSUES.stored(row))):
        raise NotFoundException
    issue = ISSUES.stored(row)
    refuse(must_be(issue, IssueState.REQUESTED, IssueState.APPROVED, *UNDER_WAY))
    proposal, precedents = await routing.proposal_for(service, id, issue)
    return {"id": str(id)} | _shown(service, proposal) | {"before": _before(service, precedents)}


@get("/whistle-rules")
async def read_whistle_rules(service: Here) -> Answer:
    """吹哨分办规则 in force."""
    return routing.rules_of(service).on(service.now()).model_dump(mode="json")


@post("/whistle-rules/dry-run", status_code=200)
async def dry_run_whistle_rules(data: JSONBody[DryRunWhistles], service: Here, ask: Asking) -> Answer:
    """试算: who would lead each open issue by these rules, and by those in force. Nothing is written.

    `changed`: how many the two propose differently; `units`: how many each department would lead; `rules`: how often
    each rule proposes; `differences`: where the two, or who leads it now, differ.
    """
    check(data.rules, service.town, pointer="/rules")
    tried = await routing.try_out(service, service.pool, ask.caller, data.rules)
    units: dict[str, Counter[str]] = {
        "now": Counter(one.now.lead for one in tried if one.now),
        "before": Counter(one.before.lead for one in tried if one.before),
        "really": Counter(one.lead for one in tried if one.lead),
    }
    rules = Counter(one.now.rule for one in tried if one.now)
    differences = [one for one in tried if one.differs]
    return {
        "issues": len(tried),
        "changed": sum(one.changed for one in tried),
        "units": [
            {"unit": unit, "name": called(unit, Named(service.town))}
            | {which: found[unit] for which, found in units.items()}
            for unit in sorted(set().union(*units.values()))
        ],
        "rules": [
            {"rule": rule.name, "issues": rules[f"{rule.name}@{data.rules.version}"]} for rule in data.rules.rules
        ],
        "differences": [
            {"id": one.id, "public_title": one.title, "really": one.lead}
            | _said("now", one.now)
            | _said("before", one.before)
            for one in differences[:SHOWN]
        ],
        "differences_left_off": max(0, len(differences) - SHOWN),
    }


def _said(which: str, proposal: Proposal | None) -> dict[str, Any]:
    return {which: proposal.lead if proposal else None, f"{which}_by": proposal.rule if proposal else None}


def _shown(service: EscalationService, proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {"lead": None, "lead_name": None, "support": [], "whistle": None, "rule": None, "reasons": []}
    return asdict(proposal) | {"lead_name": called(proposal.lead, Named(service.town))}


def _before(service: EscalationService, precedents: Precedents) -> dict[str, Any]:
    names = Named(service.town)
    return {
        "near": precedents.near,
        "led": [asdict(one) | {"name": called(one.unit, names)} for one in precedents.led],
    }


ROUTES = [read_proposal, read_whistle_rules, dry_run_whistle_rules]
