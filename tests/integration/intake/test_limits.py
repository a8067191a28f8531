"""时限 at the doors: decisions that do not come, a service that stood still, holidays that became known."""

from datetime import date, datetime, timedelta

import pytest

from services.intake.domain.terms import Terms
from services.intake.recounting import recount_all
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.township import SHANGHAI, Dated
from tests.integration.intake.town import DAY, HOUR, OFFICER, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


async def test_decisions_that_do_not_come_are_facts_of_their_own(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}"
    await here.post(f"{path}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.post(f"{path}/return-request", OFFICER, unit=UNIT, reason="NOT_MY_DUTY")
    await here.pass_time(3 * HOUR)
    assert (await here.said(id))[-1][1]["step"] == "RETURN_DECISION"
    await here.post(f"{path}/return-rejection", reason="属本单位")
    await here.post(f"{path}/accept", OFFICER, unit=UNIT)
    until = here.service.now() + 9 * DAY
    await here.post(f"{path}/extension-request", OFFICER, unit=UNIT, until=until, reason="需招标")
    await here.post(f"{path}/contacts", OFFICER, unit=UNIT, contacted_at=here.service.now(), manner="PHONE")
    await here.pass_time(DAY + HOUR)
    assert (await here.said(id))[-1][1]["step"] == "EXTENSION_DECISION"
    late = await here.service.pool.fetchval(
        "select count(*) from journal where type like '%Overdue%' and occurred_at <> (data ->> 'due_at')::timestamptz"
    )
    assert late == 0


async def test_after_a_standstill_there_is_the_miss_and_no_warning(here: Town) -> None:
    """Everything was due at once: what would warn of a miss that is over is left out."""
    id = await here.received("1", 1)
    await here.handled(id)
    await here.pass_time(30 * DAY)
    said = [word for word, _ in await here.said(id)]
    assert said.count("ComplaintOverdue") == 1
    assert "ComplaintDeadlineNear" not in said


async def test_due_dates_are_counted_again_when_a_service_begins_that_knows_the_holidays(here: Town) -> None:
    written = here.service.today.model_dump(mode="json")
    written["limits"] = dict.fromkeys(written["limits"], "5WD")
    here.service.terms = Dated[Terms](versions=(Terms.model_validate(written),))
    await here.at(datetime(2093, 12, 28, 10, tzinfo=SHANGHAI))
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    assert (await here.get(f"/complaints/{id}"))["provisional"] is True
    await recount_all(here.service)
    assert (await here.words(id))[-1] == "ComplaintDispatched"
    holidays = frozenset({date(2094, 1, 1), date(2094, 1, 4)})
    here.service.calendar = Calendar(CalendarOverrides(holidays=holidays, announced=frozenset({2093, 2094})))
    await recount_all(here.service)
    await recount_all(here.service)
    assert (await here.words(id)).count("ComplaintDeadlineRecounted") == 1
    found = await here.get(f"/complaints/{id}")
    assert (found["provisional"], found["deadline_version"]) == (False, 2)
    moved = datetime.fromisoformat(found["due_at"]) - datetime(2094, 1, 6, 10, tzinfo=SHANGHAI)
    assert timedelta(0) <= moved < timedelta(minutes=1)
    row = await here.service.pool.fetchrow("select due_at, version from timers where name = 'due' and subject = $1", id)
    assert row is not None
    assert row["version"] == 2
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
