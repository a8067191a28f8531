"""The doors of escalation on a real database: whistles across communities, scores that are answered, deadlines that end."""

from datetime import datetime, timedelta

import pytest

from ops.embedded.keys import Bearer
from services.escalation.main import begin
from shared.events.base import derived, ref
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.township import SHANGHAI
from tests.integration.escalation.town import (
    BECAUSE,
    BEGIN,
    DAY,
    DISPATCHER,
    HOUR,
    HOUSING,
    LEADER,
    OTHERS,
    ROUTE,
    SECRETARY,
    WATER,
    blown,
    handled,
    sound,
)
from tests.support.running import Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
THIRD = Bearer("secretary", ("village-02",))
JOINT = {
    "community": "dahuichang",
    "communities": ["zhangguozhuang"],
    "category": "WATER",
    "public_title": "两村之间供水管爆裂",
    "whistle": "EMERGENCY",
    "lead": "district-water",
}


async def test_the_secretaries_of_all_communities_see_a_joint_whistle_and_no_other_does(here: Running) -> None:
    id = (await here.post("/issues", SECRETARY, JOINT))["id"]
    call = {"task": "抢修", "due_at": BEGIN + 20 * HOUR}
    duty = (await here.post(f"/issues/{id}/escalate", DISPATCHER, call))["duties"]["district-water"]
    for who, seen in ((SECRETARY, 1), (OTHERS, 1), (THIRD, 0)):
        assert len((await here.get("/issues", who))["items"]) == seen
        assert len((await here.get("/duties", who))["items"]) == seen
        assert len((await here.get("/board", who))["due"]) == 4 * seen
        status = 200 if seen else 404
        assert (await here.call("GET", f"/issues/{id}", who)).status_code == status
        assert (await here.call("GET", f"/duties/{duty}", who)).status_code == status
    assert [found["id"] for found in (await here.get("/issues?community=zhangguozhuang"))["items"]] == [id]
    await sound(here)


async def test_the_other_community_does_not_withdraw_what_the_first_has_requested(here: Running) -> None:
    id = (await here.post("/issues", SECRETARY, JOINT))["id"]
    assert await here.refused(f"/issues/{id}/withdraw", OTHERS, BECAUSE) == ["not_the_requester"]
    await here.post(f"/issues/{id}/withdraw", SECRETARY, BECAUSE)


async def test_when_the_matter_is_solved_a_supporting_department_owes_nothing_and_answers_its_score(
    here: Running,
) -> None:
    issue, duties = await handled(here)
    await here.post(f"{duties['district-housing']}/finish", HOUSING)
    await here.post(f"{issue}/resolve", DISPATCHER, {"result": "已恢复", "on_site": True})
    await here.at(BEGIN + 20 * DAY)
    said = await here.said(duties["district-water"].rpartition("/")[2])
    assert said[-1] == "DutyDeadlinesLifted"
    assert (await here.get("/board"))["overdue"] == []
    grade = {"department": "district-water", "solved": 60, "cooperation": 50}
    await here.post(f"{issue}/evaluations", DISPATCHER, grade)
    comment = {"comment": "当日另有抢险任务"}
    assert (await here.call("POST", f"{issue}/score-comment", LEADER, comment)).status_code == 403
    assert await here.refused(f"{issue}/score-comment", HOUSING, comment) == ["not_evaluated"]
    await here.post(f"{issue}/score-comment", WATER, comment)
    assert (await here.get(issue))["score_comments"] == ["district-water"]
    await sound(here)


async def test_a_whistle_of_a_complaint_ends_with_it_or_after_its_extension(here: Running) -> None:
    routed = ComplaintRouted(
        complaint=ref("complaint", derived("test", "complaint")),
        community="dahuichang",
        category="WATER",
        place=None,
        wanted=RouteTarget.ISSUE,
        due_at=BEGIN + 3 * DAY,
    )
    await here.hears(ROUTE, 1, routed)
    path = f"/issues/{derived('issue', ROUTE)}"
    await here.post(f"{path}/approve", LEADER)
    call = {"task": "核查", "lead": "district-water", "due_at": BEGIN + 5 * DAY}
    assert await here.refused(f"{path}/escalate", DISPATCHER, call) == ["later_than_order"]
    await here.post(f"{path}/escalate", DISPATCHER, call | {"order_extended": True})
    await sound(here)


async def test_an_objection_proposes_a_unit_of_the_towns_list(here: Running) -> None:
    _, duties = await blown(here)
    nobody = BECAUSE | {"proposed": "nobody"}
    assert await here.refused(f"{duties['district-water']}/object", WATER, nobody) == ["unknown_unit"]
    await here.post(f"{duties['district-water']}/object", WATER, BECAUSE | {"proposed": "district-fire"})


async def test_when_the_holidays_are_announced_the_next_start_counts_again_without_a_second_warning(
    here: Running,
) -> None:
    """Friday 2100-01-01 and Monday 2100-01-04 turn out to be holidays after the departments were called and warned."""
    now = datetime(2099, 12, 31, 9, tzinfo=SHANGHAI)
    await here.at(now)
    wish = JOINT | {"whistle": "KEY_TASK", "due_at": now + 7 * DAY}
    path = f"/issues/{(await here.post('/issues', SECRETARY, wish))['id']}"
    await here.post(f"{path}/approve", LEADER)
    called = await here.post(f"{path}/escalate", DISPATCHER, {"task": "抢修"})
    water = f"/duties/{called['duties']['district-water']}"
    was = await here.get(water)
    assert was["provisional"]
    await here.at(datetime.fromisoformat(was["check_in_near_at"]))
    known = CalendarOverrides.model_validate({"holidays": ["2100-01-01", "2100-01-04"], "announced": [2099, 2100]})
    here.service.calendar = Calendar(known)
    await begin(here.service)
    await begin(here.service)
    counted = await here.get(water)
    assert (counted["provisional"], counted["deadline_version"]) == (False, 2)
    late = datetime.fromisoformat(counted["check_in_by"]) - datetime(2100, 1, 6, 9, tzinfo=SHANGHAI)
    assert timedelta(0) <= late < timedelta(minutes=1)
    await here.at(datetime(2100, 1, 6, 10, tzinfo=SHANGHAI))
    told = [
        (word.removeprefix("DutyDeadline"), data.get("step"))
        for word, data in await here.facts(water)
        if word.startswith("DutyDeadline")
    ]
    assert told.count(("Near", "CHECK_IN")) == 1
    assert told.count(("Missed", "CHECK_IN")) == 1
    await sound(here)
