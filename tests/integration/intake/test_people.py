"""A person's own data: found, copied, put right, erased, and forgotten when their time is over."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ops.embedded.keys import Bearer
from services.intake.domain.clock import RETENTION
from services.intake.forgetting import ERASED_BEFORE, forget_again
from services.intake.tidying import tidy
from shared.plumbing.topics import WORK_ORDERS
from tests.integration.intake.town import DAY, DISPATCHER, FEEDER, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.pair import until
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
AUDITOR = Bearer("auditor")
PHONE = "19900000001"
WHY = {"reason": "来电核实进展"}
GROUND = {"ground": "CONSENT_WITHDRAWN", "reason": "本人书面申请"}
KEPT = timedelta(days=1096)


async def lookup(here: Town, phone: str = PHONE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await here.post("/people/lookup", phone=phone, **WHY)
    return found


async def ended(here: Town, number: str, person: int | None, **more: object) -> UUID:
    """An inquiry that was answered."""
    id = await here.received(number, person, type="INQUIRY", **more)
    await here.post(f"/complaints/{id}/answer", answered_at=here.service.now(), answer="请找社区")
    return id


async def erased(here: Town, phone: str = PHONE) -> str:
    asked = await here.post("/erasures", SUPERVISOR, phone=phone, **GROUND)
    await here.post(f"/erasures/{asked['id']}/execute", OPERATOR)
    return str(asked["id"])


async def rows(here: Town, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await here.service.pool.fetch(query, *arguments)]


async def entries(here: Town) -> list[tuple[str, str]]:
    """Owner and field of everything in the vault."""
    return [(str(o), f) for o, f in await rows(here, "select owner, field from vault order by owner, field")]


async def status(here: Town, id: object, who: Bearer = DISPATCHER) -> int:
    return (await here.call("GET", f"/complaints/{id}/original?reason=核实情况", who)).status_code


async def audits(here: Town, action: str) -> list[tuple[str, str, str]]:
    query = "select split_part(actor, ':', 1), subject, reason from audit where action = $1 order by position"
    return [(a, s, r) for a, s, r in await rows(here, query, action)]


# ---------------------------------------------------------------------------------------------- looking up


async def test_a_caller_is_told_what_they_asked_for_however_the_number_is_written(here: Town) -> None:
    open_one, over = await here.received("1", 1), await ended(here, "2", 1, category="停车管理")
    await here.received("3", 2)
    await here.post("/complaints", **here.order("4", 1, supplement_of="3"))
    found = await lookup(here, "+86 199-0000-0001")
    assert {(entry["id"], entry["state"]) for entry in found if entry["own"]} == {
        (str(open_one), "RECEIVED"),
        (str(over), "ANSWERED"),
    }
    assert [entry["own"] for entry in found].count(False) == 1
    assert PHONE not in json.dumps(found)


async def test_looking_up_makes_nothing_and_is_kept_with_its_reason(here: Town) -> None:
    before = await rows(here, "select count(*) from vault_keys")
    assert await lookup(here, "19912121212") == []
    assert await rows(here, "select count(*) from vault_keys") == before
    id = await here.received("1", 1)
    await lookup(here)
    assert await audits(here, "vault.lookup") == [
        ("dispatcher", "person/unknown", WHY["reason"]),
        ("dispatcher", f"complaint/{id}", WHY["reason"]),
    ]


async def test_who_looks_too_often_must_wait_and_others_need_not(here: Town) -> None:
    """Seen red: with the counting switched off the thirty-first look is answered."""
    await here.received("1", 1)
    await here.received("2", 1, category="停车管理")
    for _ in range(30):
        await lookup(here)
    answer = await here.call("POST", "/people/lookup", DISPATCHER, {"phone": PHONE} | WHY)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert len(await audits(here, "vault.lookup")) == 60, "the refused look left no row"
    other = Bearer("dispatcher", department="night-shift")
    assert len(await here.post("/people/lookup", other, phone=PHONE, **WHY)) == 2


async def test_many_looks_at_once_are_counted_one_by_one(here: Town) -> None:
    await here.received("1", 1)
    answers = await asyncio.gather(
        *(here.call("POST", "/people/lookup", DISPATCHER, {"phone": PHONE} | WHY) for _ in range(40))
    )
    assert sorted({answer.status_code for answer in answers}) == [200, 429]
    assert sum(answer.status_code == 200 for answer in answers) == 30


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"phone": PHONE}, 422),
        ({"phone": PHONE, "reason": " "}, 422),
        ({"phone": "王建国", "reason": "核实"}, 422),
        ({"phone": "+-()", "reason": "核实"}, 409),
        ({"phone": PHONE, "reason": "来电13800138000核实"}, 422),
        ({"phone": PHONE, "reason": "核\x00实"}, 422),
        ({"phone": PHONE, "reason": "核实", "name": "王"}, 422),
    ],
)
async def test_a_bad_question_is_refused_without_repeating_it(here: Town, body: dict[str, str], status: int) -> None:
    for path in ("/people/lookup", "/people/export"):
        answer = await here.call("POST", path, DISPATCHER, body)
        assert answer.status_code == status, answer.text
        assert PHONE not in answer.text and "13800138000" not in answer.text
    assert await rows(here, "select count(*) from audit") == [(0,)]


async def test_a_number_without_digits_is_nobodys(here: Town) -> None:
    """Two people whose number was written `---` are not one person."""
    await here.received("1", None, complainant={"phone": "---"})
    await here.received("2", None, complainant={"phone": "---"})


# ---------------------------------------------------------------------------------------------- copying, correcting


async def test_a_person_gets_a_copy_of_what_they_said_and_of_nothing_else(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post("/complaints", **here.order("2", 1))
    await here.post("/complaints", **here.order("3", 2, supplement_of="1", content="别人的话"))
    report = await here.received("4", 1, type="REPORT", content="举报内容")
    await here.post(f"/complaints/{report}/supervise", SUPERVISOR, reason="涉及村干部")
    copy = await here.post("/people/export", phone=PHONE, **WHY)
    by_id = {entry["id"]: entry for entry in copy["complaints"]}
    assert by_id[str(id)]["order"]["complainant"]["phone"] == PHONE
    assert [added["number"] for added in by_id[str(id)]["added"]] == ["2"]
    assert by_id[str(report)]["order"]["content"] == "举报内容"
    assert "别人的话" not in json.dumps(copy, ensure_ascii=False)
    assert "涉及村干部" not in json.dumps(copy, ensure_ascii=False)
    assert {subject for _, subject, _ in await audits(here, "vault.export")} == {
        f"complaint/{id}",
        f"complaint/{report}",
    }
    for _ in range(4):
        await here.post("/people/export", phone=PHONE, **WHY)
    answer = await here.call("POST", "/people/export", DISPATCHER, {"phone": PHONE} | WHY)
    assert answer.status_code == 429


async def test_a_corrected_number_finds_the_complaint_and_the_old_one_does_not(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post("/complaints", **here.order("2", 1))
    await here.post(f"/complaints/{id}/contact-correction", phone="199-0000-0009", **WHY)
    assert await lookup(here) == []
    assert [entry["id"] for entry in await lookup(here, "19900000009")] == [str(id)]
    original = await here.get(f"/complaints/{id}/original?reason=核实情况")
    came = original["order"]["complainant"]
    assert {name: came[name] for name in came if came[name]} == {"name": "居民1", "phone": PHONE}
    assert (original["contact"]["name"], original["contact"]["phone"]) == ("居民1", "199-0000-0009")
    assert [added["number"] for added in original["added"]] == ["2"]
    assert await rows(here, "select count(*) from vault_keys") == [(1,)], "the old number's key has gone"
    assert (await here.post("/complaints", **here.order("3", 9)))["outcome"] == "URGED"
    assert await audits(here, "vault.correct") == [("dispatcher", f"complaint/{id}", WHY["reason"])]
    assert await here.words(id) == ["ComplaintReceived", "ComplaintUrged", "ComplaintUrged"]


async def test_a_corrected_name_leaves_the_number_and_a_second_correction_the_first(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/contact-correction", name="李四", **WHY)
    await here.post(f"/complaints/{id}/contact-correction", phone="19900000008", **WHY)
    contact = (await here.get(f"/complaints/{id}/original?reason=核实情况"))["contact"]
    assert (contact["name"], contact["phone"]) == ("李四", "19900000008")


async def test_only_this_complaint_moves_and_other_peoples_words_stay_theirs(here: Town) -> None:
    id, other = await here.received("1", 1), await here.received("2", 1, category="停车管理")
    await here.post("/complaints", **here.order("3", 2, supplement_of="1"))
    await here.post(f"/complaints/{id}/contact-correction", phone="19900000009", **WHY)
    assert [entry["id"] for entry in await lookup(here)] == [str(other)]
    assert [(entry["id"], entry["own"]) for entry in await lookup(here, "19900000002")] == [(str(id), False)]


async def test_an_anonymous_complaint_gets_a_person(here: Town) -> None:
    id = await here.received("1", None)
    await here.post(f"/complaints/{id}/contact-correction", name="李四", phone=PHONE, **WHY)
    assert [entry["id"] for entry in await lookup(here)] == [str(id)]


async def test_a_correction_needs_something_to_correct(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}/contact-correction"
    assert (await here.call("POST", path, DISPATCHER, WHY)).status_code == 422
    assert (await here.call("POST", path, FEEDER, {"name": "李四"} | WHY)).status_code == 403
    gone = f"/complaints/{UUID(int=7)}/contact-correction"
    assert (await here.call("POST", gone, DISPATCHER, {"name": "李四"} | WHY)).status_code == 404


# ---------------------------------------------------------------------------------------------- erasing


async def counted(here: Town) -> dict[str, Any]:
    """The town's figures of the month, whenever they were computed."""
    town = (await here.get("/rates?month=2024-02"))["town"]
    return {name: value for name, value in town.items() if name != "computed_at"}


async def test_after_an_erasure_nothing_of_the_person_is_left_and_all_that_counts_stands(here: Town) -> None:
    id, report = await ended(here, "1", 1), await ended(here, "2", 1, confidential=True)
    stays = await here.received("3", 2)
    figures, facts = await counted(here), await here.said(id)
    await erased(here)
    assert {owner for owner, _ in await entries(here)} == {str(stays)}
    assert await rows(here, "select count(*) from vault_keys") == [(1,)]
    for one in (id, report):
        for path in ("original?reason=核实情况", "contact"):
            answer = await here.call("GET", f"/complaints/{one}/{path}", DISPATCHER)
            assert (answer.status_code, answer.json()["code"]) == (410, "erased")
    assert await lookup(here) == []
    assert (await here.call("POST", "/people/export", DISPATCHER, {"phone": PHONE} | WHY)).json() == {"complaints": []}
    assert await counted(here) == figures
    assert await here.said(id) == facts
    assert (await here.get(f"/complaints/{id}"))["state"] == "ANSWERED"
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
    assert (await here.get(f"/complaints/{stays}/original?reason=核实情况"))["order"]["complainant"]["name"] == "居民2"
    correction = await here.call("POST", f"/complaints/{id}/contact-correction", DISPATCHER, {"name": "李"} | WHY)
    assert correction.status_code == 410


async def test_the_same_number_calling_again_is_a_new_person(here: Town) -> None:
    first = await ended(here, "1", 1)
    await erased(here)
    again = await here.received("2", 1, type="INQUIRY")
    assert (await here.get(f"/complaints/{again}"))["repeat"] is False
    assert [entry["id"] for entry in await lookup(here)] == [str(again)]
    assert await status(here, again) == 200
    assert await status(here, first) == 410


async def test_what_was_erased_and_is_sent_again_is_known_and_kept_no_more(here: Town) -> None:
    """The border topic is read from its start again and again. Seen red: without `forgotten_orders` a new complaint."""
    order, urging = here.order("1", 1, type="INQUIRY"), here.order("2", 1, type="INQUIRY")
    await here.hotline(order, urging)
    (found,) = await here.listed("/complaints")
    await here.post(f"/complaints/{found['id']}/answer", answered_at=here.service.now(), answer="请找社区")
    await erased(here)
    await here.hotline(order, urging)
    assert (await here.post("/complaints", **urging))["outcome"] == "KNOWN"
    assert (await here.post("/complaints", **urging | {"content": "另一件事"}))["outcome"] == "KNOWN"
    assert len(await here.listed("/complaints")) == 1
    assert await entries(here) == []
    assert await rows(here, "select count(*) from vault_keys") == [(0,)]
    assert await here.get("/quarantine", OPERATOR) == []


async def test_an_erasure_is_refused_with_all_reasons_while_the_duty_is_not_over(here: Town) -> None:
    path = await here.handled(await here.received("1", 1))
    await here.post(f"{path}/supervise", SUPERVISOR, reason="超期")
    asking = {"unit": UNIT, "reason": "LITIGATION", "explained_at": here.service.now(), "plan": "等待判决"}
    await here.post(f"{path}/listing-request", OFFICER, **asking)
    await here.post(f"{path}/listing", SUPERVISOR)
    asked = await here.post("/erasures", SUPERVISOR, phone=PHONE, **GROUND)
    execute = f"/erasures/{asked['id']}/execute"
    assert await here.refused(execute, OPERATOR) == ["complaints_open", "in_litigation", "under_supervision"]
    assert len(await entries(here)) > 0
    await here.post(f"/erasures/{asked['id']}/reject", SUPERVISOR, reason="诉讼未结，依法须留存")
    (entry,) = await here.get("/erasures?state=REJECTED", SUPERVISOR)
    assert entry["why"] == "诉讼未结，依法须留存"
    assert await here.refused(execute, OPERATOR) == ["wrong_state"]
    assert (await here.post("/erasures", SUPERVISOR, phone=PHONE, **GROUND))["version"] == 1, "they may ask again"


async def test_who_asked_may_not_execute(here: Town) -> None:
    await ended(here, "1", 1)
    asked = await here.post("/erasures", SUPERVISOR, phone=PHONE, **GROUND)
    await here.service.pool.execute("update erasures set requested_by = 'operator'")
    assert await here.refused(f"/erasures/{asked['id']}/execute", OPERATOR) == ["four_eyes"]
    for who in (SUPERVISOR, DISPATCHER, AUDITOR):
        assert (await here.call("POST", f"/erasures/{asked['id']}/execute", who)).status_code == 403


async def test_a_person_has_one_request_at_a_time_and_an_unknown_one_none(here: Town) -> None:
    id = await ended(here, "1", 1)
    answers = await asyncio.gather(
        *(here.call("POST", "/erasures", DISPATCHER, {"complaint": str(id)} | GROUND) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await here.refused("/erasures", phone=PHONE, **GROUND) == ["asked_before"]
    assert (await here.call("POST", "/erasures", DISPATCHER, {"phone": "19912121212"} | GROUND)).status_code == 404
    both = {"phone": PHONE, "complaint": str(id)} | GROUND
    assert (await here.call("POST", "/erasures", DISPATCHER, both)).status_code == 422
    assert (await here.call("POST", "/erasures", DISPATCHER, GROUND)).status_code == 422


async def test_the_list_never_says_whose(here: Town) -> None:
    await ended(here, "1", 1)
    await erased(here)
    shown = json.dumps(await here.get("/erasures", AUDITOR))
    subject = str(here.service.vault.person(f"phone\n{PHONE}"))
    assert PHONE not in shown and subject not in shown
    assert (await here.call("GET", "/erasures", OFFICER)).status_code == 403


async def test_an_erasure_is_done_once_and_answered_the_same(here: Town) -> None:
    await ended(here, "1", 1)
    id = await erased(here)
    assert await here.refused(f"/erasures/{id}/execute", OPERATOR) == ["wrong_state"]
    assert len([one for one in await audits(here, "person.erase") if one[1].startswith("erasure/")]) == 1


async def test_other_peoples_words_on_the_complaint_stay_but_are_shown_no_more(here: Town) -> None:
    id = await here.received("1", 1, type="INQUIRY")
    await here.post("/complaints", **here.order("2", 2, supplement_of="1"))
    await here.post(f"/complaints/{id}/answer", answered_at=here.service.now(), answer="请找社区")
    await erased(here)
    assert await status(here, id) == 410
    assert [entry["id"] for entry in await lookup(here, "19900000002")] == [str(id)]


@pytest.mark.parametrize("first", ["order", "erasure"])
async def test_an_order_that_arrives_while_the_person_is_erased(here: Town, first: str) -> None:
    """Whichever has the person's key first, the other one sees what it did; never is a sealed order without its key."""
    await ended(here, "1", 1)
    asked = await here.post("/erasures", SUPERVISOR, phone=PHONE, **GROUND)
    person = here.service.vault.person(f"phone\n{PHONE}")
    execute = f"/erasures/{asked['id']}/execute"
    async with here.service.pool.acquire() as con, con.transaction():
        await con.fetch("select from vault_keys where subject = $1 for update", person)
        posts = {
            "order": lambda: here.call("POST", "/complaints", DISPATCHER, here.order("2", 1, category="停车管理")),
            "erasure": lambda: here.call("POST", execute, OPERATOR),
        }
        one = asyncio.create_task(posts[first]())
        await _waiting(here, 1)
        two = asyncio.create_task(posts["erasure" if first == "order" else "order"]())
        await _waiting(here, 2)
    done, then = await one, await two
    order, erasure = (done, then) if first == "order" else (then, done)
    assert order.status_code == 201
    assert erasure.status_code == (409 if first == "order" else 200)
    assert await status(here, order.json()["id"]) == 200


async def _waiting(here: Town, count: int) -> None:
    """Until so many wait for a lock."""
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

    async def waiting() -> bool:
        found: int = await here.service.pool.fetchval(query)
        return found >= count

    await until(waiting, f"{count} wait for a lock")


async def test_orders_and_erasures_in_disorder_leave_every_order_readable(here: Town) -> None:
    await ended(here, "0", 1)

    async def orders() -> None:
        for n in range(1, 13):
            order = here.order(str(n), 1, type="INQUIRY", category=("停车管理", "无物业管理")[n % 2])
            answer = (await here.post("/complaints", **order))["id"]
            body = {"answered_at": here.service.now(), "answer": "请找社区"}
            await here.call("POST", f"/complaints/{answer}/answer", DISPATCHER, body)

    async def erasures() -> None:
        for _ in range(12):
            asked = await here.call("POST", "/erasures", SUPERVISOR, {"phone": PHONE} | GROUND)
            if asked.status_code == 201:
                await here.call("POST", f"/erasures/{asked.json()['id']}/execute", OPERATOR)
                await here.call("POST", f"/erasures/{asked.json()['id']}/reject", SUPERVISOR, {"reason": "未办结"})

    await asyncio.gather(orders(), orders_of_another(here), erasures(), erasures())
    unreadable = "select count(*) from vault v left join vault_keys k using (subject) where k.subject is null"
    assert await rows(here, unreadable) == [(0,)]
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def orders_of_another(here: Town) -> None:
    for n in range(10):
        await here.post("/complaints", **here.order(f"x{n}", 2))


async def test_people_who_were_erased_are_still_counted_as_different_people(here: Town) -> None:
    """Seen red: without `forgotten_people` the three count as one, and the hotspot subsides."""
    for person in (1, 2, 3):
        await ended(here, str(person), person)
    await here.pass_time(timedelta(minutes=3))
    for person in (1, 2, 3):
        await erased(here, f"1990000000{person}")
    await here.pass_time(timedelta(days=1, hours=1))
    (spot,) = await here.get("/hotspots")
    assert (spot["state"], spot["people"]) == ("ACTIVE", 3)
    (day,) = [data for word, data in await _demand(here) if word == "DemandCounted"]
    assert (day["complaints"], day["people"]) == (3, 3)


async def _demand(here: Town) -> Sequence[tuple[str, dict[str, Any]]]:
    return await here.said((await rows(here, "select id from demands"))[0][0])


async def test_an_erasure_is_executed_again_after_a_restore_and_only_where_it_is_missing(here: Town) -> None:
    id = await ended(here, "1", 1)
    erasure = await erased(here)
    ((log_id, subject, ground, at),) = await rows(here, ERASED_BEFORE)
    assert str(log_id) == erasure
    async with here.service.pool.acquire() as con, con.transaction():
        assert await forget_again(con, log_id, subject, ground, at) is False
    await here.service.pool.execute("update erasures set state = 'REQUESTED'")
    other = await here.received("2", 1)
    async with here.service.pool.acquire() as con, con.transaction():
        assert await forget_again(con, log_id, subject, ground, at) is True
    assert await status(here, other) == 410
    assert await status(here, id) == 410
    ((_, again, _, _),) = await rows(here, ERASED_BEFORE)
    assert again == subject


async def test_whom_an_erasure_concerned_is_forgotten_in_time(here: Town) -> None:
    await ended(here, "1", 1)
    await erased(here)
    await tidy(here.service)
    assert len(await rows(here, ERASED_BEFORE)) == 1
    assert await rows(here, "select count(*) from forgotten_people") == [(1,)]
    await here.pass_time(timedelta(days=402))
    await tidy(here.service)
    assert await rows(here, ERASED_BEFORE) == []
    assert await rows(here, "select count(*) from forgotten_people") == [(0,)]
    assert len(await here.get("/erasures", OPERATOR)) == 1


# ---------------------------------------------------------------------------------------------- retention


async def test_three_years_after_its_end_the_vault_forgets_a_complaint(here: Town) -> None:
    id = await ended(here, "1", 1)
    kept = await here.received("2", 1)
    facts = await here.words(id)
    await here.pass_time(KEPT - timedelta(seconds=5))
    assert await status(here, id) == 200
    await here.pass_time(timedelta(seconds=6))
    assert await status(here, id) == 410
    assert await status(here, kept) == 200, "a complaint of the same person that is open keeps its own"
    assert await here.words(id) == facts
    assert await rows(here, "select actor, subject, reason from audit where action = 'complaint.expire'") == [
        ("timer::intake", f"complaint/{id}", "保存期满，自动删除")
    ]
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def test_with_the_last_complaint_the_persons_key_goes(here: Town) -> None:
    await ended(here, "1", 1)
    await ended(here, "2", 1, category="停车管理")
    await here.pass_time(KEPT + DAY)
    assert await rows(here, "select count(*) from vault_keys") == [(0,)]
    assert await entries(here) == []
    assert await lookup(here) == []


async def test_a_key_in_use_is_not_destroyed_and_the_timer_rings_again(here: Town) -> None:
    """Seen red: a delete that waits instead of looking again takes the key of an order that just came in."""
    id = await ended(here, "1", 1)
    person = here.service.vault.person(f"phone\n{PHONE}")
    async with here.service.pool.acquire() as con, con.transaction():
        await con.fetch("select from vault_keys where subject = $1 for update", person)
        await here.call("PUT", "/clock", OPERATOR, {"at": (here.service.now() + KEPT + DAY).isoformat()})
        for _ in range(3):
            with suppress(asyncpg.LockNotAvailableError):
                await here.service.timers.fire()
        assert len(await entries(here)) == 1

    async def forgotten() -> bool:
        return await status(here, id) == 410

    await until(forgotten, "the timer rings again")


async def test_an_end_said_before_it_named_a_time_is_counted_from_its_moment(here: Town) -> None:
    id = await ended(here, "1", 1)
    timer = await rows(here, "select name, due_at from timers where subject = $1", id)
    ((answered_at,),) = await rows(here, "select ended_at from complaints where id = $1", id)
    assert timer == [(RETENTION, answered_at + KEPT)]


async def test_orders_set_aside_that_nobody_decided_expire(here: Town) -> None:
    await here.hotline({"number": "1", "phone": PHONE}, {"number": "2"})
    old, young = [entry["id"] for entry in await here.get("/quarantine", OPERATOR)]
    await here.service.pool.execute("update quarantine set since = since - interval '91 days' where id = $1", old)
    await tidy(here.service)
    (left,) = await here.get("/quarantine", OPERATOR)
    assert left["id"] == young
    sealed = "select sealed, decided_by, decision from quarantine where id = $1 and source = $2"
    assert await rows(here, sealed, old, WORK_ORDERS) == [(b"", "timer::intake", "保存期满，自动删除")]
    assert await audits(here, "quarantine.discarded") == [("timer", f"quarantine/{old}", "保存期满，自动删除")]
    await here.post(f"/quarantine/{young}/discard", OPERATOR, reason="来源有误")
    assert await rows(here, "select count(*) from quarantine where sealed <> ''") == [(0,)]


# ---------------------------------------------------------------------------------------------- looking, and who sees that


async def test_the_auditor_sees_every_look_and_others_their_own(here: Town) -> None:
    id = await here.received("1", 1)
    await lookup(here)
    await here.get(f"/complaints/{id}/original?reason=督办需要", SUPERVISOR)
    seen = await here.get("/audit", AUDITOR)
    assert [(entry["action"], entry["subject"]) for entry in seen["entries"]] == [
        ("vault.read", f"complaint/{id}"),
        ("vault.lookup", f"complaint/{id}"),
    ]
    assert "居民1" not in json.dumps(seen, ensure_ascii=False)
    assert [entry["action"] for entry in (await here.get("/audit", SUPERVISOR))["entries"]] == ["vault.read"]
    assert [entry["action"] for entry in (await here.get("/audit", DISPATCHER))["entries"]] == ["vault.lookup"]
    assert (await here.get("/audit", OPERATOR))["entries"] == []
    first = await here.get("/audit?limit=1", AUDITOR)
    second = await here.get(f"/audit?limit=1&before={first['next']}", AUDITOR)
    assert second["entries"][0]["action"] == "vault.lookup"
    assert (await here.get(f"/audit?action=vault.read&subject=complaint/{id}", AUDITOR))["entries"] == seen["entries"][
        :1
    ]
    assert (await here.get("/audit?until=2020-01-01T00:00:00%2B08:00", AUDITOR))["entries"] == []
    assert (await here.call("GET", "/audit?from=yesterday", AUDITOR)).status_code in (400, 422)


async def test_looks_are_counted_for_whoever_watches_the_town(here: Town) -> None:
    id = await here.received("1", 1)
    for _ in range(3):
        await lookup(here)
    await here.get(f"/complaints/{id}/original?reason=核实情况")
    text = (await here.call("GET", "/metrics", OPERATOR)).text
    assert 'fiveplusn_unmasked_last_hour{action="vault.lookup",role="dispatcher"} 3.0' in text
    assert 'fiveplusn_unmasked_most{role="dispatcher"} 4.0' in text


@pytest.mark.parametrize(
    "note", ["已联系13800138000", "住12号楼3单元402", "身份证110101199003077758", "居民1本人已知晓", "车牌京A12345"]
)
async def test_staff_texts_with_personal_data_are_refused_and_not_changed(here: Town, note: str) -> None:
    path = await here.handled(await here.received("1", 1))
    before = await here.words(UUID(path[-36:]))
    answer = await here.call("POST", f"{path}/progress", OFFICER, {"unit": UNIT, "note": note})
    assert (answer.status_code, answer.json()["code"]) == (422, "personal_data_in_public_text")
    assert answer.json()["errors"][0]["pointer"] == "/note"
    assert note not in answer.text
    route = {"wanted": "TOPIC", "public_title": note}
    assert await here.refused(f"{path}/routes", **route) == ["personal_data_in_public_text"]
    assert await here.words(UUID(path[-36:])) == before
    await here.post(f"{path}/progress", OFFICER, unit=UNIT, note="12号楼已检修，2024年2月1日完成")


async def test_of_a_confidential_complaint_nothing_is_public_and_all_may_be_written(here: Town) -> None:
    id = await here.received("1", 1, type="REPORT")
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.post(f"/complaints/{id}/supervise", SUPERVISOR, reason="举报人电话13800138000")
    assert "13800138000" not in str(await here.said(id))
