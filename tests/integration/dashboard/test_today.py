"""Today: what came in, what is open, due or late, what was done, and the last facts; each as far as they reach."""

from datetime import date, datetime, timedelta

from ops.embedded.keys import Bearer
from services.dashboard import sources, wording
from services.dashboard.today import CommunityToday, DayCount, Lot, Today, begin_of_day, latest, today
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import TopicClosed, UndertakingAssigned
from shared.events.intake import (
    CloseGround,
    ComplaintClosed,
    ComplaintListed,
    ListingReason,
    RouteConcluded,
    RouteOutcome,
)
from shared.plumbing.caller import Person, Reach
from shared.rules.township import SHANGHAI, Role
from tests.integration.dashboard.town import (
    BEGIN,
    DAY,
    HOUR,
    HOUSING,
    OPERATOR,
    OTHERS,
    SECRETARY,
    WATER,
    complaint,
    dispatched,
    escalated,
    heard,
    proposed,
    received,
    routed,
    whistle,
)
from tests.support.running import Running

ISSUE, TOPIC = ref("issue", derived("test", "issue")), ref("topic", derived("test", "topic"))
ROUTE, TASK = ref("route", derived("test", "route")), ref("undertaking", derived("test", "task"))
CLOSED = ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=BEGIN)
LISTED = ComplaintListed(
    reason=ListingReason.HISTORICAL,
    listed_at=BEGIN,
    review_by=BEGIN + 30 * DAY,
    ends_by=BEGIN + 180 * DAY,
    rest_seconds=1,
    deadline_version=2,
)


def person(who: Bearer) -> Person:
    reach = Reach.COMMUNITY if who.communities else Reach.DEPARTMENT if who.department else Reach.TOWN
    return Person("x", Role(who.role), reach, frozenset(who.communities), who.department)


async def say(here: Running, *said: tuple[str, int, Fact]) -> None:
    await here.service.inbox.absorb(heard(here.service, said))


def task(due_at: datetime) -> UndertakingAssigned:
    return UndertakingAssigned(
        topic=TOPIC,
        decided_by=TOPIC,
        community="dahuichang",
        owner="居委会",
        unit="town-environment",
        task="清运垃圾",
        due_at=due_at,
        planned=(),
    )


async def week(here: Running) -> None:
    """Thursday 2024-02-01 and the days after: complaints of two communities; the last is closed on the seventh."""
    await say(here, (complaint(0), 1, received()), (complaint(1), 1, received("zhangguozhuang")))
    await say(here, (complaint(0), 2, dispatched("district-water")), (ROUTE, 1, routed(0)), (TOPIC, 1, proposed(ROUTE)))
    await say(here, (ISSUE, 1, whistle()), (ISSUE, 2, escalated()))
    await here.at(BEGIN + 4 * DAY)
    await say(here, (complaint(2), 1, received()), (complaint(2), 2, dispatched("district-housing")))
    await say(
        here, (complaint(3), 1, received()), (complaint(3), 2, dispatched("district-water")), (complaint(3), 3, LISTED)
    )
    await here.at(BEGIN + 6 * DAY)
    await say(here, (complaint(4), 1, received(confidential=True)), (TASK, 1, task(BEGIN + 8 * DAY)))
    await say(here, (complaint(2), 3, CLOSED), (TOPIC, 2, TopicClosed(result="已恢复")))


async def seen(here: Running, who: Bearer = OPERATOR) -> Today:
    return await today(here.service, person(who))


def counts(lot: Lot) -> dict[str, int]:
    return {kind.kind: kind.count for kind in lot.kinds}


def streams(lot: Lot) -> list[str]:
    return [matter.stream for matter in lot.first]


async def test_complaints_are_counted_by_the_towns_days(here: Running) -> None:
    await week(here)
    found = (await seen(here)).received
    assert [one.count for one in found] == [2, 0, 0, 0, 2, 0, 1]
    assert (found[0], found[-1].day) == (DayCount(date(2024, 2, 1), 2), date(2024, 2, 7))


async def test_a_day_begins_at_midnight_in_shanghai(here: Running) -> None:
    await here.at(datetime(2024, 2, 1, 23, 59, 50, tzinfo=SHANGHAI))
    await say(here, (complaint(0), 1, received()))
    await here.at(datetime(2024, 2, 2, 0, 0, 1, tzinfo=SHANGHAI))
    await say(here, (complaint(1), 1, received()), (complaint(2), 1, received()))
    assert [one.count for one in (await seen(here)).received][-2:] == [1, 2]
    assert begin_of_day(here.service.now()) == datetime(2024, 2, 2, tzinfo=SHANGHAI)


async def test_what_has_not_ended_is_open(here: Running) -> None:
    await week(here)
    assert {one.kind: one.count for one in (await seen(here)).open} == {
        "complaint": 4,
        "issue": 1,
        "route": 1,
        "undertaking": 1,
    }
    concluded = RouteConcluded(complaint=complaint(0), outcome=RouteOutcome.DONE, by=TOPIC)
    await say(here, (ROUTE, 2, concluded))
    assert "route" not in {one.kind for one in (await seen(here)).open}


async def test_what_is_overdue_and_what_is_due_soon(here: Running) -> None:
    await week(here)
    found = (await seen(here)).due
    assert counts(found.overdue) == {"complaint": 1, "issue": 1}
    assert sorted(streams(found.overdue)) == sorted([complaint(0), ISSUE])
    assert all(DAY <= one.late < DAY + HOUR for one in found.overdue.first if one.late is not None)
    assert (streams(found.soon), streams(found.later)) == ([], [TASK])
    one = next(one for one in found.overdue.first if one.stream == complaint(0))
    assert (one.subject, one.since, one.unit, one.community) == ("诉求", "派单", "district-water", "dahuichang")
    assert (one.category, one.due_at, one.last) == ("WATER", BEGIN + 5 * DAY, "派单")
    undone = found.later.first[0]
    assert (undone.title, undone.unit, undone.late) == ("清运垃圾", "town-environment", None)
    await here.at(BEGIN + 7 * DAY + HOUR)
    found = (await seen(here)).due
    assert (streams(found.soon), streams(found.later)) == ([TASK], [TASK])
    assert (found.overdue.first[0].late or timedelta()) > 2 * DAY


async def test_the_earliest_of_what_is_due_come_first_and_all_are_counted(here: Running) -> None:
    for n in range(25):
        fact = dispatched("district-water").model_copy(update={"due_at": BEGIN + (25 - n) * HOUR})
        await say(here, (complaint(n), 1, received()), (complaint(n), 2, fact))
    found = (await seen(here)).due
    assert (found.later.count, found.soon.count, found.overdue.count) == (25, 24, 0)
    assert streams(found.later) == [complaint(n) for n in range(24, 4, -1)]


async def test_what_ended_today_is_told_the_latest_first(here: Running) -> None:
    await week(here)
    found = (await seen(here)).ended
    assert counts(found) == {"complaint": 1, "topic": 1}
    assert {(one.stream, one.last) for one in found.first} == {(complaint(2), "归档"), (TOPIC, "议题办结")}
    await here.at(BEGIN + 7 * DAY)
    assert (await seen(here)).ended.count == 0


async def test_the_last_facts_in_words(here: Running) -> None:
    await week(here)
    found = (await seen(here)).latest
    assert [(one.subject, one.heading, one.who) for one in found[:2]] == [
        ("议题", "议题办结", "派单员，北宫镇"),
        ("诉求", "归档", "派单员，北宫镇"),
    ]
    assert [one.number for one in found] == sorted((one.number for one in found), reverse=True)
    assert len(await latest(here.service.pool, person(OPERATOR), wording.names(here.service.town), 3)) == 3


async def test_each_community_with_what_came_is_open_and_late(here: Running) -> None:
    await week(here)
    assert (await seen(here)).communities == (
        CommunityToday("dahuichang", "大灰厂社区", received=1, week=4, open=3, overdue=1),
        CommunityToday("zhangguozhuang", "张郭庄村", received=0, week=1, open=1, overdue=0),
    )


async def test_a_secretary_sees_the_own_community_and_nothing_confidential(here: Running) -> None:
    await week(here)
    found = await seen(here, SECRETARY)
    assert [one.count for one in found.received] == [1, 0, 0, 0, 2, 0, 0]
    assert [one.community for one in found.communities] == ["dahuichang"]
    assert streams(found.due.overdue) and complaint(4) not in {one.stream for one in found.latest}
    others = await seen(here, OTHERS)
    assert (streams(others.due.overdue), others.ended.count) == ([ISSUE], 0)
    assert {one.stream for one in others.latest} == {complaint(1), ISSUE}
    assert sum(one.count for one in others.received) == 1


async def test_an_officer_sees_what_the_department_has_to_do_with(here: Running) -> None:
    await week(here)
    water, housing = await seen(here, WATER), await seen(here, HOUSING)
    assert sorted(streams(water.due.overdue)) == sorted([complaint(0), ISSUE])
    assert ({one.kind: one.count for one in water.open}, water.ended.count) == ({"complaint": 2, "issue": 1}, 0)
    assert (housing.due.overdue.count, streams(housing.ended)) == (0, [complaint(2)])
    assert {one.stream for one in housing.latest} == {complaint(2)}


async def test_an_empty_dashboard_has_an_empty_day(here: Running) -> None:
    found = await seen(here)
    assert (found.open, found.latest, found.communities, found.due.overdue.count) == ((), (), (), 0)
    assert [one.count for one in found.received] == [0] * 7


# ---------------------------------------------------------------------------------------------------------- sources


async def test_of_each_service_the_last_fact_its_age_and_how_many_today(here: Running) -> None:
    await say(here, (complaint(0), 1, received()), (TOPIC, 1, proposed()))
    yesterdays = heard(here.service, [(complaint(2), 1, received())])
    await here.at(BEGIN + DAY)
    await here.service.inbox.absorb(yesterdays)  # said yesterday, heard today
    await say(here, (complaint(0), 2, dispatched("district-water")), (complaint(1), 1, received()))
    await here.at(BEGIN + DAY + HOUR)
    found = await sources.sources(here.service)
    by_name = {one.service: one for one in found.sources}
    assert list(by_name) == ["intake", "deliberation", "escalation", "projects"]
    intake, deliberation = by_name["intake"].last, by_name["deliberation"].last
    assert intake and deliberation
    assert (intake.number, intake.type, intake.heading) == (5, "ComplaintReceived", "诉求登记")
    assert abs(intake.age - HOUR) < timedelta(minutes=1)
    assert (deliberation.number, deliberation.heading) == (2, "议题提出")
    assert abs(deliberation.age - DAY - HOUR) < timedelta(minutes=1)
    assert {name: one.today for name, one in by_name.items()} == {
        "intake": 2,
        "deliberation": 0,
        "escalation": 0,
        "projects": 0,
    }
    assert (by_name["projects"].last, found.parked, found.quarantine) == (None, 0, 0)


async def test_what_waits_for_an_earlier_fact_is_parked(here: Running) -> None:
    await say(here, (complaint(0), 2, dispatched("district-water")))
    found = await sources.sources(here.service)
    assert (found.parked, found.sources[0].last) == (1, None)
    await say(here, (complaint(0), 1, received()))
    found = await sources.sources(here.service)
    assert (found.parked, found.sources[0].today) == (0, 2)
