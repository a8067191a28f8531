"""日诉求量: complaints and different people of one category and place, day by day, for projects and dashboards."""

from dataclasses import dataclass
from datetime import date, timedelta

from services.intake.domain.hotspot import Spot
from shared.events.intake import DemandCounted

KEPT = timedelta(days=400)
"""So far back a day may still be counted again, when an import brings old complaints."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was said of one day."""

    complaints: int
    people: int


@dataclass(frozen=True, slots=True)
class Demand:
    """诉求量 of one category and place. `days`: what was last said of each day, the last 400 days."""

    category: str
    community: str
    place: str
    days: dict[date, Day]


def evolve(before: Demand | None, fact: DemandCounted) -> Demand:
    """The demand after this fact."""
    days = {**(before.days if before else {}), fact.day: Day(fact.complaints, fact.people)}
    oldest = max(days) - KEPT
    return Demand(
        category=fact.category,
        community=fact.community,
        place=fact.place,
        days={day: said for day, said in sorted(days.items()) if day > oldest},
    )


def count(before: Demand | None, *, at: Spot, day: date, complaints: int, people: int) -> list[DemandCounted]:
    """计数: said once, and again when a day's numbers have changed; a day without demand is not worth a word."""
    said = before.days if before else {}
    if said.get(day, Day(0, 0)) == Day(complaints, people):
        return []
    if said and day <= max(said) - KEPT:
        return []
    return [
        DemandCounted(
            category=at.category,
            community=at.community,
            place=at.place,
            day=day,
            complaints=complaints,
            people=people,
        )
    ]
