"""One way in for every order: nothing is lost, nothing counted twice, and nothing personal leaves the vault."""

import asyncio
from uuid import UUID

import pytest

from ops.embedded.keys import Bearer
from tests.integration.intake.town import DAY, DISPATCHER, FEEDER, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
VILLAGE = Bearer("secretary", ("dahuichang",))
ENFORCERS = Bearer("officer", department="town-enforcement")


async def complaints(here: Town) -> int:
    found: int = await here.service.pool.fetchval("select count(*) from complaints")
    return found


async def test_the_same_number_with_the_same_content_is_the_same_complaint(here: Town) -> None:
    order = here.order("1", 1)
    first = await here.post("/complaints", **order)
    again = await here.post("/complaints", **order)
    assert (first["outcome"], again["outcome"]) == ("NEW", "KNOWN")
    assert again["id"] == first["id"]
    assert await here.words(first["id"]) == ["ComplaintReceived"]


async def test_the_same_number_with_another_content_is_refused_to_people_and_quarantined_from_the_hotline(
    here: Town,
) -> None:
    await here.received("1", 1)
    other = here.order("1", 1, content="另一件事")
    assert await here.refused("/complaints", **other) == ["conflicting_content"]
    await here.hotline(other)
    (aside,) = await here.get("/quarantine", OPERATOR)
    assert aside["code"] == "conflicting_content"
    assert await complaints(here) == 1


async def test_the_same_persons_same_open_matter_is_urged_once(here: Town) -> None:
    first = await here.received("1", 1)
    answer = await here.post("/complaints", **here.order("2", 1))
    assert (answer["outcome"], answer["id"]) == ("URGED", str(first))
    assert (await here.post("/complaints", **here.order("2", 1)))["outcome"] == "KNOWN"
    assert await here.refused("/complaints", **here.order("2", 1, title="另一件事")) == ["conflicting_content"]
    assert await here.words(first) == ["ComplaintReceived", "ComplaintUrged"]


async def test_another_person_another_matter_and_nobody_in_particular_are_complaints_of_their_own(here: Town) -> None:
    await here.received("1", 1)
    await here.received("2", 2)
    await here.received("3", 1, category="停车管理")
    await here.received("4", None)
    await here.received("5", None)


async def test_a_number_however_written_is_the_same_telephone(here: Town) -> None:
    await here.received("1", None, complainant={"phone": "+86 199-0000-0007"})
    again = here.order("2", None, complainant={"phone": "19900000007"})
    assert (await here.post("/complaints", **again))["outcome"] == "URGED"


async def test_the_same_matter_after_its_end_is_a_new_complaint_that_repeats(here: Town) -> None:
    first = await here.received("1", 1, type="INQUIRY")
    await here.post(f"/complaints/{first}/answer", answered_at=here.service.now(), answer="请找社区")
    second = await here.received("2", 1)
    assert (await here.get(f"/complaints/{second}"))["repeat"] is True


async def test_an_order_that_names_another_adds_to_it_whoever_sends_it(here: Town) -> None:
    first = await here.received("1", 1)
    answer = await here.post("/complaints", **here.order("2", 2, category="停车管理", supplement_of="1"))
    assert (answer["outcome"], answer["id"]) == ("URGED", str(first))
    (_, urged) = (await here.said(first))[-1]
    assert urged["urge"] == "SUPPLEMENT"
    original = await here.get(f"/complaints/{first}/original?reason=核实情况")
    assert [added["number"] for added in original["added"]] == ["2"]


async def test_a_batch_of_the_hotline_sees_its_own_earlier_orders(here: Town) -> None:
    orders = [here.order("1", 1), here.order("2", 1), here.order("1", 1), here.order("3", 2, unknown="kept")]
    await here.hotline(*orders)
    await here.hotline(*orders)
    assert await complaints(here) == 2
    (found,) = await here.listed("/complaints?channel=HOTLINE_12345&number=1")
    assert await here.words(found["id"]) == ["ComplaintReceived", "ComplaintUrged"]
    (third,) = await here.listed("/complaints?channel=HOTLINE_12345&number=3")
    assert (await here.get(f"/complaints/{third['id']}/original?reason=核实情况"))["order"]["unknown"] == "kept"
    assert await here.get("/quarantine", OPERATOR) == []


async def test_what_the_hotline_sends_wrongly_is_set_aside_alone(here: Town) -> None:
    await here.hotline(here.order("1", 1), {"number": "2"}, here.order("3", 3))
    assert await complaints(here) == 2
    assert [entry["code"] for entry in await here.get("/quarantine", OPERATOR)] == ["invalid"]


async def test_a_report_is_confidential_and_its_facts_say_type_and_community_only(here: Town) -> None:
    id = await here.received("1", 1, type="REPORT")
    await here.post(f"/complaints/{id}/dispatch", lead="town-enforcement", urgency="ROUTINE", category="WASTE")
    await here.post(f"/complaints/{id}/supervise", SUPERVISOR, reason="涉及村干部")
    facts = await here.said(id)
    for hidden in ("PROPERTY_VACANCY", "WASTE", "dahuichang-estate", "HOTLINE_12345", "涉及村干部"):
        assert hidden not in str(facts)
    assert facts[0][1]["community"] == "dahuichang"
    (found,) = await here.listed("/complaints?channel=HOTLINE_12345&number=1")
    assert found["id"] == str(id)
    original = await here.get(f"/complaints/{id}/original?reason=核实情况", ENFORCERS)
    assert original["whereabouts"]["place"] == "dahuichang-estate"
    assert original["said"]["3"] == {"reason": "涉及村干部"}


async def test_the_first_orders_of_one_person_at_the_same_moment_are_one_complaint(here: Town) -> None:
    answers = await asyncio.gather(*(here.post("/complaints", **here.order(str(n), 1)) for n in range(6)))
    assert sorted(answer["outcome"] for answer in answers) == ["NEW", *["URGED"] * 5]
    assert len({answer["id"] for answer in answers}) == 1
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


@pytest.mark.parametrize(("kept", "then"), [(True, "URGED"), (False, "NEW")])
async def test_only_a_persons_one_key_keeps_their_orders_together_when_nobody_looks(
    here: Town, monkeypatch: pytest.MonkeyPatch, kept: bool, then: str
) -> None:
    """Seen red: without the key's uniqueness the second order would be a complaint of its own."""

    async def nobody_looks(_service: object, _item: object) -> bool:
        return True

    monkeypatch.setattr("services.intake.api.receiving.stands_alone", nobody_looks)
    if not kept:
        await here.service.pool.execute("alter table vault_keys drop constraint vault_keys_pkey")
    await here.received("1", 1)
    assert (await here.post("/complaints", **here.order("2", 1)))["outcome"] == then


async def test_a_confidential_complaint_is_never_taken_for_another_of_the_same_person(here: Town) -> None:
    await here.received("1", 1, type="REPORT")
    await here.received("2", 1, type="REPORT")
    await here.received("3", 1)


async def test_the_original_is_for_those_who_handle_it_and_every_look_is_kept(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}/original"
    assert (await here.call("GET", f"{path}?reason=核实情况", OFFICER)).status_code == 404
    await here.handled(id)
    original = await here.get(f"{path}?reason=核实情况", OFFICER)
    assert original["order"]["complainant"]["phone"] == "19900000001"
    assert (await here.call("GET", f"{path}?reason=核实情况", VILLAGE)).status_code == 404
    assert (await here.call("GET", path, DISPATCHER)).status_code in (400, 422)
    rows = await here.service.pool.fetch("select actor, action, subject, reason from audit")
    assert [tuple(row) for row in rows] == [
        (f"officer:{UNIT}:{rows[0]['actor'].rpartition(':')[2]}", "vault.read", f"complaint/{id}", "核实情况")
    ]


async def test_names_contacts_and_words_stand_in_the_vault_alone_and_sealed(here: Town) -> None:
    await here.received("1", 1)
    await here.hotline(here.order("2", 2), {"number": "3", "phone": "19900000003"})
    tables = await here.service.pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    for table in tables:
        text = await here.service.pool.fetchval(f"select string_agg(t::text, ' ') from {table['table_name']} t") or ""
        for personal in ("居民1", "19900000001", "维修应该找谁", "19900000003", "没有物业"):
            assert personal not in text, table["table_name"]
            assert personal.encode().hex() not in text, table["table_name"]


async def test_a_secretary_registers_for_the_own_community_only(here: Town) -> None:
    assert (await here.post("/complaints", VILLAGE, **here.order("1", 1)))["outcome"] == "NEW"
    other = here.order("2", 2, community="张郭庄村", place=None)
    assert await here.refused("/complaints", VILLAGE, **other) == ["not_your_community"]


async def test_every_row_of_an_import_ends_as_one_of_four_things(here: Town) -> None:
    await here.received("0", 1)
    order = here.order("1", 1, channel="IMPORT")
    rows = [
        {"row": 1, "order": order},
        {"row": 2, "order": order},
        {"row": 3, "order": order | {"content": "另一件事"}},
        {"row": 4, "order": {"number": "4"}},
        {"row": 5, "order": here.order("5", 5, channel="IMPORT")},
    ]
    ends = (await here.post("/imports/rows", FEEDER, rows=rows))["rows"]
    assert [(end["row"], end["result"]) for end in ends] == [
        (1, "accepted"),
        (2, "duplicate"),
        (3, "quarantined"),
        (4, "rejected"),
        (5, "accepted"),
    ]
    again = (await here.post("/imports/rows", FEEDER, rows=rows))["rows"]
    assert [end["result"] for end in again] == ["duplicate", "duplicate", "quarantined", "rejected", "duplicate"]
    assert len(await here.get("/quarantine", OPERATOR)) == 1


async def test_an_import_never_urges_but_says_that_it_may_be_a_repetition(here: Town) -> None:
    first = await here.received("0", 1)
    rows = [{"row": 1, "order": here.order("1", 1)}]
    (end,) = (await here.post("/imports/rows", FEEDER, rows=rows))["rows"]
    assert end["result"] == "accepted"
    assert (await here.get(f"/complaints/{end['id']}"))["possible_repeat"] is True
    assert await here.words(first) == ["ComplaintReceived"]


async def test_a_quarantined_row_is_still_an_import_when_it_is_replayed(here: Town) -> None:
    rows = [{"row": 1, "order": here.order("1", 1)}, {"row": 2, "order": here.order("1", 1, content="另一件事")}]
    await here.post("/imports/rows", FEEDER, rows=rows)
    (aside,) = await here.get("/quarantine", OPERATOR)
    answer = await here.post(f"/quarantine/{aside['id']}/replay", OPERATOR, reason="再试一次")
    assert answer["replayed"] is False
    await here.post(f"/quarantine/{aside['id']}/discard", OPERATOR, reason="来源有误")
    assert await here.get("/quarantine", OPERATOR) == []


async def test_after_erasing_a_person_the_known_complaint_stands(here: Town) -> None:
    id = await here.received("1", 1)
    await here.service.pool.execute("delete from vault_keys")
    assert (await here.post("/complaints", **here.order("1", 1, content="另一件事")))["outcome"] == "KNOWN"
    assert (await here.call("GET", f"/complaints/{id}/original?reason=核实情况", DISPATCHER)).status_code == 410


async def test_what_staff_ask_for_is_not_the_units_business_of_others(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}"
    await here.post(f"{path}/dispatch", lead=UNIT, urgency="ROUTINE")
    assert (await here.call("POST", f"{path}/accept", ENFORCERS, {"unit": UNIT})).status_code == 409
    assert (await here.call("GET", path, ENFORCERS)).status_code == 404
    await here.post(f"{path}/accept", OFFICER, unit=UNIT)
    await here.post(f"{path}/support-units", unit="town-enforcement")
    moment = here.service.now()
    asked = {"unit": UNIT, "contacted_at": moment, "manner": "VISIT"}
    assert await here.refused(f"{path}/contacts", ENFORCERS, **asked) == ["not_your_unit"]
    await here.post(f"{path}/contacts", ENFORCERS, **asked | {"unit": "town-enforcement"})
    assert UUID((await here.listed("/complaints", ENFORCERS))[0]["id"]) == id


async def test_a_complaint_from_the_call_to_the_archive_and_its_rates(here: Town) -> None:
    id = await here.received("1", 1)
    path = await here.handled(id)
    finished = {"unit": UNIT, "spoken_with": "COMPLAINANT", "measure": "已安排临时维修"}
    await here.post(f"{path}/finish", OFFICER, finished_at=here.service.now(), **finished)
    answers = {"contacted": True, "resolved": True, "satisfaction": "BASICALLY"}
    await here.post(f"{path}/callbacks", called_at=here.service.now(), **answers)
    await here.post(f"{path}/close")
    assert (await here.words(id))[-3:] == ["ComplaintFinished", "CallbackRecorded", "ComplaintClosed"]
    found = await here.get("/rates?month=2024-02&community=dahuichang")
    assert (found["received"], found["base"], found["satisfaction"], found["score"]) == (1, 1, 90.0, 96.0)
    assert (await here.get("/rates?month=2024-03"))["score"] is None
    assert (await here.get("/rates?day=2024-02-01"))["received"] == 1
    await here.pass_time(DAY)
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
