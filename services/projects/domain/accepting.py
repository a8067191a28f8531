"""验收、整改、管护、办结: when a project is good enough, and when it is over."""

from datetime import datetime, timedelta

from services.projects.domain.asked import AssignMaintainer, Inspection, Rectify
from services.projects.domain.effect import anchors
from services.projects.domain.finish import deadline
from services.projects.domain.named import unknown_unit
from services.projects.domain.project import Maintenance, Project, ProjectState, found, not_in
from services.projects.domain.terms import Terms
from shared.events.projects import (
    MaintainerAssigned,
    ProjectAccepted,
    ProjectClosed,
    ProjectFact,
    RectificationOrdered,
)
from shared.events.vocabulary import DisclosureStage
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI, Town


def accept(before: Project | None, asked: Inspection, *, now: datetime, terms: Terms) -> list[ProjectFact]:
    """验收通过: by a complete group, without the builder, and enough of those asked are satisfied."""
    project = found(before)
    if project.accepted_at == asked.held_at:
        return []
    refuse(
        *_not_inspected(project, asked, now, terms),
        asked.satisfied * 100 < asked.asked * terms.acceptance_satisfaction
        and Reason("satisfaction_low", f"满意度不足 {terms.acceptance_satisfaction}%，须限期整改", "/satisfied"),
    )
    return [
        ProjectAccepted(
            accepted_at=asked.held_at,
            group=asked.group,
            asked=asked.asked,
            satisfied=asked.satisfied,
            evidence=asked.evidence,
            effect_due_at=asked.held_at + timedelta(days=terms.effect_days) if anchors(project) else None,
            sources=project.sources,
        )
    ]


def order_rectification(
    before: Project | None, asked: Rectify, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ProjectFact]:
    """限期整改: back to work until the new deadline."""
    project = found(before)
    refuse(*_not_inspected(project, asked, now, terms))
    finish_on = terms.rectification.after(now, calendar).astimezone(SHANGHAI).date()
    return [
        RectificationOrdered(
            inspected_at=asked.held_at,
            reason=asked.reason,
            group=asked.group,
            asked=asked.asked,
            satisfied=asked.satisfied,
            deadline=deadline(finish_on, project.deadline_version + 1, now, terms),
            sources=project.sources,
        )
    ]


def assign_maintainer(before: Project | None, asked: AssignMaintainer, *, town: Town) -> list[ProjectFact]:
    """落实管护; may be settled anew as long as the project is not closed."""
    project = found(before)
    if project.maintenance == Maintenance(asked.owner, asked.maintainer, asked.duties, asked.manner, asked.funding):
        return []
    refuse(
        not_in(project, ProjectState.COMPLETED, ProjectState.ACCEPTED),
        unknown_unit(town, asked.owner, "/owner"),
        unknown_unit(town, asked.maintainer, "/maintainer"),
    )
    return [
        MaintainerAssigned(
            owner=asked.owner,
            maintainer=asked.maintainer,
            duties=asked.duties,
            manner=asked.manner,
            funding=asked.funding,
            sources=project.sources,
        )
    ]


def close(before: Project | None) -> list[ProjectFact]:
    """办结: accepted, a maintainer named, and everybody who asked told of the acceptance."""
    project = found(before)
    if project.state is ProjectState.CLOSED:
        return []
    accepted = project.disclosures.get(DisclosureStage.ACCEPTED)
    refuse(
        not_in(project, ProjectState.ACCEPTED),
        project.maintenance is None and Reason("maintainer_missing", "尚未落实管护主体"),
        accepted is None and Reason("not_disclosed", "验收结果尚未公开"),
        accepted is not None and not accepted.notified and Reason("sources_not_told", "尚有来源未告知验收结果"),
    )
    return [ProjectClosed(sources=project.sources)]


def _not_inspected(project: Project, asked: Inspection, now: datetime, terms: Terms) -> tuple[Reason | None, ...]:
    """Reasons why this was no acceptance inspection."""
    held_on = asked.held_at.astimezone(SHANGHAI).date()
    too_early = project.completed_on is not None and held_on < project.completed_on
    reasons = (
        (asked.held_at > now, Reason("in_future", "验收时间尚未到", "/held_at")),
        (too_early, Reason("before_completion", "验收早于完工", "/held_at")),
        (
            asked.group.residents < terms.acceptance_residents,
            Reason(
                "residents_missing", f"验收组至少要有 {terms.acceptance_residents} 名居民（村民）", "/group/residents"
            ),
        ),
        (asked.group.unit != project.unit, Reason("unit_missing", "验收组须有责任单位", "/group/unit")),
        (not asked.group.supervisor, Reason("supervisor_missing", "验收组须有监督委员会成员", "/group/supervisor")),
        (asked.builder_present, Reason("builder_present", "施工单位不得参加验收组", "/builder_present")),
        (asked.asked == 0, Reason("nobody_asked", "没有征求居民意见", "/asked")),
        (asked.satisfied > asked.asked, Reason("more_than_asked", "满意人数多于受访人数", "/satisfied")),
    )
    return (not_in(project, ProjectState.COMPLETED), *(reason for holds, reason in reasons if holds))
