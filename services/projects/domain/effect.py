"""成效评估: whether fewer people ask for the same at the same place after a project than before it."""

from dataclasses import dataclass
from datetime import date, datetime

from services.projects.domain.project import Project, standing
from services.projects.domain.sources import once
from services.projects.domain.terms import Terms
from shared.events.projects import EffectVerdict, ProjectEvaluated, ProjectFact
from shared.rules.township import SHANGHAI


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `first` to before `after`, Asia/Shanghai."""

    first: date
    after: date


def anchors(project: Project) -> tuple[tuple[str, str], ...]:
    """Category and place of each demand the project answers, those of absorbed projects included."""
    answered = [(project.category, project.place), *((one.category, one.place) for one in project.absorbed.values())]
    return once((category, place) for category, place in answered if category is not None and place is not None)


def windows(project: Project) -> tuple[Window, Window] | None:
    """Before and after, equally many whole days: up to the proposal, and from the day of the acceptance on.

    None while no effect check is due.
    """
    if project.accepted_at is None or project.effect_due_at is None:
        return None
    days = project.effect_due_at - project.accepted_at
    proposed_on, accepted_on = (at.astimezone(SHANGHAI).date() for at in (project.proposed_at, project.accepted_at))
    return Window(proposed_on - days, proposed_on), Window(accepted_on, accepted_on + days)


def evaluate(
    before: Project | None,
    *,
    demand_before: int,
    demand_after: int,
    recurred_on: date | None,
    due_at: datetime,
    version: int,
    now: datetime,
    terms: Terms,
) -> list[ProjectFact]:
    """成效评估: timer `effect`. Demand: complaints at the `anchors` in the two `windows` (people cannot be added up).

    `recurred_on`: the first day of the second window with a complaint.
    """
    project = standing(before, "effect", due_at, version)
    if project is None or (both := windows(project)) is None:
        return []
    verdict = judge(demand_before, demand_after, terms)
    return [
        ProjectEvaluated(
            verdict=verdict,
            before=demand_before,
            after=demand_after,
            failed=verdict is EffectVerdict.NOT_EFFECTIVE,
            days=(both[0].after - both[0].first).days,
            recurred_on=recurred_on,
            sources=project.sources,
        )
    ]


def judge(demand_before: int, demand_after: int, terms: Terms) -> EffectVerdict:
    """At least half must be gone; of too few before it is only said whether the matter came back."""
    if demand_before < terms.effect_small_below:
        return EffectVerdict.RECURRED if demand_after else EffectVerdict.NOT_RECURRED
    gone = demand_before - demand_after
    enough = gone * 100 >= demand_before * terms.effect_fall
    return EffectVerdict.EFFECTIVE if enough else EffectVerdict.NOT_EFFECTIVE
