"""The doors of escalation on a real database: the whistle of Dahuichang from the topic to the end, and its side ways."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from shared.events.base import derived, ref
from tests.integration.escalation.town import (
    BECAUSE,
    BEGIN,
    DAY,
    DISPATCHER,
    FIRE,
    HOTSPOT,
    HOUR,
    HOUSING,
    LEADER,
    OFFICE,
    OTHERS,
    ROUTE,
    SECRETARY,
    TOPIC,
    WATER,
    blown,
    handled,
    listed,
    needs_departments,
    requested,
    routed,
    sound,
)
from tests.support.running import Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


async def test_a_topic_is_heard_once_however_often_it_is_told(here: Running) -> None:
    id = await requested(here)
    await requested(here)
    issue = await here.get(f"/issues/{id}")
    assert (issue["state"], issue["version"], issue["sources"]) == ("REQUESTED", 1, [TOPIC, HOTSPOT])
    assert [found["id"] for found in await listed(here, f"source={TOPIC}")] == [id]


async def test_a_topic_that_asks_again_gets_a_second_issue(here: Running) -> None:
    first = await requested(here)
    second = str(derived("issue", f"{TOPIC}/2"))
    await here.hears(TOPIC, 2, needs_departments())
    assert {found["id"] for found in await listed(here, f"source={TOPIC}")} == {first, second}


async def test_a_route_asks_for_an_issue_and_a_linking_one_does_not(here: Running) -> None:
    await here.hears(ROUTE, 1, routed())
    (issue,) = await listed(here, f"source={ROUTE}")
    assert (issue["id"], issue["public_title"]) == (str(derived("issue", ROUTE)), "大灰厂小区：供水")
    await here.hears(ref("route", UUID(int=9)), 1, routed(target=ref("issue", UUID(issue["id"]))))
    assert len(await listed(here)) == 1


async def test_from_the_topic_to_the_end_with_one_department_late(here: Running) -> None:
    issue, duties = await blown(here)
    housing, water = duties["district-housing"], duties["district-water"]
    board = await here.get("/board")
    assert (board["overdue"], len(board["due"])) == ([], 6)

    await here.at(BEGIN + HOUR)
    await here.post(f"{housing}/acknowledge", HOUSING)
    await here.post(f"{water}/acknowledge", WATER)
    await here.post(f"{housing}/check-in", HOUSING, {"mode": "ON_SITE"})
    assert (await here.get(issue))["state"] == "ESCALATED"
    await here.at(BEGIN + 3.5 * DAY)
    assert [entry["step"] for entry in (await here.get("/board"))["overdue"]] == ["CHECK_IN"]
    await here.post(f"{water}/check-in", WATER, {"mode": "ONLINE"})
    assert (await here.get(water))["checked_in_late"] is True
    assert (await here.get(issue))["state"] == "MUSTERED"

    steps = [
        {"task": "修扶手", "owner": "district-housing", "due_at": BEGIN + 5 * DAY},
        {"task": "恢复水站", "owner": "district-water", "due_at": BEGIN + 5 * DAY},
    ]
    await here.post(f"{issue}/plan", HOUSING, {"steps": steps})
    trucks = [{"work": "清运垃圾", "amount": 8, "quantity": "TRUCKLOADS"}]
    await here.post(f"{issue}/progress", HOUSING, {"done": trucks})
    confirmation = {"result": "扶手、水站均已恢复", "on_site": True}
    assert await here.refused(f"{issue}/resolve", DISPATCHER, confirmation) == ["lead_unfinished"]
    await here.post(f"{housing}/finish", HOUSING, {"done": trucks})
    assert await here.refused(f"{housing}/release", DISPATCHER) == ["unsolved"]
    await here.post(f"{issue}/resolve", DISPATCHER, confirmation)

    grade = {"department": "district-housing", "solved": 100, "cooperation": 100}
    await here.post(f"{issue}/evaluations", DISPATCHER, grade)
    await here.post(f"{issue}/evaluations", DISPATCHER, grade | {"department": "district-water"})
    await here.post(f"{issue}/whistle-evaluation", HOUSING, {"justified": True, "clear": True})
    assert await here.refused(f"{issue}/close", DISPATCHER) == ["not_released"]
    await here.post(f"{housing}/release", DISPATCHER)
    await here.post(f"{water}/release", DISPATCHER)
    await here.post(f"{issue}/close", DISPATCHER)

    closed = await here.get(issue)
    assert (closed["state"], {duty["state"] for duty in closed["duties"]}) == ("CLOSED", {"RELEASED"})
    assert {name: score["total"] for name, score in closed["scores"].items()} == {
        "district-housing": 100,
        "district-water": 70,
    }
    assert await here.said(closed["id"]) == [
        "WhistleRequested",
        "WhistleApproved",
        "IssueEscalated",
        "IssueMustered",
        "ActionPlanned",
        "IssueProgressed",
        "IssueResolved",
        "DepartmentEvaluated",
        "DepartmentEvaluated",
        "WhistleEvaluated",
        "IssueClosed",
    ]
    late = water.rpartition("/")[2]
    assert (await here.said(late))[2:] == [
        "DutyDeadlineMissed",
        "DepartmentCheckedIn",
        "DutyDeadlinesLifted",
        "DepartmentReleased",
    ]
    missed = await here.service.pool.fetchrow("select * from journal where stream = $1 and version = 3", UUID(late))
    assert missed is not None
    assert missed["occurred_at"] == datetime.fromisoformat((await here.get(water))["check_in_by"])
    assert missed["recorded_at"] > missed["occurred_at"]
    assert await here.service.pool.fetchval("select count(*) from timers") == 0
    await sound(here)


async def test_nobody_decides_in_time_and_the_town_climbs_the_ladder(here: Running) -> None:
    id = await requested(here)
    await here.at(BEGIN + 5 * HOUR)
    assert (await here.get("/board"))["overdue"][0]["step"] == "APPROVAL"
    assert await here.said(id) == ["WhistleRequested", "WhistleApprovalMissed"]
    await here.post(f"/issues/{id}/approve", LEADER, {"note": "请尽快"})
    await here.post(f"/issues/{id}/escalate", DISPATCHER, {"task": "核查", "due_at": BEGIN + 5 * DAY + 5 * HOUR})
    await here.at(BEGIN + 20 * DAY)
    assert (await here.said(id))[4:] == ["SupervisionStarted"] * 3 + ["IssueRaisedToDistrict"]
    await sound(here)


async def test_a_new_due_date_moves_the_duties_and_their_timers(here: Running) -> None:
    issue, duties = await handled(here)

    async def due_of(path: str) -> Any:
        return (await here.get(path))["due_at"]

    later = BEGIN + 9 * DAY
    await here.post(f"{issue}/extension", LEADER, BECAUSE | {"due_at": later})
    assert await due_of(duties["district-water"]) == await due_of(issue)
    await here.at(BEGIN + 7 * DAY)
    await here.post(f"{issue}/pause", LEADER, BECAUSE)
    await here.post(f"{issue}/pause", LEADER, BECAUSE)
    assert await due_of(duties["district-water"]) is None
    await here.at(BEGIN + 30 * DAY)
    assert "DutyDeadlineMissed" not in await here.said(duties["district-water"].rpartition("/")[2])
    await here.post(f"{issue}/resume", LEADER, BECAUSE)
    restored = datetime.fromisoformat(await due_of(duties["district-water"]))
    assert abs(restored - (BEGIN + 32 * DAY)) < HOUR
    await here.at(BEGIN + 33 * DAY)
    assert (await here.said(duties["district-water"].rpartition("/")[2])).count("DutyDeadlineMissed") == 1
    await sound(here)


async def test_the_lead_objects_and_another_department_takes_it(here: Running) -> None:
    issue, duties = await blown(here)
    housing, water = duties["district-housing"], duties["district-water"]
    await here.post(f"{water}/check-in", WATER, {"mode": "ON_SITE"})
    assert await here.refused(f"{housing}/excuse", DISPATCHER, BECAUSE) == ["lead_never_empty"]
    await here.post(f"{housing}/object", HOUSING, BECAUSE | {"proposed": "district-water"})
    await here.post(f"{housing}/reassign", LEADER, BECAUSE | {"lead": "district-water"})
    found = await here.get(issue)
    assert (found["lead"], found["support"], found["state"]) == ("district-water", [], "MUSTERED")
    assert (await here.get(housing))["state"] == "EXCUSED"
    assert (await here.get(water))["role"] == "LEAD"
    await sound(here)


async def test_a_department_that_nobody_called_yet_takes_the_lead(here: Running) -> None:
    issue, duties = await blown(here)
    housing = duties["district-housing"]
    await here.post(f"{housing}/object", HOUSING, BECAUSE)
    await here.post(f"{housing}/reassign", LEADER, BECAUSE | {"lead": "district-fire"})
    (fire,) = (await here.get(f"/duties?department=district-fire&issue={issue.rpartition('/')[2]}"))["items"]
    assert (fire["state"], fire["role"]) == ("CALLED", "LEAD")
    await here.post(f"/duties/{fire['id']}/acknowledge", FIRE)
    await sound(here)


async def test_an_objection_is_rejected_and_the_duty_stays(here: Running) -> None:
    _, duties = await blown(here)
    housing = duties["district-housing"]
    await here.post(f"{housing}/object", HOUSING, BECAUSE)
    await here.post(f"{housing}/objection-rejection", LEADER, BECAUSE)
    assert (await here.get(housing))["state"] == "CALLED"


async def test_the_last_awaited_department_is_excused_and_the_others_are_mustered(here: Running) -> None:
    issue, duties = await blown(here)
    await here.post(f"{duties['district-housing']}/check-in", HOUSING, {"mode": "ON_SITE"})
    await here.post(f"{duties['district-water']}/excuse", DISPATCHER, BECAUSE)
    assert (await here.get(issue))["state"] == "MUSTERED"


async def test_a_withdrawn_whistle_releases_everybody_and_silences_every_timer(here: Running) -> None:
    issue, duties = await blown(here)
    await here.post(f"{duties['district-housing']}/check-in", HOUSING, {"mode": "ON_SITE"})
    await here.post(f"{issue}/withdraw", DISPATCHER, BECAUSE)
    found = await here.get(issue)
    assert (found["state"], sorted(duty["state"] for duty in found["duties"])) == (
        "WITHDRAWN",
        ["EXCUSED", "RELEASED"],
    )
    assert await here.service.pool.fetchval("select count(*) from timers") == 0


async def test_a_reopened_issue_calls_the_departments_back(here: Running) -> None:
    issue, duties = await handled(here)
    await here.post(f"{duties['district-housing']}/finish", HOUSING)
    await here.post(f"{issue}/resolve", DISPATCHER, {"result": "已恢复", "on_site": True})
    await here.post(f"{issue}/reopen", DISPATCHER, BECAUSE | {"due_at": BEGIN + 9 * DAY})
    found = await here.get(issue)
    assert (found["state"], {duty["state"] for duty in found["duties"]}) == ("HANDLING", {"CHECKED_IN"})
    await here.post(f"{issue}/supervise", LEADER, BECAUSE | {"level": "TOWN_LEADER"})
    assert (await here.get(issue))["supervision"] == "TOWN_LEADER"
    await sound(here)


async def test_a_secretary_requests_for_the_own_community_and_withdraws_it(here: Running) -> None:
    wish = {
        "community": "dahuichang",
        "category": "WATER",
        "public_title": "水站停水",
        "whistle": "EMERGENCY",
        "lead": "district-water",
    }
    assert (await here.call("POST", "/issues", OTHERS, wish)).status_code == 404
    id = (await here.post("/issues", SECRETARY, wish))["id"]
    await here.post(f"/issues/{id}/withdraw", SECRETARY, BECAUSE)
    assert (await here.get(f"/issues/{id}"))["state"] == "WITHDRAWN"


async def test_any_town_unit_calls_and_no_other(here: Running) -> None:
    id = await requested(here)
    await here.post(f"/issues/{id}/approve", LEADER)
    assert await here.refused(f"/issues/{id}/escalate", FIRE, {"task": "核查"}) == ["not_a_town_unit"]
    await here.post(f"/issues/{id}/escalate", OFFICE, {"task": "核查"})
    assert (await here.get(f"/issues/{id}", OFFICE))["caller"] == "town-community-office"
    await here.post(f"/issues/{id}/withdraw", OFFICE, BECAUSE)


async def test_a_request_is_rejected_with_its_reason(here: Running) -> None:
    id = await requested(here)
    await here.post(f"/issues/{id}/reject", LEADER, BECAUSE)
    assert (await here.get(f"/issues/{id}"))["reason"] == "理由"


async def test_everybody_sees_only_the_own_business(here: Running) -> None:
    issue, duties = await blown(here)
    water = duties["district-water"]
    for path in (issue, water, duties["district-housing"]):
        assert (await here.call("GET", path, FIRE)).status_code == 404
        assert (await here.call("GET", path, OTHERS)).status_code == 404
    for who, seen, called, owed in ((FIRE, 0, 0, 0), (OTHERS, 0, 0, 0), (WATER, 1, 1, 3), (SECRETARY, 1, 2, 6)):
        assert len(await listed(here, who=who)) == seen
        assert len((await here.get("/duties", who))["items"]) == called
        assert len((await here.get("/board", who))["due"]) == owed
    assert (await here.call("POST", f"{water}/acknowledge", HOUSING)).status_code == 404
    assert (await here.call("POST", f"{water}/acknowledge", LEADER)).status_code == 403
    assert (await here.call("POST", f"/duties/{UUID(int=8)}/release", DISPATCHER)).status_code == 404


@pytest.mark.parametrize("note", ["请联系13800138000", "住12号楼3单元402", "身份证110101199003077758"])
async def test_staff_texts_with_personal_data_are_refused_with_their_place_and_nothing_is_said(
    here: Running, note: str
) -> None:
    issue, duties = await blown(here)
    await here.post(f"{duties['district-housing']}/check-in", HOUSING, {"mode": "ON_SITE"})
    before = await here.service.pool.fetchval("select count(*) from journal")
    step = {"task": "修扶手", "owner": "district-housing", "due_at": (BEGIN + 2 * DAY).isoformat()}
    answer = await here.call("POST", f"{issue}/plan", HOUSING, {"steps": [step, step | {"task": note}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "personal_data_in_public_text")
    assert [reason["pointer"] for reason in answer.json()["errors"]] == ["/steps/1/task"]
    assert note not in answer.text
    assert await here.service.pool.fetchval("select count(*) from journal") == before


async def test_the_number_of_an_office_may_stand_where_the_town_has_listed_it(here: Running) -> None:
    id, said = await requested(here), {"note": "请拨打010-83300000"}
    assert (await here.call("POST", f"/issues/{id}/approve", LEADER, said)).status_code == 422
    here.service.town = here.service.town.model_copy(update={"public_numbers": ("010-83300000",)})
    assert (await here.call("POST", f"/issues/{id}/approve", LEADER, said)).status_code == 200
