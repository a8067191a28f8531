"""吹哨报到统计 through the doors: for the town, a community, a department; as JSON and as files."""

import csv
import io
from typing import Any

import pytest

from ops.embedded.keys import Bearer
from tests.integration.escalation.town import (
    BECAUSE,
    BEGIN,
    DAY,
    DISPATCHER,
    FIRE,
    HOUR,
    HOUSING,
    LEADER,
    OTHERS,
    SECRETARY,
    WATER,
    blown,
    handled,
)
from tests.support.running import OPERATOR, Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
FEBRUARY = "from=2024-02&until=2024-02"


async def figures(
    here: Running, code: str | None = None, query: str = FEBRUARY, who: Bearer = OPERATOR
) -> dict[str, Any]:
    """Numerator, denominator and value of the figures of a department; None: of all."""
    return of(await here.get(f"/statistics?{query}", who), "departments", code)


def of(found: dict[str, Any], side: str, code: str | None) -> dict[str, Any]:
    """The same out of an answer."""
    (one,) = [one for one in found[side] if one[side[:-1]] == code]
    return {
        name: (figure["numerator"], figure["denominator"], figure["value"]) for name, figure in one["figures"].items()
    }


async def solved(here: Running) -> tuple[str, dict[str, str]]:
    """An issue that is solved and evaluated from both sides."""
    issue, duties = await handled(here)
    await here.post(f"{duties['district-housing']}/finish", HOUSING, {})
    await here.post(f"{issue}/resolve", DISPATCHER, {"result": "已修复", "on_site": True})
    for department, percent in (("district-housing", 100), ("district-water", 50)):
        grade = {"department": department, "solved": percent, "cooperation": percent}
        await here.post(f"{issue}/evaluations", DISPATCHER, grade)
    await here.post(f"{issue}/whistle-evaluation", HOUSING, {"justified": True, "clear": False})
    return issue, duties


async def test_an_open_duty_is_a_miss_from_its_deadline_on_though_nobody_has_said_so(here: Running) -> None:
    await blown(here)
    assert (await figures(here))["acknowledged_in_time"] == (0, 0, None)
    await here.service.pool.execute("delete from timers")
    await here.at(BEGIN + 5 * HOUR)
    assert await here.service.pool.fetchval("select count(*) from journal where type like '%DutyDeadlineMissed%'") == 0
    found = await figures(here)
    assert (found["acknowledged_in_time"], found["checked_in_in_time"]) == ((0, 2, 0.0), (0, 0, None))
    assert (found["open_and_overdue"], found["called"]) == ((2, 2, 100.0), (2, None, 2))


async def test_one_department_in_time_and_one_late(here: Running) -> None:
    _, duties = await blown(here)
    await here.at(BEGIN + HOUR)
    await here.post(f"{duties['district-housing']}/check-in", HOUSING, {"mode": "ON_SITE"})
    await here.at(BEGIN + 4 * DAY)
    await here.post(f"{duties['district-water']}/check-in", WATER, {"mode": "ONLINE"})
    found = await here.get(f"/statistics?{FEBRUARY}")
    assert (found["from"], found["until"]) == ("2024-02-01T00:00:00+08:00", "2024-03-01T00:00:00+08:00")
    assert (found["closed"], found["configuration"]) == (False, ["2019-01-01"])
    assert found["up_to"] == await here.service.pool.fetchval("select max(position) from journal")
    assert [one["name"] for one in found["departments"]] == ["合计", "区房管局", "区水务局"]
    total, housing, water = (of(found, "departments", code) for code in (None, "district-housing", "district-water"))
    assert (housing["checked_in_in_time"], water["checked_in_in_time"]) == ((1, 1, 100.0), (0, 1, 0.0))
    assert total["checked_in_in_time"] == (1, 2, 50.0)
    assert housing["minutes_to_check_in"][2] == pytest.approx(60, abs=1)
    assert (total["raised_to_district"], total["reopened"]) == ((0, 1, 0.0), (0, 1, 0.0))
    await here.at(BEGIN + 20 * DAY)
    assert (await figures(here, "district-housing"))["raised_to_district"] == (1, 1, 100.0)
    assert (await figures(here, "district-water"))["raised_to_district"] == (0, 0, None)
    assert (await figures(here))["finished_in_time"] == (0, 2, 0.0)


async def test_scores_and_the_other_side_are_those_since_the_last_reopening(here: Running) -> None:
    issue, _ = await solved(here)
    found = await here.get(f"/statistics?{FEBRUARY}")
    assert of(found, "departments", "district-housing")["score"] == (100, 1, 100.0)
    assert of(found, "departments", "district-water")["score"] == (75, 1, 75.0)
    assert of(found, "departments", None)["score"] == (175, 2, 87.5)
    assert of(found, "callers", "town") == {
        "blown": (1, None, 1),
        "withdrawn": (0, 1, 0.0),
        "justified": (1, 1, 100.0),
        "clear": (0, 1, 0.0),
    }
    evaluated = await here.call("POST", f"{issue}/reopen", DISPATCHER, BECAUSE | {"due_at": BEGIN + 9 * DAY})
    assert evaluated.status_code == 409, "evaluated from both sides: it is over"


async def test_a_reopened_issue_is_counted_and_its_scores_are_not(here: Running) -> None:
    issue, duties = await handled(here)
    await here.post(f"{duties['district-housing']}/finish", HOUSING, {})
    await here.post(f"{issue}/resolve", DISPATCHER, {"result": "已修复", "on_site": True})
    grade = {"department": "district-housing", "solved": 0, "cooperation": 0}
    await here.post(f"{issue}/evaluations", DISPATCHER, grade)
    await here.post(f"{issue}/whistle-evaluation", HOUSING, {"justified": False, "clear": False})
    assert of(await here.get(f"/statistics?{FEBRUARY}"), "callers", None)["justified"] == (0, 1, 0.0)
    await here.post(f"{issue}/reopen", DISPATCHER, BECAUSE | {"due_at": BEGIN + 9 * DAY})
    found = await here.get(f"/statistics?{FEBRUARY}")
    lead = of(found, "departments", "district-housing")
    assert (lead["reopened"], lead["score"], lead["finished_in_time"]) == ((1, 1, 100.0), (0, 0, None), (0, 0, None))
    assert of(found, "callers", None)["justified"] == (0, 0, None)


async def test_everybody_counts_as_far_as_they_reach(here: Running) -> None:
    await solved(here)
    mine = await here.get(f"/statistics?{FEBRUARY}", WATER)
    assert [one["department"] for one in mine["departments"]] == [None, "district-water"]
    assert of(mine, "departments", None)["called"] == (1, None, 1)
    assert [one["caller"] for one in mine["callers"]] == [None]
    assert (await figures(here, None, FEBRUARY, SECRETARY))["called"] == (2, None, 2)
    for who in (OTHERS, FIRE):
        assert (await figures(here, None, FEBRUARY, who))["called"] == (0, None, 0)
    for query, who in (("community=dahuichang", OTHERS), ("department=district-housing", WATER)):
        assert (await here.call("GET", f"/statistics?{FEBRUARY}&{query}", who)).status_code == 404
    assert (await here.call("GET", f"/statistics?{FEBRUARY}", None)).status_code == 401


async def test_conditions_months_and_files(here: Running) -> None:
    await solved(here)
    for query, called in (
        ("department=district-water", 1),
        ("community=dahuichang", 2),
        ("community=zhangguozhuang", 0),
        ("whistle=PUBLIC_DEMAND", 2),
        ("whistle=EMERGENCY", 0),
    ):
        assert (await figures(here, None, f"{FEBRUARY}&{query}"))["called"] == (called, None, called), query
    found = await here.get("/statistics?from=2024-01&until=2024-03&by_month=true")
    assert [one["month"] for one in found["months"]] == ["2024-01", "2024-02", "2024-03"]
    assert [of(one, "departments", None)["called"][0] for one in found["months"]] == [0, 2, 0]
    assert [of(one, "callers", None)["blown"][0] for one in found["months"]] == [0, 1, 0]
    answer = await here.call("GET", "/statistics/export?from=2024-01&until=2024-02", OPERATOR)
    headings, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len({line[0] for line in lines}) == 2
    told = {(line[0][:7], line[3], line[4]): line[5] for line in lines if line[1][:7] == "2024-03"}
    assert (headings[3:6], told["2024-02", "区水务局", "部门得分"]) == (["单位", "指标", "数值"], "75.0")
    for query, code in (
        ("from=2024-03&until=2024-02", "wrong_order"),
        ("from=2019-01&until=2024-01", "too_many_months"),
        (f"{FEBRUARY}&community=nowhere", "unknown_community"),
        (f"{FEBRUARY}&department=nobody", "unknown_unit"),
    ):
        refused = await here.call("GET", f"/statistics?{query}", LEADER)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, code), query
    defined = {one["figure"] for one in await here.get("/statistics/definitions")}
    assert defined == {*(await figures(here)), *of(found, "callers", None)}
