"""What intake (接诉) says on `intake.events`: complaints, routes, hotspots, demand."""

from datetime import date
from enum import StrEnum

from shared.events.base import Code, Fact, Line, Mention, Moment, Ref, Target
from shared.events.vocabulary import DisclosureStage, ProgressStep, RouteTarget


class IntakeFact(Fact, abstract=True):
    """Anything intake says."""

    said_by = "intake"


class ComplaintFact(IntakeFact, abstract=True):
    """A fact of one complaint; the stream's id is the complaint's."""

    kind = "complaint"


class ComplaintProgressed(ComplaintFact):
    """工单进展: something moved this complaint on, here or in another service.

    `cause`: the topic, issue or project whose step it was; `via`: the route or hotspot by which it concerns this
    complaint (projects wait for it before they say SourcesNotified); `stage`: with step PROJECT_DISCLOSED only.
    """

    step: ProgressStep
    cause: Mention | None = None
    via: Mention | None = None
    stage: DisclosureStage | None = None
    note: Line | None = None


class RouteFact(IntakeFact, abstract=True):
    """A fact of one route; its stream is its own, so a complaint can have several."""

    kind = "route"


class ComplaintRouted(RouteFact):
    """转办: a complaint is linked to what exists (`target`), or asks the other service to open it (no `target`)."""

    complaint: Ref
    community: Code | None
    category: Code
    place: Code | None
    wanted: RouteTarget
    target: Target | None = None
    public_title: Line | None = None


class RouteOutcome(StrEnum):
    """How the target ended."""

    DONE = "DONE"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


class RouteConcluded(RouteFact):
    """转办办结: the target's own end concludes the route, once."""

    complaint: Mention
    outcome: RouteOutcome
    by: Mention


class HotspotRule(StrEnum):
    """Which rule made a hotspot."""

    DISTINCT_PEOPLE = "DISTINCT_PEOPLE"
    SURGE = "SURGE"
    SENSITIVE = "SENSITIVE"


class HotspotFact(IntakeFact, abstract=True):
    """A fact of one hotspot (共性诉求/热点): one stream per category and named place."""

    kind = "hotspot"
    category: Code
    community: Code
    place: Code
    people: int
    complaints: int


class HotspotDetected(HotspotFact):
    """热点发现: different people ask for the same at the same named place. `since`: the first day that was counted."""

    rule: HotspotRule
    since: Moment


class HotspotGrew(HotspotFact):
    """热点扩大: at least half as many people again as when last said."""


class HotspotSubsided(HotspotFact):
    """热点消退: fewer than two people in the window."""


class DemandCounted(IntakeFact):
    """日诉求量: complaints and different people of one category and place on one day (00:00 to 24:00, Asia/Shanghai).

    People are counted per day: days cannot be added up to different people.
    """

    kind = "demand"
    category: Code
    community: Code
    place: Code
    day: date
    complaints: int
    people: int
