"""Hotspots that stand and what became of them; how much was asked for, where, and what is rising."""

from datetime import date, timedelta

from services.dashboard.hotspots import Cell, Demand, Rise, demand, hotspots
from shared.events.base import derived, ref
from shared.events.deliberation import TopicClosed
from shared.events.intake import (
    DemandCounted,
    HotspotDetected,
    HotspotGrew,
    HotspotRule,
    HotspotSubsided,
    HotspotTopicOpened,
)
from tests.integration.dashboard.test_today import person, say
from tests.integration.dashboard.town import (
    BEGIN,
    DAY,
    OPERATOR,
    OTHERS,
    SECRETARY,
    WATER,
    escalated,
    proposed,
    routed,
    whistle,
)
from tests.support.running import Running

ONE, OTHER = ref("hotspot", derived("test", "one")), ref("hotspot", derived("test", "other"))
ISSUE, TOPIC = ref("issue", derived("test", "issue")), ref("topic", derived("test", "topic"))
ROUTE = ref("route", derived("test", "route"))
HERE = {"category": "WATER", "community": "dahuichang", "place": "dahuichang-estate"}
THERE = {"category": "PARKING", "community": "zhangguozhuang", "place": "zhangguozhuang-road"}


def detected(where: dict[str, str], people: int = 3) -> HotspotDetected:
    return HotspotDetected(
        **where, people=people, complaints=people + 1, rule=HotspotRule.DISTINCT_PEOPLE, since=BEGIN - 5 * DAY
    )


def counted(where: dict[str, str], ago: int, complaints: int) -> DemandCounted:
    return DemandCounted(**where, day=(BEGIN - ago * DAY).date(), complaints=complaints, people=1)


async def test_a_hotspot_stands_with_the_last_counts_until_it_subsides(here: Running) -> None:
    await say(here, (ONE, 1, detected(HERE)), (OTHER, 1, detected(THERE, 4)))
    grown = HotspotGrew(**HERE, people=8, complaints=12)
    await say(here, (ONE, 2, grown), (ONE, 3, HotspotTopicOpened(**HERE, people=8, complaints=13, topic=TOPIC)))
    first, second = await hotspots(here.service.pool, person(OPERATOR))
    assert (first.stream, first.people, first.complaints) == (ONE, 8, 13)
    assert (first.category, first.community, first.place) == tuple(HERE.values())
    assert first.since == BEGIN - 5 * DAY
    assert first.detected_at - BEGIN < timedelta(minutes=1)
    assert (second.stream, second.people) == (OTHER, 4)
    await say(here, (ONE, 4, HotspotSubsided(**HERE, people=1, complaints=1)))
    assert [one.stream for one in await hotspots(here.service.pool, person(OPERATOR))] == [OTHER]
    await say(here, (ONE, 5, detected(HERE, 5)))
    assert [one.people for one in await hotspots(here.service.pool, person(OPERATOR))] == [5, 4]


async def test_what_became_of_a_hotspot_is_the_topic_and_what_that_led_to(here: Running) -> None:
    await say(here, (ONE, 1, detected(HERE)), (TOPIC, 1, proposed(ONE)), (ROUTE, 1, routed(0, TOPIC)))
    called = escalated().model_copy(update={"sources": (TOPIC,)})
    await say(here, (ISSUE, 1, whistle()), (ISSUE, 2, called), (TOPIC, 2, TopicClosed(result="已恢复")))
    topic, issue = (await hotspots(here.service.pool, person(OPERATOR)))[0].led_to
    assert (topic.stream, topic.subject, topic.title, topic.last) == (TOPIC, "议题", "水站停用", "议题办结")
    assert topic.ended_at is not None
    assert (issue.stream, issue.last, issue.ended_at) == (ISSUE, "吹哨", None)


async def test_a_secretary_sees_the_hotspots_of_the_own_community_and_departments_none(here: Running) -> None:
    await say(here, (ONE, 1, detected(HERE)), (OTHER, 1, detected(THERE)), (TOPIC, 1, proposed(OTHER)))
    seen = {who: await hotspots(here.service.pool, person(who)) for who in (SECRETARY, OTHERS, WATER)}
    assert [[one.stream for one in found] for found in seen.values()] == [[ONE], [OTHER], []]
    assert seen[OTHERS][0].led_to == ()  # the topic is another community's
    town = {one.stream: one.led_to for one in await hotspots(here.service.pool, person(OPERATOR))}
    assert (town[ONE], [led.stream for led in town[OTHER]]) == ((), [TOPIC])


async def fill(here: Running) -> None:
    road = ref("demand", derived("test", "road"))
    water = ref("demand", derived("test", "water"))
    await say(here, (water, 1, counted(HERE, 40, 2)), (water, 2, counted(HERE, 29, 1)), (water, 3, counted(HERE, 0, 4)))
    await say(here, (road, 1, counted(THERE, 59, 5)), (road, 2, counted(THERE, 30, 1)), (road, 3, counted(THERE, 2, 3)))
    await say(here, (water, 4, counted(HERE, 0, 6)))


async def asked(here: Running, who: object = OPERATOR) -> Demand:
    return await demand(here.service.pool, person(who), here.service.now())  # type: ignore[arg-type]


async def test_the_demand_of_thirty_days_and_of_the_thirty_before(here: Running) -> None:
    await fill(here)
    found = await asked(here)
    assert (found.first, found.last) == (date(2024, 1, 3), date(2024, 2, 1))
    assert [one for one in found.days if one[1]] == [
        (date(2024, 1, 3), 1),
        (date(2024, 1, 30), 3),
        (date(2024, 2, 1), 6),
    ]
    assert len(found.days) == 30
    assert found.matrix == (Cell("dahuichang", "WATER", 7, 2), Cell("zhangguozhuang", "PARKING", 3, 6))


async def test_what_is_rising_comes_with_the_steepest_first_and_small_numbers_are_no_rise(here: Running) -> None:
    await fill(here)
    lift = ref("demand", derived("test", "lift"))
    where = HERE | {"category": "LIFT"}
    await say(here, (lift, 1, counted(where, 1, 2)))
    assert (await asked(here)).rising == (Rise("dahuichang", "WATER", "dahuichang-estate", 7, 2),)
    await say(here, (lift, 2, counted(where, 1, 9)))
    assert [(one.category, one.complaints) for one in (await asked(here)).rising] == [("LIFT", 9), ("WATER", 7)]


async def test_each_sees_the_demand_of_the_own_community(here: Running) -> None:
    await fill(here)
    assert [cell.community for cell in (await asked(here, SECRETARY)).matrix] == ["dahuichang"]
    assert (await asked(here, OTHERS)).rising == ()
    assert (await asked(here, WATER)).matrix == ()


async def test_without_any_demand_there_are_thirty_empty_days(here: Running) -> None:
    found = await asked(here)
    assert ({count for _, count in found.days}, found.matrix, found.rising) == ({0}, (), ())
