"""The list of complaints: conditions, order, pages, texts; whoever may not see something cannot search by it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from ops.embedded.keys import Bearer
from services.intake import finding
from tests.integration.intake.town import DISPATCHER, HOUR, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
AUDITOR = Bearer("auditor")
VILLAGE, TOWN_ENFORCEMENT = Bearer("secretary", ("dahuichang",)), "town-enforcement"
ENFORCERS = Bearer("officer", department=TOWN_ENFORCEMENT)


async def numbers(here: Town, query: str, who: Bearer = DISPATCHER) -> list[str]:
    """The numbers of what a query finds, in order."""
    return [row["number"] for row in await here.listed(f"/complaints?{query}", who)]


async def refused(here: Town, query: str, who: Bearer = DISPATCHER, status: int = 422) -> list[str]:
    """The pointers of what is wrong with a query."""
    answer = await here.call("GET", f"/complaints?{query}", who)
    assert answer.status_code == status, answer.text
    return sorted(error["pointer"] for error in answer.json()["errors"])


async def some(here: Town) -> dict[str, UUID]:
    """Five complaints, an hour apart: dispatched, listed, supervised, elsewhere, and a confidential one."""
    found = {"1": await here.received("1", 1)}
    await here.post(f"/complaints/{found['1']}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.pass_time(HOUR)
    found["2"] = await here.received("2", 2)
    path = await here.handled(found["2"])
    asked = {"unit": UNIT, "reason": "FUNDING", "explained_at": here.service.now(), "plan": "列入明年预算"}
    await here.post(f"{path}/listing-request", OFFICER, **asked)
    await here.post(f"{path}/listing", SUPERVISOR)
    await here.pass_time(HOUR)
    found["3"] = await here.received("3", 3, type="COMPLAINT", channel="WECHAT", urgency="URGENT", category="停车管理")
    path = f"/complaints/{found['3']}"
    await here.post(f"{path}/dispatch", lead=TOWN_ENFORCEMENT, urgency="URGENT")
    await here.post(f"{path}/support-units", unit=UNIT)
    await here.post(f"{path}/supervise", SUPERVISOR, reason="领导批示")
    await here.post(f"{path}/hard-case", SUPERVISOR, reason="涉及多个部门")
    await here.pass_time(HOUR)
    found["4"] = await here.received("4", 4, community="张郭庄村", place="张郭庄村道路", category="道路修补")
    await here.pass_time(HOUR)
    found["5"] = await here.received("5", 5, type="REPORT")
    return found


async def test_every_condition_finds_what_it_says_and_nothing_else(here: Town) -> None:
    await some(here)
    await here.post(
        "/complaints", **here.order("6", 4, community="张郭庄村", place="张郭庄村道路", category="道路修补")
    )
    for query, expected in {
        "": [None, "4", "3", "2", "1"],
        "state=LISTED&state=RECEIVED": [None, "4", "2"],
        f"unit={UNIT}": ["3", "2", "1"],
        f"lead={UNIT}": ["2", "1"],
        f"unit={TOWN_ENFORCEMENT}": ["3"],
        "community=zhangguozhuang": ["4"],
        "category=PARKING": ["3"],
        "place=zhangguozhuang-road": ["4"],
        "channel=WECHAT": ["3"],
        "type=REPORT": [None],
        "type=COMPLAINT": ["3"],
        "urgency=URGENT": ["3"],
        "supervised=true": ["3"],
        "hard=true": ["3"],
        "supervised=false&confidential=false": ["4", "2", "1"],
        "listed=true": ["2"],
        "listed=false": [None, "4", "3", "1"],
        "confidential=true": [None],
        "repeat=true": [],
        "number=1": ["1"],
        "number=1&channel=QQ": [],
        "number=5": [None],
        "number=6": ["4"],
        "received_from=2024-02-01T09:30:00%2B08:00&received_until=2024-02-01T11:30:00%2B08:00": ["4", "3"],
        "due_within=24": ["3"],
        "due_within=P10D": ["3", "1"],
        "overdue=true": [],
        "sort=due": ["3", "1", None, "4", "2"],
        "sort=updated": ["4", None, "3", "1", "2"],
        "state=DISPATCHED&sort=due&limit=1": ["3"],
    }.items():
        found = await numbers(here, query)
        if query == "sort=due":  # those without a due date stand last, by their ids
            assert found[:2] == expected[:2] and set(found[2:]) == set(expected[2:])
        else:
            assert found == expected, query


async def test_overdue_is_computed_by_the_towns_clock_not_read_from_the_flag(here: Town) -> None:
    await some(here)
    await here.service.pool.execute("update town_clock set ahead = ahead + interval '25 hours'")
    await here.service.clock.refresh()
    assert await here.service.pool.fetchval("select count(*) from complaints where missed @> '[\"DUE\"]'") == 0
    (late,) = await here.listed("/complaints?overdue=true")
    assert (late["number"], late["overdue"]) == ("3", True)
    assert "3" not in await numbers(here, "overdue=false")
    assert (await here.get(f"/complaints/{late['id']}"))["overdue"] is True
    assert await numbers(here, "due_within=24") == []


async def test_pages_go_on_where_they_ended_while_others_come_in(here: Town) -> None:
    for n in range(5):
        await here.received(f"a{n}", n)
        await here.pass_time(timedelta(minutes=1))
    for sort, expected in (
        ("received", ["a4", "a3", "a2", "a1", "a0"]),
        ("updated", ["received5", "received4", "received2", "a4", "a3", "a2"]),
    ):
        seen, after = [], ""
        for turn in range(3):
            page = await here.get(f"/complaints?sort={sort}&limit=2{after}")
            seen += [row["number"] for row in page["items"]]
            await here.received(f"{sort}{len(seen)}", 10 * len(sort) + turn)
            after = f"&after={page['next']}"
        assert seen == expected
    everything = [row["id"] for row in await here.listed("/complaints?limit=200&sort=due")]
    walked, after = [], ""
    while True:
        page = await here.get(f"/complaints?sort=due&limit=2{after}")
        walked += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert walked == everything


async def test_a_cursor_that_was_changed_or_belongs_to_another_list_is_refused(here: Town) -> None:
    for n in range(3):
        await here.received(str(n), n)
    cursor = (await here.get("/complaints?limit=1&state=RECEIVED"))["next"]
    assert len(await here.listed(f"/complaints?limit=5&state=RECEIVED&after={cursor}")) == 2
    changed = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for bad in (changed, "", "x", "%F0%9F%98%80", "AAAA", "A" * 1000):
        assert await refused(here, f"limit=1&state=RECEIVED&after={bad}", status=409) == ["?after"], bad
    for other in ("limit=1", "limit=1&state=RECEIVED&sort=due", "limit=1&state=RECEIVED&category=PARKING"):
        assert await refused(here, f"{other}&after={cursor}", status=409) == ["?after"], other


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sate=CLOSED", "?sate"),
        ("offset=10", "?offset"),
        ("limit=201", "?limit"),
        ("limit=0", "?limit"),
        ("due_within=soon", "?due_within"),
        ("due_within=-1", "?due_within"),
        ("due_within=999999999999", "?due_within"),
        ("state=NEVER", "?state"),
        ("received_from=2024-02-01", "?received_from"),
        ("number=a&number=b", "?number"),
        ("text=%20", "?text"),
        ("sort=name", "?sort"),
        ("supervised=maybe", "?supervised"),
        ("supervised=TRUE", "?supervised"),
        ("supervised=1", "?supervised"),
        ("supervised=null", "?supervised"),
        ("limit=%205", "?limit"),
        ("limit=5.0", "?limit"),
        ("limit=", "?limit"),
        ("%E5%BC%A0%E4%B8%89=1", "?"),
    ],
)
async def test_a_wrong_condition_is_refused_with_its_name(here: Town, query: str, pointer: str) -> None:
    assert await refused(here, query) == [pointer]


@pytest.mark.parametrize("query", ["community=a%00b", "text=%00", "text=%ff", "text=%0a"])
async def test_an_address_that_is_no_text_is_refused(here: Town, query: str) -> None:
    answer = await here.call("GET", f"/complaints?{query}", DISPATCHER)
    assert (answer.status_code, answer.json()["code"]) in ((400, "control_characters"), (400, "not_utf8"))


async def test_a_text_is_found_in_numbers_names_and_what_staff_wrote(here: Town) -> None:
    found = await some(here)
    await here.post(
        f"/complaints/{found['4']}/redirect", told_at=here.service.now(), reason="属公路分局", right_channel="公路热线"
    )
    for text, expected in {
        "张郭庄": ["4"],
        "道路修补": ["4"],
        "批示": ["3"],
        "明年预算": ["2"],
        "公路热线": ["4"],
        "综合行政执法": ["3"],
        "居民": [],
        "维修应该找谁": [],
        "%": [],
    }.items():
        assert await numbers(here, f"text={quote(text)}") == expected, text
    assert await numbers(here, f"text={quote('批示')}", ENFORCERS) == ["3"]


async def test_the_residents_own_words_are_searched_by_those_who_may_and_somebody_searched_is_kept(here: Town) -> None:
    found = await some(here)
    await here.post("/complaints", **here.order("7", 4, supplement_of="4", content="昨晚又有人摔倒"))
    for text, expected in {
        "居民3": ["3"],
        "19900000002": ["2"],
        "摔倒": ["4"],
        "批示": ["3"],
        "没有人写过": [],
    }.items():
        page = await here.post("/complaints/search", text=text)
        assert [row["number"] for row in page["items"]] == expected, text
    page = await here.post("/complaints/search", SUPERVISOR, text="居民", state=["RECEIVED"], sort="received", limit=1)
    assert [row["id"] for row in page["items"]] == [str(found["5"])]
    again = await here.post(
        "/complaints/search", SUPERVISOR, text="居民", state=["RECEIVED"], limit=1, after=page["next"]
    )
    assert [row["id"] for row in again["items"]] == [str(found["4"])]
    rows = await here.service.pool.fetch("select * from audit")
    assert len(rows) == 7 and {row["action"] for row in rows} == {"vault.search"}
    assert not any("居民" in str(row) or "摔倒" in str(row) for row in rows)
    for who in (OFFICER, VILLAGE, AUDITOR, OPERATOR):
        assert (await here.call("POST", "/complaints/search", who, {"text": "居民"})).status_code == 403


async def test_a_search_looks_at_a_bounded_number_and_its_cursor_goes_on(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PORTION", 2)
    monkeypatch.setattr(finding, "MOST_LOOKED_AT", 4)
    for n in range(7):
        await here.received(str(n), n)
        await here.pass_time(timedelta(minutes=1))
    page: dict[str, Any] = await here.post("/complaints/search", text="居民0")
    assert page["items"] == [] and page["next"]
    page = await here.post("/complaints/search", text="居民0", after=page["next"])
    assert [row["number"] for row in page["items"]] == ["0"] and page["next"] is None


async def test_a_person_who_was_erased_is_not_found_any_more(here: Town) -> None:
    await here.received("1", 1)
    assert len((await here.post("/complaints/search", text="居民1"))["items"]) == 1
    await here.service.pool.execute("delete from vault_keys")
    assert (await here.post("/complaints/search", text="居民1"))["items"] == []


async def test_a_confidential_complaint_is_nothing_to_the_community_where_it_happened(here: Town) -> None:
    found = await some(here)
    path = f"/complaints/{found['5']}"
    assert await numbers(here, "", VILLAGE) == ["3", "2", "1"]
    assert await numbers(here, "number=5", VILLAGE) == []
    for part in ("", "/history", "/contact"):
        assert (await here.call("GET", path + part, VILLAGE)).status_code == 404
    assert (await here.call("GET", f"{path}/attachments", VILLAGE)).status_code == 404
    at = here.service.now()
    done = {"unit": "dahuichang", "spoken_with": "COMPLAINANT", "measure": "已办理"}
    asked: dict[str, dict[str, object]] = {
        "accept": {"unit": "dahuichang"},
        "contacts": {"unit": "dahuichang", "contacted_at": at, "manner": "PHONE"},
        "progress": {"unit": "dahuichang", "note": "住12号楼3单元402"},
        "finish": done | {"finished_at": at},
        "routes": {"wanted": "TOPIC", "public_title": "住12号楼3单元402"},
    }
    nobodys = f"/complaints/{UUID(int=1)}"
    for door, body in asked.items():
        for here_or_not in (path, nobodys):
            assert (await here.call("POST", f"{here_or_not}/{door}", VILLAGE, body)).status_code == 404, door
    await here.post(f"{path}/dispatch", lead="dahuichang", urgency="ROUTINE")
    assert await numbers(here, "number=5", VILLAGE) == [None]
    await here.post(f"{path}/accept", VILLAGE, unit="dahuichang")


async def test_what_a_stranger_writes_is_not_compared_with_the_name_of_whoever_complained(here: Town) -> None:
    path = await here.handled(await here.received("1", 1))
    others = Bearer("officer", department="town-enforcement")
    for note in ("居民1", "居民2", "电话13800138000"):
        body = {"unit": "town-enforcement", "note": note}
        assert (await here.call("POST", f"{path}/progress", others, body)).status_code == 404


async def test_whoever_does_not_see_a_field_cannot_search_by_it(here: Town) -> None:
    await some(here)
    assert await refused(here, "category=PARKING&sort=received", OPERATOR, 409) == ["?category"]
    assert await refused(here, "text=x&lead=y", OPERATOR, 409) == ["?lead", "?text"]
    assert len(await here.listed("/complaints?state=RECEIVED&channel=HOTLINE_12345", OPERATOR)) == 1
    assert await numbers(here, "category=PARKING", AUDITOR) == ["3"]
