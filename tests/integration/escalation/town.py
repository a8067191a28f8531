"""A running escalation service in Dahuichang's days, the people who use it, and whistles at their stages."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ops.embedded.keys import Bearer
from shared.events.base import derived, ref
from shared.events.deliberation import TopicNeedsDepartments
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget, WhistleKind
from shared.rules.township import SHANGHAI
from tests.support.running import Running

BEGIN = datetime(2024, 2, 1, 9, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOPIC, HOTSPOT = ref("topic", derived("test", "topic")), ref("hotspot", derived("test", "hotspot"))
ROUTE = ref("route", derived("test", "route"))
LEADER, DISPATCHER = Bearer("supervisor"), Bearer("dispatcher")
SECRETARY, OTHERS = Bearer("secretary", ("dahuichang",)), Bearer("secretary", ("zhangguozhuang",))
HOUSING = Bearer("officer", department="district-housing")
WATER = Bearer("officer", department="district-water")
FIRE = Bearer("officer", department="district-fire")
OFFICE = Bearer("officer", department="town-community-office")
BECAUSE = {"reason": "理由"}


def needs_departments() -> TopicNeedsDepartments:
    return TopicNeedsDepartments(
        meeting=ref("meeting", UUID(int=1)),
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="物业空窗期应急维修",
        whistle=WhistleKind.PUBLIC_DEMAND,
        lead="district-housing",
        support=("district-water",),
        due_at=BEGIN + 6 * DAY,
        sources=(HOTSPOT,),
    )


def routed(target: str | None = None) -> ComplaintRouted:
    return ComplaintRouted(
        complaint=ref("complaint", UUID(int=5)),
        community="dahuichang",
        category="WATER",
        place="dahuichang-estate",
        wanted=RouteTarget.ISSUE,
        target=target,
    )


async def requested(here: Running, version: int = 1) -> str:
    """The issue that the topic asked for."""
    await here.hears(TOPIC, version, needs_departments())
    return str(derived("issue", f"{TOPIC}/{version}"))


async def blown(here: Running) -> tuple[str, dict[str, str]]:
    """An issue whose departments are called: its path, and the path of each department's duty."""
    id = await requested(here)
    await here.post(f"/issues/{id}/approve", LEADER)
    answer = await here.post(f"/issues/{id}/escalate", DISPATCHER, {"task": "抢修扶手、清运垃圾、恢复水站"})
    return f"/issues/{id}", {department: f"/duties/{duty}" for department, duty in answer["duties"].items()}


async def handled(here: Running) -> tuple[str, dict[str, str]]:
    """An issue that is being handled."""
    issue, duties = await blown(here)
    for officer in (HOUSING, WATER):
        await here.post(f"{duties[officer.department or '']}/check-in", officer, {"mode": "ON_SITE"})
    step = {"task": "修扶手", "owner": "district-housing", "due_at": BEGIN + 2 * DAY}
    await here.post(f"{issue}/plan", HOUSING, {"steps": [step]})
    await here.post(f"{issue}/progress", WATER, {"note": "水站已恢复"})
    return issue, duties


async def listed(here: Running, query: str = "", who: Bearer | None = None) -> list[dict[str, Any]]:
    """The issues of the first page."""
    page: dict[str, Any] = await here.get(f"/issues?{query}", *([who] if who else []))
    return page["items"]  # type: ignore[no-any-return]


async def sound(here: Running) -> None:
    """Folding the journal gives the tables."""
    assert (await here.get("/integrity"))["sound"]
