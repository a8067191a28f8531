"""导入: every row ends as one thing, a corrected row takes the place of its rejected one, and a file may come as a whole."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.intake.town import DAY, DISPATCHER, FEEDER, OFFICER, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
CHECKSUM = "0" * 64
ENDS = ("accepted", "duplicate", "rejected", "quarantined")


def row(here: Town, number: int, **more: object) -> dict[str, Any]:
    """A row of the file: its order has the row's number."""
    return {"row": number, "order": here.order(str(number), number, channel="IMPORT") | more}


async def begun(here: Town, rows: int, *, atomic: bool = False) -> str:
    answer = await here.post("/imports", FEEDER, source="hotline", checksum=CHECKSUM, rows=rows, atomic=atomic)
    return str(answer["id"])


async def sent(here: Town, run: str, *rows: dict[str, Any]) -> list[str]:
    answer = await here.post(f"/imports/{run}/rows", FEEDER, rows=rows)
    return [end["result"] for end in answer["rows"]]


async def shown(here: Town, run: str) -> dict[str, Any]:
    found: dict[str, Any] = await here.get(f"/imports/{run}", OPERATOR)
    return found


async def complaints(here: Town) -> int:
    found: int = await here.service.pool.fetchval("select count(*) from complaints")
    return found


async def test_the_sums_of_a_run_are_those_of_its_rows_and_of_the_file(here: Town) -> None:
    await here.received("9", 9, channel="IMPORT", title="另一件事")
    run = await begun(here, 6)
    assert await here.refused(f"/imports/{run}/finish", FEEDER) == ["rows_missing"]
    assert await sent(here, run, row(here, 1), row(here, 2, type="？")) == ["accepted", "rejected"]
    again = row(here, 1) | {"row": 3}
    future = row(here, 4, received_at=here.service.now() + timedelta(minutes=6))
    assert await sent(here, run, again, future, row(here, 9)) == ["duplicate", "quarantined", "quarantined"]
    assert await sent(here, run, row(here, 6, received_at="1999-12-31T23:59:59+08:00")) == ["rejected"]
    assert await here.refused(f"/imports/{run}/rows", FEEDER, rows=[row(here, 7)]) == ["too_many_rows"]
    await here.post(f"/imports/{run}/finish", FEEDER)
    found = await shown(here, run)
    assert {end: found[end] for end in ENDS} == {"accepted": 1, "duplicate": 1, "rejected": 2, "quarantined": 2}
    assert found["rows"] == sum(found[end] for end in ENDS) == 6
    kept = await here.service.pool.fetch("select result, count(*) from import_rows group by result")
    assert dict(kept) == {end: found[end] for end in ENDS}
    codes = {entry["code"] for entry in await here.get("/quarantine", OPERATOR)}
    assert codes == {"in_the_future", "conflicting_content"}
    assert await here.refused(f"/imports/{run}/rows", FEEDER, rows=[row(here, 1)]) == ["not_open"]
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def test_a_row_that_came_before_is_answered_the_same_and_counted_once(here: Town) -> None:
    run = await begun(here, 2)
    rows = [row(here, 1), row(here, 2, title=" ")]
    first = await here.post(f"/imports/{run}/rows", FEEDER, rows=rows)
    again = await here.post(f"/imports/{run}/rows", FEEDER, rows=rows)
    assert again == first
    assert [end["result"] for end in first["rows"]] == ["accepted", "rejected"]
    await here.post(f"/imports/{run}/finish", FEEDER)
    assert (await shown(here, run))["rows"] == 2


async def test_a_corrected_row_takes_the_place_of_its_rejected_one(here: Town) -> None:
    first = await begun(here, 2)
    assert await sent(here, first, row(here, 1), row(here, 2, received_at="昨天")) == ["accepted", "rejected"]
    await here.post(f"/imports/{first}/finish", FEEDER)
    (rejection,) = (await shown(here, first))["rejections"]
    assert (rejection["row"], rejection["state"], rejection["replaced_by"]) == (2, "OPEN", None)
    assert rejection["problems"][0]["pointer"] == "/received_at"
    second = await begun(here, 2)
    assert await sent(here, second, row(here, 1), row(here, 2)) == ["duplicate", "accepted"]
    await here.post(f"/imports/{second}/finish", FEEDER)
    (rejection,) = (await shown(here, first))["rejections"]
    assert (rejection["state"], rejection["replaced_by"]) == ("REPLACED", {"run": second, "row": 2})
    listed = {found["id"]: found["open_rejections"] for found in await here.get("/imports", OPERATOR)}
    assert listed == {first: 0, second: 0}
    assert await complaints(here) == 2
    assert await here.service.pool.fetchval("select count(*) from import_rows where sealed is not null") == 0


async def test_a_row_rejected_again_is_open_once(here: Town) -> None:
    bad = row(here, 1, received_at="昨天")
    runs = []
    for _ in range(2):
        runs.append(await begun(here, 1))
        await sent(here, runs[-1], bad)
    assert [(await shown(here, run))["open_rejections"] for run in runs] == [0, 1]


async def test_what_the_reader_of_the_file_found_wrong_is_remembered_too(here: Town) -> None:
    run = await begun(here, 1)
    problem = {"pointer": "/received_at", "code": "bad_time", "words": "时间无法读取"}
    bad = {"row": 5, "order": {"number": "x", "title": "路灯"}, "problems": [problem]}
    assert await sent(here, run, bad) == ["rejected"]
    (rejection,) = (await shown(here, run))["rejections"]
    assert rejection["problems"] == [problem]


async def test_a_rejected_row_is_sealed_and_its_content_goes_after_ninety_days(here: Town) -> None:
    run = await begun(here, 1)
    await sent(here, run, row(here, 1, type="不知道"))
    await here.post(f"/imports/{run}/finish", FEEDER)
    kept = await here.service.pool.fetchval("select t::text from import_rows t")
    for personal in ("居民1", "19900000001", "维修应该找谁"):
        assert personal not in kept
        assert personal.encode().hex() not in kept
    assert "居民1" not in str(await shown(here, run))
    await here.pass_time(89 * DAY)
    assert await here.service.pool.fetchval("select count(sealed) from import_rows") == 1
    await here.pass_time(DAY)
    assert await here.service.pool.fetchval("select count(sealed) from import_rows") == 0
    assert [found["state"] for found in (await shown(here, run))["rejections"]] == ["EXPIRED"]
    assert await here.get("/quarantine", OPERATOR) == []


async def test_an_atomic_file_is_registered_as_a_whole(here: Town) -> None:
    run = await begun(here, 450, atomic=True)
    for start in (1, 226):
        assert set(await sent(here, run, *(row(here, n) for n in range(start, start + 225)))) == {"waiting"}
    assert await complaints(here) == 0
    answer = await here.post(f"/imports/{run}/finish", FEEDER)
    assert (answer["accepted"], answer["duplicate"], await complaints(here)) == (450, 0, 450)
    assert await here.service.pool.fetchval("select count(sealed) from import_rows") == 0
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"type": "？"}, "unknown_word"), ({"received_at": "2099-01-01T00:00:00+08:00"}, "in_the_future")],
)
async def test_of_an_atomic_file_nothing_is_taken_when_one_row_cannot_be(
    here: Town, wrong: dict[str, object], code: str
) -> None:
    run = await begun(here, 3, atomic=True)
    await sent(here, run, row(here, 1), row(here, 2, **wrong), row(here, 3))
    assert await here.refused(f"/imports/{run}/finish", FEEDER) == sorted(["rows_rejected", code])
    assert await complaints(here) == 0
    assert await here.get("/quarantine", OPERATOR) == []
    await here.pass_time(DAY)
    found = await shown(here, run)
    assert (found["state"], found["accepted"], found["quarantined"]) == ("DROPPED", 0, 0)
    assert await here.service.pool.fetchval("select count(*) from import_rows where result = 'waiting'") == 0
    again = await begun(here, 3, atomic=True)
    await sent(here, again, row(here, 1), row(here, 2), row(here, 3))
    assert (await here.post(f"/imports/{again}/finish", FEEDER))["accepted"] == 3


async def test_two_rows_of_one_number_with_other_content_stop_an_atomic_file(here: Town) -> None:
    run = await begun(here, 2, atomic=True)
    await sent(here, run, row(here, 1), {"row": 2, "order": row(here, 1)["order"] | {"content": "另一件事"}})
    assert await here.refused(f"/imports/{run}/finish", FEEDER) == ["conflicting_content", "rows_rejected"]
    await here.post(f"/imports/{run}/drop", FEEDER)
    assert (await shown(here, run))["state"] == "DROPPED"
    assert await complaints(here) == 0


async def test_too_large_a_file_is_no_atomic_one(here: Town) -> None:
    file = {"source": "hotline", "checksum": CHECKSUM, "rows": 10_001, "atomic": True}
    assert await here.refused("/imports", FEEDER, **file) == ["too_many_rows"]


async def test_the_same_rows_at_the_same_moment_are_counted_once(here: Town) -> None:
    run = await begun(here, 3)
    rows = [row(here, n) for n in (1, 2, 3)]
    answers = await asyncio.gather(*(here.post(f"/imports/{run}/rows", FEEDER, rows=rows) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    await here.post(f"/imports/{run}/finish", FEEDER)
    assert ((await shown(here, run))["accepted"], await complaints(here)) == (3, 3)


async def test_only_those_who_import_may_and_nobody_sees_a_run_that_is_not(here: Town) -> None:
    file = {"source": "hotline", "checksum": CHECKSUM, "rows": 1}
    for who in (DISPATCHER, OFFICER):
        assert (await here.call("POST", "/imports", who, file)).status_code == 403
    nobodys = "/imports/00000000-0000-4000-8000-000000000000"
    assert (await here.call("GET", nobodys, OPERATOR)).status_code == 404
    assert (await here.call("POST", f"{nobodys}/rows", FEEDER, {"rows": [row(here, 1)]})).status_code == 404
    assert (await here.call("POST", "/imports", FEEDER, file | {"rows": 50_001})).status_code == 422


async def test_a_pointer_that_cannot_be_stored_is_refused_with_its_place(here: Town) -> None:
    run = await begun(here, 1)
    problem = {"pointer": "/\u0000", "code": "bad_time", "words": "时间无法读取"}
    bad = {"rows": [{"row": 5, "order": {}, "problems": [problem]}]}
    answer = await here.call("POST", f"/imports/{run}/rows", FEEDER, bad)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/rows/0/problems/0/pointer", "/rows"]
