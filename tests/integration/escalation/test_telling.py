"""通知: whoever is warned, late or supervised is told at its office's number, in waking hours, once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.escalation.main import PLAN
from services.escalation.telling import Desk, office_id
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
from tests.support.noticed import Noticed, letters
from tests.support.running import OPERATOR, Running, live
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
NUMBERS = {
    ("district-housing", "OFFICE"): "13800000001",
    ("district-housing", "HEAD"): "13800000002",
    ("district-water", "OFFICE"): "13800000003",
    ("town", "HEAD"): "13800000004",
    ("district", "OFFICE"): "13800000005",
}


class Telling(Noticed, Running):
    """Escalation with a mailbox."""

    folder: Path

    async def letters(self, to: str | None = None) -> list[dict[str, Any]]:
        """What has been sent, in the order of being queued; `to`: to this number."""
        await self.read()
        while await self.noticing.sender.turn():
            pass
        rows = await self.service.pool.fetch("select id from notices order by position")
        found = {letter["id"]: letter for letter in letters(self.folder)}
        sent = [found[str(row["id"])] for row in rows if str(row["id"]) in found]
        return [letter for letter in sent if to in (None, letter["to"].removeprefix("+86"))]

    async def templates(self, to: str | None = None) -> list[str]:
        """Of which kind they are."""
        return [letter["template"] for letter in await self.letters(to)]


async def register(here: Telling, unit: str, desk: str, phone: str | None, who: Bearer = LEADER) -> Any:
    contact = {"phone": phone} if phone else None
    return await here.post(f"/offices/{unit}/contact", who, {"desk": desk, "contact": contact})


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Telling]:
    """Escalation on Thursday 2024-02-01, 09:00; every desk but the head of the water bureau has a number."""
    secret = tmp_path / "gateway-secret"
    secret.write_text("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    settings = {"notices": f"mailbox://{tmp_path}/mailbox", "notices_secret_file": secret}
    async with live(Telling, postgres, tmp_path, PLAN, BEGIN, **settings) as service:
        service.folder = tmp_path
        await service.at(BEGIN)
        for (unit, desk), phone in NUMBERS.items():
            await register(service, unit, desk, phone)
        yield service
        service.noticing.sender.stop()
        await service.noticing.sender.run()


async def emergency(here: Telling) -> None:
    """A burst main: blown first, approved later."""
    wish = {
        "community": "dahuichang",
        "category": "WATER",
        "public_title": "主管爆裂",
        "whistle": "EMERGENCY",
        "lead": "district-water",
        "due_at": here.service.now() + 12 * HOUR,
    }
    id = (await here.post("/issues", LEADER, wish))["id"]
    await here.post(f"/issues/{id}/escalate", DISPATCHER, {"task": "抢修"})


async def test_a_called_department_is_told_warned_and_told_that_it_is_late(here: Telling) -> None:
    await blown(here)
    (call,) = await here.letters(NUMBERS["district-housing", "OFFICE"])
    assert (
        call["text"]
        == "【北宫镇】吹哨：大灰厂社区“物业空窗期应急维修”，请贵单位主责，2月1日13时前响应，2月4日9时前报到。"
    )
    assert len(call["text"]) <= 70
    await here.at(BEGIN + 3.5 * HOUR)
    await here.post("/offices/district-water/contact", LEADER, {"desk": "OFFICE", "contact": None})
    near = (await here.letters())[-1]
    assert (near["template"], near["to"]) == ("near", "+8613800000001")
    assert near["text"] == "【北宫镇】提醒：大灰厂社区“物业空窗期应急维修”须在2月1日13时前响应，请抓紧。"
    await here.at(BEGIN + 4.5 * HOUR)
    missed = (await here.letters(NUMBERS["district-housing", "OFFICE"]))[-1]
    assert missed["text"] == "【北宫镇】逾期：大灰厂社区“物业空窗期应急维修”未在2月1日13时前响应，请立即办理。"
    water = await here.told(office_id("district-water", Desk.OFFICE))
    assert water == [("called", "SENT"), ("near", "SUPPRESSED"), ("missed", "SUPPRESSED")]


async def test_every_level_of_supervision_has_its_addressee_and_old_news_is_not_told(here: Telling) -> None:
    issue, _ = await handled(here)
    await here.at(BEGIN + 20 * DAY)
    rungs = ("SupervisionStarted", "IssueRaisedToDistrict")
    assert [data["addressee"] for word, data in await here.facts(issue) if word in rungs] == [
        "district-housing",
        "district-housing",
        "town",
        "district",
    ]
    assert await here.templates() == [], "news of weeks ago is not told"


async def test_supervision_is_told_as_it_happens(here: Telling) -> None:
    await handled(here)
    matter = "大灰厂社区“物业空窗期应急维修”期限2月7日9时"
    for days, phone, template, words in (
        (6, "13800000001", "reminder", f"【北宫镇】督办提醒：{matter}，请贵单位抓紧处置。"),
        (7.5, "13800000002", "department_head", f"【北宫镇】督办：{matter}，请贵单位负责人督促处置。"),
        (9, "13800000004", "town_leader", f"【北宫镇】请镇领导督办：{matter}，主责区房管局。"),
        (12, "13800000005", "district", f"【北宫镇】提请区级协调：{matter}，主责区房管局。"),
    ):
        await here.at(BEGIN + days * DAY - HOUR)
        assert template not in await here.templates()
        await here.at(BEGIN + int(days + 1) * DAY)
        assert [letter["text"] for letter in await here.letters(phone) if letter["template"] == template] == [words]


async def test_supervision_by_hand_is_told_too_and_a_head_without_number_at_its_office(here: Telling) -> None:
    issue, duties = await blown(here)
    await here.post(f"{duties['district-housing']}/object", HOUSING, BECAUSE)
    await here.post(f"{duties['district-housing']}/reassign", LEADER, BECAUSE | {"lead": "district-water"})
    made = (await here.letters(NUMBERS["district-water", "OFFICE"]))[-1]
    assert made["text"] == "【北宫镇】改派：大灰厂社区“物业空窗期应急维修”由贵单位主责，请牵头处置。"
    await here.post(f"{issue}/supervise", LEADER, BECAUSE | {"level": "DEPARTMENT_HEAD"})
    assert (await here.letters(NUMBERS["district-water", "OFFICE"]))[-1]["template"] == "department_head"
    assert await here.told(office_id("district-water", Desk.HEAD)) == [("department_head", "SENT")]
    assert (await here.facts(issue))[-1][1]["addressee"] == "district-water"


async def test_nobody_approves_in_time_and_the_town_leader_is_told(here: Telling) -> None:
    await requested(here)
    await here.at(BEGIN + 5 * HOUR)
    (letter,) = await here.letters()
    assert letter["to"] == "+8613800000004"
    assert letter["text"] == "【北宫镇】大灰厂社区“物业空窗期应急维修”请求吹哨，审批时限2月1日13时已过，请审定。"


async def test_who_is_called_back_is_told(here: Telling) -> None:
    issue, duties = await handled(here)
    await here.post(f"{duties['district-housing']}/finish", HOUSING, {})
    await here.post(f"{issue}/resolve", DISPATCHER, {"result": "已修复", "on_site": True})
    await here.post(f"{issue}/reopen", DISPATCHER, BECAUSE | {"due_at": BEGIN + 9 * DAY})
    back = (await here.letters(NUMBERS["district-housing", "OFFICE"]))[-1]
    assert (
        back["text"]
        == "【北宫镇】重新处置：大灰厂社区“物业空窗期应急维修”尚未解决，请贵单位继续处置，2月10日9时前办结。"
    )
    assert (await here.templates()).count("called_back") == 2


async def test_quiet_hours_are_kept_except_in_an_emergency(here: Telling) -> None:
    await here.at(BEGIN + 13 * HOUR)
    await blown(here)
    assert await here.letters() == []
    await emergency(here)
    (letter,) = await here.letters()
    assert (letter["template"], letter["to"]) == ("called", "+8613800000003")
    assert "主管爆裂" in letter["text"]
    await here.at(BEGIN + 23.1 * HOUR)
    assert (await here.templates()).count("called") == 3


async def test_each_is_told_once_however_often_the_journal_is_read(here: Telling) -> None:
    await blown(here)
    await here.at(BEGIN + 4.5 * HOUR)
    before = await here.templates()
    await here.service.pool.execute("update notice_cursor set position = 0")
    assert await here.templates() == before
    assert sorted(before) == ["called", "called", "missed", "missed"], "a warning after its miss is left out"


async def test_numbers_are_the_offices_and_nobody_sees_them(here: Telling) -> None:
    await blown(here)
    await here.tell()
    listed = await here.get("/offices", OPERATOR)
    assert len(listed) == 2 * (2 + len(here.service.town.units))
    shown = {(one["unit"], one["desk"]): (one["registered"], one["notice"]) for one in listed}
    assert shown["district-housing", "OFFICE"] == (True, "SENT")
    assert shown["district-water", "HEAD"] == (False, None)
    assert {key for key, (registered, _) in shown.items() if registered} == set(NUMBERS)
    everything = str(listed) + str(await here.get("/notices", OPERATOR))
    for table in ("journal", "notices", "audit", "outbox"):
        everything += str([dict(row) for row in await here.service.pool.fetch(f"select * from {table}")])
    assert not any(phone in everything for phone in NUMBERS.values())
    assert {one["unit"] for one in await here.get("/offices", WATER)} == {"district-water"}
    assert await here.service.pool.fetchval("select count(*) from audit where action = 'vault.office'") == len(NUMBERS)
    assert (await here.call("GET", "/offices", SECRETARY)).status_code == 403


async def test_a_department_registers_its_own_number_and_only_one_that_takes_messages(here: Telling) -> None:
    await register(here, "district-fire", "OFFICE", "138 0000 0009", FIRE)
    assert {one["desk"]: one["registered"] for one in await here.get("/offices", FIRE)} == {
        "OFFICE": True,
        "HEAD": False,
    }
    await register(here, "district-fire", "OFFICE", None, FIRE)
    assert not any(one["registered"] for one in await here.get("/offices", FIRE))
    wrong = {"desk": "OFFICE", "contact": {"phone": "010-12345678"}}
    assert await here.refused("/offices/district-fire/contact", FIRE, wrong) == ["not_a_mobile"]
    right = {"desk": "OFFICE", "contact": {"phone": "13800000009"}}
    for unit, who, status in (
        ("district-water", FIRE, 404),
        ("nobody", LEADER, 404),
        ("district-fire", OTHERS, 403),
    ):
        assert (await here.call("POST", f"/offices/{unit}/contact", who, right)).status_code == status


async def test_a_confirmed_delivery_is_shown(here: Telling) -> None:
    await blown(here)
    await here.tell()
    owner = office_id("district-housing", Desk.OFFICE)
    (notice,) = await here.get(f"/notices?owner={owner}")
    receipt = {"delivered": True, "at": datetime.fromisoformat(notice["sent_at"]) + timedelta(seconds=1)}
    answer = await here.post(f"/notices/{notice['id']}/delivery", Bearer("feeder"), receipt)
    assert answer["state"] == "DELIVERED"
    shown = {(one["unit"], one["desk"]): one["notice"] for one in await here.get("/offices")}
    assert shown["district-housing", "OFFICE"] == "DELIVERED"
