"""The whole way of a demand: who said what and when, what it caused, how long it waited, what is due, in words."""

from datetime import timedelta

import pytest

from services.dashboard import wording
from shared.events.base import derived, ref
from shared.events.catalogue import facts
from shared.events.deliberation import TopicClosed
from shared.events.intake import CloseGround, ComplaintClosed
from tests.integration.dashboard.town import (
    BEGIN,
    DAY,
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

ROUTE, TOPIC = ref("route", derived("test", "route")), ref("topic", derived("test", "topic"))
ISSUE = ref("issue", derived("test", "issue"))


async def chain(here: Running) -> None:
    """A complaint that is dispatched, routed, and becomes a topic that calls departments of another community, too."""
    say, absorb = here.service, here.service.inbox.absorb
    await absorb(heard(say, [(complaint(0), 1, received())]))
    await here.at(BEGIN + timedelta(minutes=30))
    await absorb(heard(say, [(complaint(0), 2, dispatched("district-water")), (ROUTE, 1, routed(0))]))
    await here.at(BEGIN + DAY)
    await absorb(heard(say, [(TOPIC, 1, proposed(ROUTE))], cause=f"{ROUTE}/1"))
    called = escalated().model_copy(update={"sources": (TOPIC,)})
    await absorb(heard(say, [(ISSUE, 1, whistle()), (ISSUE, 2, called)]))


async def test_the_way_of_a_complaint_in_words(here: Running) -> None:
    await chain(here)
    found = await here.get(f"/journeys/{complaint(0)}")
    assert [(step["subject"], step["heading"]) for step in found["steps"]] == [
        ("诉求", "诉求登记"),
        ("诉求", "派单"),
        ("转办", "转办"),
        ("议题", "议题提出"),
        ("吹哨事项", "请求吹哨"),
        ("吹哨事项", "吹哨"),
    ]
    assert {step["who"] for step in found["steps"]} == {"派单员，北宫镇"}
    assert [step["waited_s"] for step in found["steps"]] == [None, 1800, None, None, None, 0]
    assert found["steps"][2]["led_to"] == [f"{TOPIC}/1"]
    assert found["links"] == [
        {"from": complaint(0), "to": ROUTE},
        {"from": ROUTE, "to": TOPIC},
        {"from": TOPIC, "to": ISSUE},
    ]
    assert (found["hidden"], found["whole"]) == (0, True)


@pytest.mark.parametrize("start", [complaint(0), ROUTE, TOPIC, ISSUE])
async def test_from_wherever_one_looks_the_way_is_the_same(here: Running, start: str) -> None:
    await chain(here)
    found = await here.get(f"/journeys/{start}")
    assert set(found["streams"]) == {complaint(0), ROUTE, TOPIC, ISSUE}


async def test_what_is_due_until_it_ends(here: Running) -> None:
    await chain(here)
    due = {one["stream"]: one for one in (await here.get(f"/journeys/{TOPIC}"))["due"]}
    assert due.keys() == {complaint(0), ROUTE, ISSUE}
    assert due[complaint(0)]["due_at"] == (BEGIN + 5 * DAY).isoformat()
    assert not any(one["overdue"] for one in due.values())
    await here.at(BEGIN + 6 * DAY)
    assert all(one["overdue"] for one in (await here.get(f"/journeys/{TOPIC}"))["due"])
    closed = ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=BEGIN + 2 * DAY)
    await here.service.inbox.absorb(
        heard(here.service, [(complaint(0), 3, closed), (TOPIC, 2, TopicClosed(result="已办结"))])
    )
    assert {one["stream"] for one in (await here.get(f"/journeys/{TOPIC}"))["due"]} == {ROUTE, ISSUE}


async def test_each_sees_of_the_way_what_is_their_business(here: Running) -> None:
    await chain(here)
    assert (await here.get(f"/journeys/{complaint(0)}", SECRETARY))["hidden"] == 0
    seen = await here.get(f"/journeys/{ISSUE}", OTHERS)
    assert (seen["streams"], seen["hidden"]) == ([ISSUE], 3)
    assert seen["links"] == []
    assert set((await here.get(f"/journeys/{complaint(0)}", WATER))["streams"]) == {complaint(0), ISSUE}
    for who, stream in ((OTHERS, complaint(0)), (HOUSING, ISSUE), (OPERATOR, complaint(9))):
        assert (await here.call("GET", f"/journeys/{stream}", who)).status_code == 404


async def test_a_consequence_that_is_heard_first_waits_in_its_place(here: Running) -> None:
    absorb, say = here.service.inbox.absorb, here.service
    await absorb(heard(say, [(TOPIC, 1, proposed(ROUTE))]))
    await absorb(heard(say, [(ROUTE, 1, routed(0))]))
    assert set((await here.get(f"/journeys/{TOPIC}"))["streams"]) == {ROUTE, TOPIC}
    await absorb(heard(say, [(complaint(0), 1, received())]))
    assert set((await here.get(f"/journeys/{TOPIC}"))["streams"]) == {complaint(0), ROUTE, TOPIC}


def test_every_fact_and_every_kind_has_a_chinese_name():
    for fact in facts():
        assert wording.heading(fact.wire_type) != fact.__name__, fact.wire_type
        assert fact.kind in wording.KINDS
    assert wording.heading("fiveplusn.intake.Newer.v1") == "Newer"
