"""The whole history of a complaint, the contact, and what a resident sees by the code."""

import json
import re
from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import httpx
import pytest

from ops.embedded.keys import Bearer
from services.intake.api.following import PER_MINUTE
from services.intake.domain.masking import masked_name, masked_phone
from services.intake.following import follow_code, followed
from services.intake.store import COMPLAINTS
from shared.plumbing.dictated import written
from shared.plumbing.follow_codes import read_code
from tests.integration.intake.town import DAY, HOUR, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
AUDITOR = Bearer("auditor")
ENFORCERS = Bearer("officer", department="town-enforcement")


async def lived(here: Town, **more: object) -> str:
    """A complaint that was handled, extended, listed, urged, finished; its path."""
    path = await here.handled(await here.received("1", 1, **more))
    until = here.service.now() + timedelta(days=9)
    await here.post(f"{path}/extension-request", OFFICER, unit=UNIT, until=until, reason="等待材料")
    await here.post(f"{path}/extension")
    await here.post(f"{path}/progress", OFFICER, unit=UNIT, note="已约施工队")
    asked = {"unit": UNIT, "reason": "FUNDING", "explained_at": here.service.now(), "plan": "列入预算"}
    await here.post(f"{path}/listing-request", OFFICER, **asked)
    await here.post(f"{path}/listing", SUPERVISOR)
    await here.post(f"{path}/listing-end", SUPERVISOR)
    done = {"unit": UNIT, "spoken_with": "COMPLAINANT", "measure": "已安排临时维修"}
    await here.post(f"{path}/finish", OFFICER, finished_at=here.service.now(), **done)
    return path


async def test_the_history_tells_every_fact_of_the_complaint_and_its_routes_in_order(here: Town) -> None:
    path = await here.handled(await here.received("1", 1))
    await here.post(f"{path}/routes", OFFICER, wanted="TOPIC", public_title="引入物业")
    await here.post("/complaints", **here.order("2", 1))
    found = await here.get(f"{path}/history", OFFICER)
    assert [fact["heading"] for fact in found["facts"]] == ["诉求登记", "派单", "签收", "联系诉求人", "转办", "催办"]
    registered, dispatched, _, _, routed, _ = found["facts"]
    assert registered["says"] == "12345热线，求助，大灰厂社区，无物业管理"
    assert dispatched["says"] == "派至社区建设办公室，一般，2024年2月8日 08:00 前办结"
    assert dispatched["who"] == {"role": "dispatcher", "words": "派单员", "unit": None}
    assert (routed["kind"], routed["text"]) == ("route", "引入物业")
    assert routed["who"] == {"role": "officer", "words": "承办人员", "unit": "社区建设办公室"}
    assert [(one["urge"]) for one in found["urges"]] == ["URGE"]
    assert found["facts"][0]["occurred_at"] <= found["facts"][0]["recorded_at"]


async def test_each_due_date_has_its_beginning_and_its_reason(here: Town) -> None:
    path = await lived(here)
    versions = (await here.get(f"{path}/history"))["deadlines"]
    assert [(one["version"], one["why"]) for one in versions] == [
        (1, "派单"),
        (2, "同意延期"),
        (3, "挂账，时限中止"),
        (4, "销账，时限恢复"),
    ]
    assert versions[2]["due_at"] is None
    assert (await here.get(path))["due_at"][:19] == versions[3]["due_at"][:19]


async def test_what_the_clock_did_is_said_to_be_automatic(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.pass_time(3 * HOUR)
    last = (await here.get(f"/complaints/{id}/history"))["facts"][-1]
    assert (last["heading"], last["who"]["words"], last["who"]["unit"]) == ("超期", "系统自动", None)
    assert last["says"] == "签收超期，应于 2024年2月1日 10:00 前完成"


async def test_who_did_it_is_told_as_a_person_only_to_those_who_must_know(here: Town) -> None:
    path = await here.handled(await here.received("1", 1))
    for who, knows in ((AUDITOR, True), (SUPERVISOR, True), (OFFICER, False), (OPERATOR, False)):
        facts = (await here.get(f"{path}/history", who))["facts"]
        assert all(("subject" in fact["who"]) == knows for fact in facts), who
        subjects = {"dispatcher", "officer"}
        assert any(subject in json.dumps(facts) and knows for subject in subjects) == knows


async def test_the_auditor_reads_no_texts_and_the_operator_no_matter(here: Town) -> None:
    path = await lived(here)
    audited, operated = await here.get(f"{path}/history", AUDITOR), await here.get(f"{path}/history", OPERATOR)
    assert all("text" not in fact and "says" in fact for fact in audited["facts"])
    assert "临时维修" not in json.dumps(audited, ensure_ascii=False)
    assert {key for fact in operated["facts"] for key in fact} == {
        *("kind", "stream", "version", "fact", "occurred_at", "recorded_at", "who")
    }


async def test_of_a_confidential_complaint_texts_are_opened_with_a_reason_for_those_who_may(here: Town) -> None:
    id = await here.received("1", 1, type="REPORT")
    await here.post(f"/complaints/{id}/dispatch", lead="town-enforcement", urgency="ROUTINE")
    await here.post(f"/complaints/{id}/supervise", SUPERVISOR, reason="涉及村干部")
    path = f"/complaints/{id}/history"
    assert "涉及村干部" not in json.dumps(await here.get(path), ensure_ascii=False)
    assert "涉及村干部" not in json.dumps(await here.get(f"{path}?reason=例行审计", AUDITOR), ensure_ascii=False)
    assert await here.service.pool.fetchval("select count(*) from audit") == 0
    assert (await here.get(f"{path}?reason=核实情况", ENFORCERS))["facts"][-1]["text"] == "涉及村干部"
    row = await here.service.pool.fetchrow("select action, subject, reason from audit")
    assert tuple(row) == ("vault.read", f"complaint/{id}", "核实情况")


async def test_the_contact_is_masked_and_shown_in_full_with_a_reason_that_is_kept(here: Town) -> None:
    path = await here.handled(await here.received("1", 1))
    await here.post(f"{path}/support-units", unit="town-enforcement")
    for who in (SUPERVISOR, OFFICER):
        found = await here.get(f"{path}/contact", who)
        assert (found["name"], found["phone"], found["masked"]) == ("居**", "199****0001", True)
    assert await here.service.pool.fetchval("select count(*) from audit") == 0
    full = await here.get(f"{path}/contact?reason=约定上门时间", OFFICER)
    assert (full["name"], full["phone"], full["masked"]) == ("居民1", "19900000001", False)
    row = await here.service.pool.fetchrow("select action, reason from audit")
    assert tuple(row) == ("vault.contact", "约定上门时间")
    assert (await here.call("GET", f"{path}/contact", ENFORCERS)).status_code == 404
    for nobody in (AUDITOR, OPERATOR):
        assert (await here.call("GET", f"{path}/contact?reason=约定", nobody)).status_code == 403
    await here.service.pool.execute("delete from vault_keys")
    assert (await here.call("GET", f"{path}/contact", OFFICER)).status_code == 410


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张**"), ("欧阳小明", "欧**"), ("张", "**"), (" 张三 ", "张**"), (None, None)]
)
def test_a_name_shows_its_first_character_and_not_its_length(name: str | None, masked: str | None) -> None:
    assert masked_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800000000", "138****0000"),
        ("+86 138-0000-1234", "138****1234"),
        ("010-83801234", "****34"),
        ("83801234", "****34"),
        ("110", "****"),
        (None, None),
    ],
)
def test_a_number_shows_what_is_needed_to_recognise_it(phone: str | None, masked: str | None) -> None:
    assert masked_phone(phone) == masked


# ------------------------------------------------------------------------------------------------ the code


def test_a_code_is_read_however_it_is_written_and_nobody_makes_one_without_the_key() -> None:
    key, id = bytes(range(32)), UUID("5e0b1f0a-2024-5201-8a16-5f1e0c0de001")
    code = follow_code(key, id)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert code == follow_code(key, id)
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for heard in (code, code.replace("-", ""), code.lower(), spoken, spoken.replace("l", "i"), f" {code}\n"):
        digits = read_code(heard)
        assert digits is not None and written(digits) == code, heard
    for bad in ("", "0" * 15, "0" * 17, "U" * 16, "é" * 16, "０" * 16):
        assert read_code(bad) is None, bad
    others = [follow_code(bytes([n] * 32), id) for n in range(100)]
    assert {other[:7] for other in others} == {code[:7]}
    assert len({other[8:-1] for other in others} | {code[8:-1]}) == 101


def test_whoever_mistypes_one_character_or_swaps_two_is_told_so_without_a_search() -> None:
    code = follow_code(bytes(range(32)), uuid4()).replace("-", "")
    for at, right in enumerate(code):
        for wrong in set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") - {right}:
            assert read_code(code[:at] + wrong + code[at + 1 :]) is None
    swapped = [
        read_code(code[:at] + code[at + 1] + code[at] + code[at + 2 :])
        for code in (follow_code(bytes(32), uuid4()).replace("-", "") for _ in range(500))
        for at in range(15)
        if code[at] != code[at + 1]
    ]
    assert sum(found is not None for found in swapped) < len(swapped) / 100


def test_codes_of_ids_that_begin_alike_have_nothing_else_in_common() -> None:
    key = bytes(range(32))
    codes = [follow_code(key, UUID(int=n << 64)).replace("-", "")[7:] for n in range(500)]
    assert len(set(codes)) == 500
    alike = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in pairwise(codes)]
    assert sum(alike) / len(alike) < 1


async def ask(here: Town, code: str, accept: str = "application/json") -> httpx.Response:
    """As a resident: without a token."""
    return await here.client.get(f"/follow/{code}", headers={"Accept": accept})


async def test_a_resident_follows_by_the_code_that_was_given_at_registration(here: Town) -> None:
    answer = await here.post("/complaints", **here.order("1", 1))
    code, path = answer["follow"], f"/complaints/{answer['id']}"
    await here.handled(UUID(answer["id"]))
    await here.post(f"{path}/progress", OFFICER, unit=UNIT, note="已约施工队")
    await here.post(
        f"{path}/extension-request", OFFICER, unit=UNIT, until=here.service.now() + 9 * DAY, reason="内部原因"
    )
    found = (await ask(here, code.lower().replace("-", ""))).json()
    assert found["code"] == code
    assert (found["says"], found["unit"]) == ("办理中", "社区建设办公室")
    assert (found["category"], found["place"]) == ("无物业管理", "大灰厂小区")
    assert [step["says"] for step in found["steps"]][-1] == "办理进展"
    assert found["steps"][-1]["note"] == "已约施工队"
    for hidden in ("内部原因", "居民1", "19900000001", "维修应该找谁", "没有物业，"):
        assert hidden not in json.dumps(found, ensure_ascii=False)
    again = await here.post("/complaints", **here.order("1", 1))
    assert (again["outcome"], again["follow"]) == ("KNOWN", code)


async def test_complaints_whose_ids_begin_alike_are_all_found_and_a_code_of_another_key_is_none(here: Town) -> None:
    first = await here.received("1", 1)
    twin = UUID(int=first.int ^ 1)
    columns = ", ".join(name for name in COMPLAINTS.columns if name != "id")
    await here.service.pool.execute(
        f"insert into complaints (id, {columns}) select $2, {columns} from complaints where id = $1", first, twin
    )
    key = here.service.keys.lookup
    for id in (first, twin):
        assert await followed(here.service.pool, key, follow_code(key, id)) == id
        assert await followed(here.service.pool, key, follow_code(bytes(32), id)) is None


async def test_of_a_confidential_complaint_the_code_shows_state_dates_and_unit_alone(here: Town) -> None:
    answer = await here.post("/complaints", **here.order("1", 1, type="REPORT"))
    await here.post(f"/complaints/{answer['id']}/dispatch", lead="town-enforcement", urgency="ROUTINE")
    for accept in ("application/json", "text/html"):
        text = (await ask(here, answer["follow"], accept)).text
        assert "综合行政执法队" in text
        for hidden in ("大灰厂", "物业", "举报", "保密", "12345热线", "CONFIDENTIAL"):
            assert hidden not in text.replace("请拨打 12345", ""), hidden


async def test_the_page_is_for_phones_without_script_and_lets_nothing_in(here: Town) -> None:
    answer = await here.post("/complaints", **here.order("1", 1))
    await here.handled(UUID(answer["id"]))
    note = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    await here.post(f"/complaints/{answer['id']}/progress", OFFICER, unit=UNIT, note=note)
    page = await ask(here, answer["follow"], "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;" in page.text and "<script" not in page.text and "<img" not in page.text
    assert not re.search(r"""<[^>]*\s(?:src|href|action)\s*=|url\(|@import""", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_a_wrong_code_is_not_found_and_too_many_are_refused(here: Town) -> None:
    answer = await here.post("/complaints", **here.order("1", 1))
    code: str = answer["follow"]
    wrong = follow_code(bytes(32), UUID(answer["id"]))
    assert (await ask(here, wrong)).json()["code"] == "not_found"
    page = await ask(here, "ABC", "text/html")
    assert page.status_code == 404 and "没有找到" in page.text
    assert page.headers["cache-control"] == "no-store"
    statuses = [(await ask(here, wrong)).status_code for _ in range(PER_MINUTE)]
    found = statuses.count(404)
    assert PER_MINUTE - 2 <= found < PER_MINUTE, "one more, where the minute turns"
    assert statuses == [404] * found + [429] * (PER_MINUTE - found)
    assert (await ask(here, code)).status_code == 429
    page = await ask(here, code, "text/html")
    assert page.status_code == 429 and "过于频繁" in page.text
    assert 1 <= int(page.headers["retry-after"]) <= 60
