"""导出: what goes out can come in again, nothing personal goes out unasked, and no cell is run as a formula."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import python_calamine

from ops.commands.imports import as_sent, open_file
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError
from tests.integration.intake.town import DISPATCHER, FEEDER, OFFICER, UNIT, Town, town
from tests.support.running import OPERATOR
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
SECRETARY, AUDITOR = Bearer("secretary", ("dahuichang",)), Bearer("auditor")
WHY = "originals=true&reason=年度归档"
NASTY = (
    "=1+1",
    "+86",
    "-",
    "@SUM(A1)",
    "\t制表",
    "'引号",
    "''两个",
    '"双引号", 逗号;分号',
    "两\n行\n",
    "  前后空格  ",
    "𠮷\U0001f600",
    "=cmd|'/c calc'!A0",
    "_x0041_",
    "\ufeff头\u200b零宽\u202e",
    "＝全角",
    "末尾\\",
    "<![CDATA[&amp;]]>",
    "字" * 10_000,
)


@pytest_asyncio.fixture(loop_scope="session")
async def there(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """Another town, which is empty."""
    (tmp_path / "there").mkdir()
    async with town(postgres, tmp_path / "there") as running:
        yield running


async def file(here: Town, query: str, who: Bearer = DISPATCHER) -> bytes:
    answer = await here.call("GET", f"/complaints/export?{query}", who)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"].count("charset") <= 1
    return answer.content


async def table(here: Town, query: str, who: Bearer = DISPATCHER) -> list[dict[str, str]]:
    text = (await file(here, query, who)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


async def imported(here: Town, path: Path) -> dict[str, int]:
    """The file of an export, sent as `fiveplusn import` sends it."""
    mapping, sheet = open_file(path, None)
    assert mapping.source == "export"
    ends: dict[str, int] = {}
    file = {"source": mapping.source, "checksum": sheet.checksum, "rows": len(sheet.rows)}
    run = (await here.post("/imports", FEEDER, **file))["id"]
    for row in sheet.rows:
        answer = await here.post(f"/imports/{run}/rows", FEEDER, rows=[as_sent(mapping, row)])
        (end,) = answer["rows"]
        assert end["result"] in ("accepted", "duplicate"), end
        ends[end["result"]] = ends.get(end["result"], 0) + 1
    await here.post(f"/imports/{run}/finish", FEEDER)
    return ends


async def filled(here: Town) -> int:
    """A town with everything in it that an export could lose."""
    for n, text in enumerate(NASTY, 1):
        await here.received(f"n-{n}", n, title=text[:200], content=text)
    moved = await here.received("moved", 101)
    await here.post(
        f"/complaints/{moved}/dispatch", lead=UNIT, urgency="URGENT", category="PARKING", place="dahuichang-east-road"
    )
    await here.received("report", 102, type="REPORT")
    await here.received("unknown", 103, community="别处", category="不知道", place="无名路")
    await here.received("nowhere", None, community=None, category=None, place=None)
    unnumbered = here.order("", 104, channel="OPINION_BOX")
    del unnumbered["number"]
    assert (await here.post("/complaints", SECRETARY, **unnumbered))["outcome"] == "NEW"
    more = {"estate": "大灰厂家属区", "respondent": {"name": "=某人", "phone": "1"}, "callback": {"valid": "是"}}
    await here.hotline(here.order("columns", 105, place=None, address="门口", unheard={"a": [1]}, **more))
    await here.hotline(here.order("urging", 105, urges="columns", title="再说一次"))
    return len(NASTY) + 6


async def stands(here: Town) -> dict[str, tuple[object, ...]]:
    """By title and content: what the town knows of each complaint."""
    rows = await here.service.pool.fetch(
        "select id, type, community, category, place, urgency, confidential from complaints"
    )
    found = {}
    for id, *known in rows:
        original = await here.get(f"/complaints/{id}/original?reason=核对", DISPATCHER)
        said = original["order"]
        left_out = ("received_at", "community", "category", "place", "urgency", "number", "confidential")
        core = {name: value for name, value in said.items() if name not in left_out and value is not None}
        found[f"{said['title']}/{said['complainant']}"] = (*known, json.dumps(core, sort_keys=True))
    return found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_was_exported_is_known_here_and_accepted_as_it_was_elsewhere(
    here: Town, there: Town, tmp_path: Path, form: str
) -> None:
    count = await filled(here)
    path = tmp_path / f"out.{form}"
    path.write_bytes(await file(here, f"format={form}&{WHY}"))
    assert await imported(here, path) == {"duplicate": count}
    assert await imported(there, path) == {"accepted": count}
    assert await imported(there, path) == {"duplicate": count}
    assert await stands(there) == await stands(here)
    for each in (here, there):
        assert await each.get("/quarantine", OPERATOR) == []


async def test_without_originals_nothing_personal_and_nothing_confidential_goes_out(here: Town, tmp_path: Path) -> None:
    await here.received("1", 1)
    await here.received("2", 2, type="REPORT")
    for form in ("csv", "geojson"):
        text = (await file(here, f"format={form}")).decode()
        for personal in ("居民1", "19900000001", "维修应该找谁", "没有物业", "举报"):
            assert personal not in text
    (row,) = await table(here, "format=csv")
    assert (row["工单类型"], row["二级分类"], row["小区点位"]) == ("求助", "无物业管理", "大灰厂小区")
    assert row["来电时间"].endswith("+08:00")
    assert row["工单状态"] == "已受理"
    path = tmp_path / "public.csv"
    path.write_bytes(await file(here, "format=csv"))
    with pytest.raises(StackError) as refused:
        open_file(path, "export")
    assert refused.value.code == "missing_columns"
    assert "--originals" in refused.value.words
    rows = await here.service.pool.fetch("select subject, reason from audit where action = 'complaints.export'")
    assert {row["subject"] for row in rows} == {"csv/public/1", "geojson/public/1"}


async def test_originals_are_for_those_who_handle_a_complaint_and_every_export_is_kept(here: Town) -> None:
    mine = await here.received("1", 1)
    await here.post(f"/complaints/{mine}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.received("2", 2)
    report = await here.received("3", 3, type="REPORT")
    assert (await here.call("GET", f"/complaints/export?{WHY}", AUDITOR)).status_code == 403
    missing = await here.call("GET", "/complaints/export?originals=true", DISPATCHER)
    assert missing.json()["code"] == "reason_missing"
    mapped = await here.call("GET", f"/complaints/export?format=geojson&{WHY}", DISPATCHER)
    assert mapped.json()["code"] == "public_only"
    assert [row["来电人"] for row in await table(here, WHY, OFFICER)] == ["居民1"]
    assert await table(here, WHY, SECRETARY) == []
    await here.post(f"/complaints/{report}/dispatch", lead="dahuichang", urgency="ROUTINE")
    (row,) = await table(here, WHY, SECRETARY)
    assert (row["工单编号"], row["是否保密"], row["小区点位"]) == ("3", "是", "大灰厂小区")
    assert len(await table(here, WHY)) == 3
    rows = await here.service.pool.fetch(
        "select subject, reason from audit where action = 'vault.export' order by position"
    )
    assert [row["subject"] for row in rows] == [f"csv/originals/{count}" for count in (1, 0, 1, 3)]
    assert {row["reason"] for row in rows} == {"年度归档"}


async def test_the_callers_reach_and_the_filters_hold_as_in_the_list(here: Town) -> None:
    await here.received("1", 1)
    await here.received("2", 2, community="张郭庄村", place=None)
    await here.received("3", 3, category="停车管理")
    assert len(await table(here, "format=csv")) == 3
    assert len(await table(here, "format=csv", SECRETARY)) == 2
    assert await table(here, "format=csv", OFFICER) == []
    assert [row["工单编号"] for row in await table(here, "category=PARKING")] == ["3"]
    assert [row["工单编号"] for row in await table(here, "community=zhangguozhuang")] == ["2"]
    assert await table(here, "state=CLOSED") == []
    assert (await here.call("GET", "/complaints/export?format=pdf", DISPATCHER)).status_code in (400, 422)


async def test_no_cell_is_run_as_a_formula(here: Town) -> None:
    for n, text in enumerate(("=1+1", "+1", "-1", "@A1", "\t=1"), 1):
        await here.received(str(n), n, title=text[:200], content=text)
    rows = await table(here, WHY)
    assert {row["标题"][0] for row in rows} == {"'"}
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(await file(here, f"format=xlsx&{WHY}")))
    cells = [cell for line in book.get_sheet_by_index(0).to_python() for cell in line]
    assert {type(cell) for cell in cells} == {str}


async def test_a_map_has_a_feature_for_every_complaint_and_a_point_where_the_town_has_entered_one(here: Town) -> None:
    await here.received("1", 1)
    await here.received("2", 2, place=None)
    estate = here.service.town.place("dahuichang-estate")
    assert estate is not None
    placed = estate.model_copy(update={"position": (116.1, 39.8)})
    places = tuple(placed if place is estate else place for place in here.service.town.places)
    here.service.town = here.service.town.model_copy(update={"places": places})
    found = json.loads(await file(here, "format=geojson"))
    assert found["type"] == "FeatureCollection"
    points = {feature["properties"]["工单编号"]: feature["geometry"] for feature in found["features"]}
    assert points == {"1": {"type": "Point", "coordinates": [116.1, 39.8]}, "2": None}
    assert all(UUID(feature["id"]) and feature["type"] == "Feature" for feature in found["features"])


async def test_an_erased_person_is_exported_without_words(here: Town) -> None:
    await here.received("1", 1)
    await here.service.pool.execute("delete from vault_keys")
    (row,) = await table(here, WHY)
    assert (row["工单编号"], row["标题"], row["来电人"]) == ("1", "", "")


async def test_an_empty_export_is_a_file_with_headings(here: Town) -> None:
    for form in ("csv", "xlsx", "geojson"):
        content = await file(here, f"format={form}")
        assert content
    assert json.loads(content)["features"] == []


@pytest.mark.parametrize("channel", ["OPINION_BOX", "WECHAT", "QQ", "HOUSEHOLD_VISIT", "VILLAGE_OFFICE", "WEB"])
@pytest.mark.parametrize("who", [SECRETARY, DISPATCHER], ids=lambda who: who.role)
async def test_staff_enter_what_comes_without_a_number_and_the_journal_says_who(
    here: Town, channel: str, who: Bearer
) -> None:
    order: dict[str, Any] = here.order("", 1, channel=channel)
    del order["number"]
    answer = await here.post("/complaints", who, **order)
    assert answer["outcome"] == "NEW"
    actor = await here.service.pool.fetchval("select actor from journal where stream = $1", UUID(answer["id"]))
    assert actor == f"{who.role}:{','.join(who.communities)}:{who.subject}"
    shown = await here.get(f"/complaints/{answer['id']}", who)
    assert (shown["channel"], shown["number"]) == (channel, None)
