"""What happens because time has passed."""

from datetime import timedelta

import pytest

from shared.events.base import derived
from tests.integration.intake.town import DAY, FEEDER, HOUR, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOTSPOT = derived("hotspot", "PROPERTY_VACANCY", "dahuichang-estate")
DEMAND = derived("demand", "PROPERTY_VACANCY", "dahuichang-estate")
MINUTES = timedelta(minutes=3)


async def test_a_forgotten_complaint_is_missed_step_by_step_each_once_and_at_its_moment(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.pass_time(3 * HOUR)
    await here.pass_time(DAY)
    for _ in range(8):
        await here.pass_time(DAY)
    said = [(word, data.get("step") or data.get("percent")) for word, data in await here.said(id)][2:]
    assert said == [
        ("ComplaintOverdue", "ACCEPT"),
        ("ComplaintOverdue", "CONTACT"),
        ("ComplaintDeadlineNear", 50),
        ("ComplaintDeadlineNear", 80),
        ("ComplaintOverdue", "DUE"),
    ]
    late = await here.service.pool.fetchval(
        "select count(*) from journal where type like '%Overdue%' and occurred_at <> (data ->> 'due_at')::timestamptz"
    )
    assert late == 0


async def test_a_listing_suspends_the_due_date_and_ends_by_itself(here: Town) -> None:
    id = await here.received("1", 1)
    path = await here.handled(id)
    asked = {"unit": UNIT, "reason": "HISTORICAL", "plan": "引进物业", "explained_at": here.service.now()}
    await here.post(f"{path}/listing-request", OFFICER, **asked)
    await here.post(f"{path}/listing", SUPERVISOR)
    await here.pass_time(20 * DAY)
    assert (await here.words(id))[-1] == "ComplaintListed"
    await here.pass_time(346 * DAY)
    ended = await here.said(id)
    assert [word for word, _ in ended][-2:] == ["ComplaintOverdue", "ListingEnded"]
    assert ended[-1][1]["ground"] == "EXPIRED"


async def test_a_hotspot_is_found_grows_and_subsides(here: Town) -> None:
    await here.received("1", 1)
    await here.received("2", 2)
    await here.pass_time(MINUTES)
    assert await here.words(HOTSPOT) == []
    await here.received("3", 3)
    await here.pass_time(MINUTES)
    for person in (4, 5):
        await here.received(str(person), person)
    await here.pass_time(MINUTES)
    await here.pass_time(31 * DAY)
    said = [(word, data["people"]) for word, data in await here.said(HOTSPOT)]
    assert said == [("HotspotDetected", 3), ("HotspotGrew", 5), ("HotspotSubsided", 0)]


async def test_complaints_of_nobody_in_particular_make_no_hotspot(here: Town) -> None:
    for number in range(5):
        await here.received(str(number), None)
    await here.received("6", 1)
    await here.pass_time(MINUTES)
    assert await here.words(HOTSPOT) == []


async def test_where_the_dispatcher_finds_another_place_the_complaint_is_counted_there(here: Town) -> None:
    for person in range(1, 4):
        id = await here.received(str(person), person, place=None)
        found = {"lead": UNIT, "urgency": "ROUTINE", "place": "dahuichang-estate"}
        await here.post(f"/complaints/{id}/dispatch", **found)
    await here.pass_time(MINUTES)
    assert await here.words(HOTSPOT) == ["HotspotDetected"]


async def test_demand_is_counted_after_its_day_and_again_when_an_import_changes_it(here: Town) -> None:
    for person in (1, 2):
        await here.received(str(person), person)
    await here.received("3", 2, type="REPORT")
    await here.pass_time(MINUTES)
    assert await here.words(DEMAND) == []
    await here.pass_time(DAY)
    await here.pass_time(DAY)
    late = here.order("9", 9, received_at=here.service.now() - 2 * DAY)
    await here.post("/imports/rows", FEEDER, rows=[{"row": 1, "order": late}])
    await here.pass_time(MINUTES)
    said = [(data["day"], data["complaints"], data["people"]) for _, data in await here.said(DEMAND)]
    assert said == [("2024-02-01", 2, 2), ("2024-02-01", 3, 3)]


async def test_the_journal_gives_the_tables(here: Town) -> None:
    for person in range(1, 5):
        await here.received(str(person), person)
    await here.pass_time(35 * DAY)
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
