"""部门一侧: who came lies in the vault, evidence is attached first, and the inbox says what is owed."""

import json
from hashlib import sha256

import pytest

from ops.embedded.keys import Bearer
from services.escalation.arriving import tidy
from tests.integration.escalation.town import (
    BEGIN,
    DAY,
    DISPATCHER,
    FIRE,
    HOUR,
    HOUSING,
    LEADER,
    SECRETARY,
    WATER,
    blown,
    handled,
    sound,
)
from tests.support.running import Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
AUDITOR = Bearer("auditor")
NAME, PHONE, PLACE = "翟守信", "13911112222", "3号楼2单元门口"
ARRIVAL = {"people": [{"name": NAME, "phone": PHONE}], "place": PLACE}
WHY = "reason=核实到场人员"


async def test_who_came_is_in_the_vault_and_nowhere_else(here: Running, caplog: pytest.LogCaptureFixture) -> None:
    _, duties = await blown(here)
    duty = duties["district-housing"]
    await here.post(f"{duty}/check-in", HOUSING, {"mode": "ON_SITE", "arrival": ARRIVAL})
    assert await here.said(duty) == ["DutyCalled", "DutyAcknowledged", "DepartmentCheckedIn"]
    shown = await here.get(f"{duty}/arrival?{WHY}", DISPATCHER)
    assert shown == ARRIVAL
    tables = [
        row[0]
        for row in await here.service.pool.fetch(
            "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
    ]
    rows = [str(dict(row)) for table in tables for row in await here.service.pool.fetch(f'select * from "{table}"')]
    said = [*rows, json.dumps(await here.get(duty)), caplog.text]
    assert not any(word in text for text in said for word in (NAME, PHONE, PLACE))
    assert await here.service.pool.fetchval("select count(*) from vault where field = 'arrival'") == 1


async def test_who_came_is_read_with_a_reason_by_those_whose_business_it_is(here: Running) -> None:
    _, duties = await blown(here)
    duty = duties["district-housing"]
    path = f"{duty}/arrival"
    assert (await here.call("GET", f"{path}?{WHY}", DISPATCHER)).status_code == 404, "nobody has come"
    await here.post(f"{duty}/check-in", HOUSING, {"mode": "ON_SITE", "arrival": ARRIVAL})
    for who, status in ((WATER, 404), (FIRE, 404), (SECRETARY, 403), (AUDITOR, 403), (HOUSING, 200), (LEADER, 200)):
        assert (await here.call("GET", f"{path}?{WHY}", who)).status_code == status
    for reason in ("", "?reason=x"):
        assert (await here.call("GET", f"{path}{reason}", LEADER)).status_code == 422
    entries = (await here.get("/audit?action=vault.arrival", AUDITOR))["entries"]
    assert [(entry["subject"], entry["actor"].split(":")[0]) for entry in entries] == [
        (duty.removeprefix("/").replace("duties", "duty"), role) for role in ("supervisor", "officer")
    ]


async def test_a_check_in_that_is_refused_keeps_nothing(here: Running) -> None:
    _, duties = await blown(here)
    duty = duties["district-housing"]
    asked = {"mode": "ON_SITE", "arrival": ARRIVAL}
    assert (await here.call("POST", f"{duty}/check-in", WATER, asked)).status_code == 404
    for wrong in ({"people": []}, {"people": [{"phone": PHONE}]}, {"people": [{"name": NAME, "id": "1"}]}):
        answer = await here.call("POST", f"{duty}/check-in", HOUSING, {"mode": "ON_SITE", "arrival": wrong})
        assert answer.status_code == 422 and NAME not in answer.text and PHONE not in answer.text
    assert await here.service.pool.fetchval("select count(*) from vault_keys") == 0
    await here.post(f"{duty}/check-in", HOUSING, {"mode": "ONLINE"})
    assert await here.refused(f"{duty}/check-in", HOUSING, asked) == ["wrong_state"]
    assert await here.service.pool.fetchval("select count(*) from vault_keys") == 0


async def test_who_came_is_forgotten_some_time_after_the_end_and_not_before(here: Running) -> None:
    issue, duties = await blown(here)
    housing = duties["district-housing"]
    for duty, officer in ((housing, HOUSING), (duties["district-water"], WATER)):
        await here.post(f"{duty}/check-in", officer, {"mode": "ON_SITE", "arrival": ARRIVAL})
    await here.attached(f"{housing}/attachments", "red", HOUSING)
    kept = "select count(*) from vault where field = 'arrival'"
    await here.at(BEGIN + 100 * DAY)
    await tidy(here.service)
    assert await here.service.pool.fetchval(kept) == 2, "it is not over"
    await here.post(f"{issue}/withdraw", LEADER, {"reason": "重复"})
    await here.at(BEGIN + 129 * DAY)
    await tidy(here.service)
    assert await here.service.pool.fetchval(kept) == 2
    await here.at(BEGIN + 131 * DAY)
    await tidy(here.service)
    assert await here.service.pool.fetchval(kept) == 0
    assert (await here.call("GET", f"{housing}/arrival?{WHY}", LEADER)).status_code == 404
    (photo,) = await here.get(f"{housing}/attachments", LEADER)
    look = f"{housing}/attachments/{photo['id']}?reason=归档核对"
    assert (await here.call("GET", look, LEADER)).status_code == 200, "its files are sealed with another key"
    await sound(here)


async def test_evidence_names_files_of_the_duty_that_are_there(here: Running) -> None:
    issue, duties = await handled(here)
    housing, water = duties["district-housing"], duties["district-water"]
    photo = await here.attached(f"{housing}/attachments", "red", HOUSING)
    other = await here.attached(f"{water}/attachments", "blue", WATER)
    missing = {"evidence": ["0" * 64, photo["sha256"], photo["sha256"]]}
    assert await here.refused(f"{issue}/progress", HOUSING, missing) == ["attachment_unknown"] * 2
    assert await here.refused(f"{issue}/progress", HOUSING, {"evidence": [other["sha256"]]}) == ["attachment_unknown"]
    await here.post(f"{issue}/progress", HOUSING, {"evidence": [photo["sha256"]]})
    assert (await here.facts(issue))[-1][1]["evidence"] == [photo["sha256"]]
    assert await here.refused(f"{housing}/finish", HOUSING, {"evidence": [other["sha256"]]}) == ["attachment_unknown"]
    await here.post(f"{housing}/attachments/{photo['id']}/withdraw", HOUSING, {"reason": "拍错"})
    assert await here.refused(f"{housing}/finish", HOUSING, {"evidence": [photo["sha256"]]}) == ["attachment_unknown"]
    again = await here.attached(f"{housing}/attachments", "green", HOUSING)
    await here.post(f"{housing}/finish", HOUSING, {"evidence": [again["sha256"]]})
    read = f"{housing}/attachments/{again['id']}"
    shown = await here.call("GET", f"{read}?reason=现场核实", DISPATCHER)
    assert sha256(shown.content).hexdigest() == again["sha256"]
    assert (await here.call("GET", f"{read}?reason=现场核实", WATER)).status_code == 404
    assert (await here.call("GET", f"{water}/attachments", HOUSING)).status_code == 404
    await sound(here)


async def test_the_inbox_shows_what_is_owed_the_next_deadline_first(here: Running) -> None:
    first, early = await blown(here)
    await here.at(BEGIN + HOUR)
    asked = {
        "community": "dahuichang",
        "category": "FIRE_SAFETY",
        "public_title": "消防通道堵塞",
        "whistle": "EMERGENCY",
        "lead": "district-housing",
    }
    second = f"/issues/{(await here.post('/issues', SECRETARY, asked))['id']}"
    due = {"task": "清理", "due_at": BEGIN + 10 * HOUR}
    urgent = (await here.post(f"{second}/escalate", DISPATCHER, due))["duties"]["district-housing"]
    inbox = await here.get("/inbox", HOUSING)
    old = early["district-housing"].removeprefix("/duties/")
    assert [(entry["duty"], entry["step"]) for entry in inbox["duties"]] == [
        (urgent, "ACKNOWLEDGE"),
        (old, "ACKNOWLEDGE"),
    ]
    assert {f"/issues/{issue['id']}" for issue in inbox["issues"]} == {first, second}
    assert inbox["duties"][0]["may"] == ["acknowledge_duty", "object_to_duty", "check_in_department"]
    await here.at(BEGIN + 2 * HOUR)
    await here.post(f"/duties/{urgent}/check-in", HOUSING, {"mode": "ON_SITE"})
    inbox = await here.get("/inbox", HOUSING)
    assert [(entry["duty"], entry["step"], entry["overdue"]) for entry in inbox["duties"]] == [
        (old, "ACKNOWLEDGE", False),
        (urgent, "DUE", False),
    ]
    assert inbox["duties"][1]["may"] == ["plan_action", "finish_duty"]
    await here.at(BEGIN + 2 * DAY)
    assert [entry["overdue"] for entry in (await here.get("/inbox", HOUSING))["duties"]] == [True, True]
    water = await here.get("/inbox", WATER)
    assert [entry["role"] for entry in water["duties"]] == ["SUPPORT"]
    assert (await here.get("/inbox", FIRE))["duties"] == []
    assert (await here.call("GET", "/inbox", LEADER)).status_code == 403
    await here.post(f"{first}/withdraw", LEADER, {"reason": "重复"})
    assert (await here.get("/inbox", WATER))["duties"] == []
