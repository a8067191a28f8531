"""Lists, board, history and routing through the doors, on a real database."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from ops.embedded.keys import Bearer
from services.escalation.api import board
from shared.events.base import ref
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget
from shared.plumbing import lists
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
    requested,
)
from tests.support.running import OPERATOR, Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
GAS = "community-02"
STANDING = yaml.safe_load(Path("config/whistles.yaml").read_text())["versions"][0]


async def ids(here: Running, path: str, who: Bearer = OPERATOR) -> list[str]:
    """What a list shows on its first page."""
    return [one["id"] for one in (await here.get(path, who))["items"]]


async def lines(here: Running, path: str, who: Bearer = OPERATOR) -> list[list[str]]:
    """The lines of a file, its headings first."""
    answer = await here.call("GET", path, who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def asked(here: Running, title: str, **more: Any) -> str:
    """A whistle that somebody asks for by hand."""
    wish = {"community": GAS, "category": "GAS", "public_title": title, "whistle": "KEY_TASK"} | more
    found: str = (await here.post("/issues", LEADER, wish))["id"]
    return found


async def test_issues_are_found_by_each_condition(here: Running) -> None:
    issue, _ = await handled(here)
    first, second = (
        issue.rpartition("/")[2],
        await asked(here, "燃气管线占压", lead="firm-gas", support=["district-fire"]),
    )
    for query, found in (
        ("", [second, first]),
        ("state=HANDLING", [first]),
        ("state=HANDLING&state=REQUESTED", [second, first]),
        ("state=CLOSED", []),
        ("whistle=KEY_TASK", [second]),
        (f"community={GAS}", [second]),
        ("category=GAS", [second]),
        ("place=dahuichang-estate", [first]),
        ("lead=district-housing", [first]),
        ("department=district-fire", [second]),
        ("department=town", [first]),
        ("requested_by=town", [second]),
        ("text=%E7%AE%A1%E7%BA%BF", [second]),  # 管线
        ("text=%E6%B0%B4%E7%AB%99", [first]),  # 水站, of the task
        ("text=%25", []),
        ("due_until=2024-02-08T00:00:00%2B08:00", [first]),
        ("due_until=2024-02-06T00:00:00%2B08:00", []),
        ("overdue=true", []),
        ("overdue=false", [second, first]),
        ("supervised=false&paused=false", [second, first]),
        ("lead=district-housing&category=GAS", []),
    ):
        assert await ids(here, f"/issues?{query}") == found, query
    assert await ids(here, "/issues", FIRE) == [second]
    assert await ids(here, "/issues", WATER) == [first]
    assert await ids(here, "/issues", OTHERS) == []
    assert await ids(here, "/issues?department=firm-gas", WATER) == []


async def test_time_makes_issues_due_overdue_and_supervised(here: Running) -> None:
    issue, duties = await handled(here)
    id = issue.rpartition("/")[2]
    unanswered = await asked(here, "燃气管线占压")
    await here.at(BEGIN + 5 * HOUR)
    assert await ids(here, "/issues?overdue=true") == [unanswered]
    assert await ids(here, "/issues?due_soon=true") == []
    await here.at(BEGIN + 5 * DAY)
    assert await ids(here, "/issues?due_soon=true") == [id]
    assert len(await ids(here, "/duties?due_soon=true")) == 2
    await here.at(BEGIN + 8 * DAY)
    assert set(await ids(here, "/issues?overdue=true")) == {id, unanswered}
    assert await ids(here, "/issues?due_soon=true") == []
    assert await ids(here, "/issues?supervised=true") == [id]
    assert await ids(here, "/issues?supervision=DEPARTMENT_HEAD&supervision=REMINDER") == [id]
    assert await ids(here, "/issues?supervision=DISTRICT") == []
    assert set(await ids(here, "/duties?overdue=true")) == {path.rpartition("/")[2] for path in duties.values()}
    assert await ids(here, "/duties?due_soon=true") == []


async def test_duties_are_found_by_each_condition(here: Running) -> None:
    issue, duties = await blown(here)
    housing, water = (duties[name].rpartition("/")[2] for name in ("district-housing", "district-water"))
    await here.at(BEGIN + 5 * HOUR)
    await here.post(f"/duties/{water}/acknowledge", WATER)
    for query, found in (
        ("department=district-water", [water]),
        ("state=ACKNOWLEDGED", [water]),
        ("role=LEAD", [housing]),
        ("late=true", [water]),
        ("overdue=true", [housing]),
        ("objected=true", []),
        (f"issue={issue.rpartition('/')[2]}&role=SUPPORT", [water]),
        ("whistle=EMERGENCY", []),
        ("community=zhangguozhuang", []),
        ("due_until=2024-02-07T09:00:01%2B08:00&role=LEAD", [housing]),
    ):
        assert await ids(here, f"/duties?{query}") == found, query
    assert await ids(here, "/duties", WATER) == [water]


async def test_a_list_goes_on_where_the_page_before_ended(here: Running) -> None:
    every = [await asked(here, f"燃气管线占压{number}") for number in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = await here.get(f"/issues?limit=2{after}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == every[::-1]
    other = await here.call("GET", f"/issues?limit=2&category=GAS{after}", OPERATOR)
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "wrong_cursor")
    for query in ("colour=red", "state=NOWHERE", "limit=0", "overdue=1"):
        assert (await here.call("GET", f"/issues?{query}", OPERATOR)).status_code == 422, query


async def test_files_hold_what_the_lists_hold_and_run_nothing(here: Running) -> None:
    await blown(here)
    await asked(here, "=cmd|'/c calc'!A1")
    headings, formula, whistle = await lines(here, "/issues/export")
    assert formula[headings.index("标题")] == "'=cmd|'/c calc'!A1"
    told = dict(zip(headings, whistle, strict=True))
    assert (told["状态"], told["哨型"], told["主责部门"]) == ("已吹哨，待集结", "群众诉求", "区房管局")
    assert (told["请求单位"], told["吹哨单位"], told["协办部门"]) == ("大灰厂社区", "北宫镇", "区水务局")
    assert told["办结期限"] == "2024-02-07T09:00:00+08:00"
    assert len(await lines(here, "/issues/export?limit=1")) == 3
    assert len(await lines(here, "/issues/export", OTHERS)) == 1
    duties = await lines(here, "/duties/export?role=LEAD")
    assert [dict(zip(duties[0], line, strict=True))["部门"] for line in duties[1:]] == ["区房管局"]
    assert [line[0] for line in await lines(here, "/duties/export", FIRE)] == ["编号"]


async def test_a_file_that_would_leave_something_out_is_refused(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(here, "燃气管线占压")
    await asked(here, "燃气管线泄漏")
    monkeypatch.setattr(lists, "MOST_LINES", 2)
    assert len(await lines(here, "/issues/export")) == 3
    monkeypatch.setattr(lists, "MOST_LINES", 1)
    monkeypatch.setattr(board, "MOST_LINES", 1)
    for path in ("/issues/export", "/board/export"):
        answer = await here.call("GET", path, OPERATOR)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "too_many")


async def test_the_board_says_how_late_and_is_filtered(here: Running) -> None:
    await blown(here)
    await asked(here, "燃气管线占压")
    await here.at(BEGIN + 5 * HOUR + timedelta(seconds=30))
    found = await here.get("/board")
    assert {(one["step"], one["department"], one["words"]) for one in found["overdue"]} == {
        ("APPROVAL", None, "已逾期1小时"),
        ("ACKNOWLEDGE", "district-housing", "已逾期1小时"),
        ("ACKNOWLEDGE", "district-water", "已逾期1小时"),
    }
    assert [one["due_at"] for one in found["due"]] == sorted(one["due_at"] for one in found["due"])
    assert found["due"][-1]["words"] == "还有5天18小时"
    assert (len(found["due"]), found["left_off"]) == (4, 0)
    for query, overdue, due in (
        ("department=district-water", 1, 2),
        (f"community={GAS}", 1, 0),
        ("step=CHECK_IN", 0, 2),
        ("step=APPROVAL", 1, 0),
        ("whistle=KEY_TASK", 1, 0),
        ("level=REMINDER", 0, 0),
        ("overdue=true", 3, 0),
        ("overdue=false", 0, 4),
    ):
        found = await here.get(f"/board?{query}")
        assert (len(found["overdue"]), len(found["due"])) == (overdue, due), query
    mine = await here.get("/board", WATER)
    assert {one["department"] for one in (*mine["overdue"], *mine["due"])} == {"district-water"}
    headings, first, *_ = await lines(here, "/board/export?step=ACKNOWLEDGE&department=district-water")
    told = dict(zip(headings, first, strict=True))
    assert (told["环节"], told["部门"], told["时差"], told["已逾期"]) == ("响应", "区水务局", "已逾期1小时", "是")
    await here.at(BEGIN + 8 * DAY)
    assert {one["supervision"] for one in (await here.get("/board?level=DEPARTMENT_HEAD"))["overdue"]} == {
        "DEPARTMENT_HEAD"
    }


async def test_the_history_tells_the_issue_and_its_duties_in_words(here: Running) -> None:
    issue, duties = await handled(here)
    told = await here.get(f"{issue}/history")
    assert [one["position"] for one in told] == sorted(one["position"] for one in told)
    assert [one["heading"] for one in told][:5] == ["请求吹哨", "同意吹哨", "吹哨", "召集部门", "召集部门"]
    assert {"部门响应", "部门报到", "集结到位", "行动方案", "处置进展"} <= {one["heading"] for one in told}
    arrived = next(one for one in told if one["fact"] == "DepartmentCheckedIn")
    assert (arrived["words"], arrived["role"], arrived["unit"]) == ("区房管局；现场", "officer", "district-housing")
    assert "tester" not in str(told)
    leader = await here.get(f"{issue}/history?role=supervisor")
    assert [one["heading"] for one in leader] == ["同意吹哨"]
    assert [one["heading"] for one in await here.get(f"{issue}/history?role=service")] == ["请求吹哨"]
    assert await here.get(f"{issue}/history?role=timer") == []
    await here.at(BEGIN + 6.5 * DAY)
    by_time = {one["heading"] for one in await here.get(f"{issue}/history?role=timer")}
    assert by_time == {"逾期", "督办"}
    told = await here.get(f"{issue}/history")
    mine = await here.get(f"{issue}/history", WATER)
    assert {one["data"]["department"] for one in mine if one["kind"] == "duty"} == {"district-water"}
    assert [one for one in mine if one["kind"] == "issue"] == [one for one in told if one["kind"] == "issue"]
    own = await here.get(f"{duties['district-water']}/history", WATER)
    assert own == [one for one in mine if one["kind"] == "duty"]
    assert [one["heading"] for one in own] == ["召集部门", "部门响应", "部门报到", "逾期"]
    assert len(await here.get(f"{issue}/history", SECRETARY)) == len(told)
    for path in (f"{issue}/history", f"{duties['district-water']}/history"):
        assert (await here.call("GET", path, FIRE)).status_code == 404
        assert (await here.call("GET", path, OTHERS)).status_code == 404
    assert (await here.call("GET", f"/issues/{UUID(int=1)}/history", OPERATOR)).status_code == 404


def route(number: int, category: str = "WATER") -> tuple[str, ComplaintRouted]:
    """A route that asks for an issue."""
    fact = ComplaintRouted(
        complaint=ref("complaint", UUID(int=number)),
        community="dahuichang",
        category=category,
        place="dahuichang-estate",
        wanted=RouteTarget.ISSUE,
        target=None,
    )
    return ref("route", UUID(int=number)), fact


async def test_a_route_carries_the_proposal_and_a_person_decides(here: Running) -> None:
    stream, fact = route(1)
    await here.hears(stream, 1, fact)
    (id,) = await ids(here, f"/issues?source={stream}")
    issue = await here.get(f"/issues/{id}")
    assert (issue["lead"], issue["support"]) == ("district-water", ["firm-water", "dahuichang"])
    ((_, said),) = await here.facts(id)
    assert said["proposed_by"] == "water@2019-01-01"
    found = await here.get(f"/issues/{id}/proposal")
    assert (found["lead"], found["lead_name"], found["rule"]) == ("district-water", "区水务局", "water@2019-01-01")
    assert found["reasons"] == ["诉求分类为市政公用／供水"]
    assert found["before"] == {"near": None, "led": []}
    await here.post(f"/issues/{id}/approve", LEADER)
    decision = {"task": "抢修", "due_at": BEGIN + 2 * DAY, "lead": "district-fire", "support": []}
    await here.post(f"/issues/{id}/escalate", DISPATCHER, decision)
    assert (await here.get(f"/issues/{id}"))["lead"] == "district-fire"


async def test_who_led_before_is_told_nearest_first(here: Running) -> None:
    async def led(by: str, **where: str) -> str:
        id = await asked(here, "供水", category="WATER", lead=by, due_at=BEGIN + 5 * DAY, **where)
        await here.post(f"/issues/{id}/approve", LEADER)
        await here.post(f"/issues/{id}/escalate", DISPATCHER, {"task": "抢修"})
        return id

    await led("firm-water", community="zhangguozhuang")
    stream, fact = route(2)
    await here.hears(stream, 1, fact)
    (id,) = await ids(here, f"/issues?source={stream}")
    before = (await here.get(f"/issues/{id}/proposal"))["before"]
    assert (before["near"], [(one["name"], one["issues"]) for one in before["led"]]) == ("TOWN", [("供水企业", 1)])
    await led("district-fire", community="dahuichang")
    assert (await here.get(f"/issues/{id}/proposal"))["before"]["near"] == "COMMUNITY"
    for unit in ("firm-water", "district-water", "firm-water"):
        await led(unit, community="dahuichang", place="dahuichang-estate")
    found = await here.get(f"/issues/{id}/proposal")
    assert found["before"]["near"] == "PLACE"
    assert [(one["unit"], one["issues"], one["solved"]) for one in found["before"]["led"]] == [
        ("firm-water", 2, 0),
        ("district-water", 1, 0),
    ]
    assert found["lead"] == "district-water"
    assert "其中供水企业主责最多（2件），请核对" in found["reasons"]


async def test_a_department_that_objects_is_not_proposed_again(here: Running) -> None:
    issue, duties = await blown(here)
    assert (await here.get(f"{issue}/proposal"))["lead"] == "district-housing"
    await here.post(f"{duties['district-housing']}/object", HOUSING, BECAUSE)
    found = await here.get(f"{issue}/proposal")
    assert (found["lead"], found["rule"]) == ("town-request-centre", "request-centre@2019-01-01")
    await here.post(f"{issue}/withdraw", DISPATCHER, BECAUSE)
    answer = await here.call("GET", f"{issue}/proposal", DISPATCHER)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "wrong_state")


async def test_other_rules_are_tried_on_what_is_open(here: Running) -> None:
    for number, category in ((1, "WATER"), (2, "GAS"), (3, "NOISE")):
        stream, fact = route(number, category)
        await here.hears(stream, 1, fact)
    await requested(here)
    assert (await here.get("/whistle-rules"))["effective"] == "2019-01-01"
    candidate: dict[str, Any] = STANDING | {"effective": "2024-03-01"}
    candidate["rules"] = [
        {"name": "gas-first", "when": {"categories": ["GAS"]}, "lead": "firm-gas"},
        *STANDING["rules"],
    ]
    found = await here.post("/whistle-rules/dry-run", LEADER, {"rules": candidate})
    assert (found["issues"], found["changed"]) == (4, 1)
    (changed,) = found["differences"]
    assert (changed["now"], changed["now_by"]) == ("firm-gas", "gas-first@2024-03-01")
    assert (changed["before"], changed["really"]) == ("district-urban-management", "district-urban-management")
    assert next(one for one in found["units"] if one["unit"] == "firm-gas") == {
        "unit": "firm-gas",
        "name": "燃气企业",
        "now": 1,
        "before": 0,
        "really": 0,
    }
    assert {one["rule"]: one["issues"] for one in found["rules"] if one["issues"]} == {
        "gas-first": 1,
        "water": 1,
        "noise": 1,
        "property": 1,
    }
    candidate["rules"][0]["lead"] = "nobody"
    assert await here.refused("/whistle-rules/dry-run", LEADER, {"rules": candidate}) == ["unknown_unit"]
    assert (await here.call("POST", "/whistle-rules/dry-run", SECRETARY, {"rules": candidate})).status_code == 403
