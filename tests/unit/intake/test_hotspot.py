"""共性诉求: people are counted, not messages."""

from datetime import datetime
from uuid import UUID

import pytest

from services.intake.domain.complaint import evolve as evolve_complaint
from services.intake.domain.hotspot import (
    Asking,
    Seen,
    Spot,
    evolve,
    judge,
    look,
    next_look,
    spot,
    topic_ended,
    topic_opened,
)
from shared.events.intake import (
    HotspotDetected,
    HotspotGrew,
    HotspotRule,
    HotspotSubsided,
    HotspotTopicEnded,
    HotspotTopicOpened,
)
from shared.rules.township import SHANGHAI
from tests.support.spec import fold, given
from tests.unit.intake.builders import DAY, HOUR, START, TERMS, received

AT = Spot(category="PROPERTY_VACANCY", community="dahuichang", place="dahuichang-estate")
WHERE = {"category": "PROPERTY_VACANCY", "community": "dahuichang", "place": "dahuichang-estate"}
FIRST_DAY = datetime(2024, 2, 1, tzinfo=SHANGHAI)
NOW = START + 10 * DAY
PEOPLE = [UUID(int=n) for n in range(1, 9)]
TOPIC = "topic/00000000-0000-4000-8000-000000000009"


def seen(people: int, complaints: int, people_before: int = 0, complaints_before: int = 0) -> Seen:
    return Seen(people, complaints, people_before, complaints_before, FIRST_DAY)


def detected(people: int, complaints: int, rule: HotspotRule = HotspotRule.DISTINCT_PEOPLE) -> HotspotDetected:
    return HotspotDetected(**WHERE, people=people, complaints=complaints, rule=rule, since=FIRST_DAY)


@pytest.mark.parametrize(
    ("counted", "sensitive", "rule"),
    [
        (seen(2, 12), False, None),
        (seen(3, 3), False, HotspotRule.DISTINCT_PEOPLE),
        (seen(3, 3, 2, 9), False, HotspotRule.DISTINCT_PEOPLE),
        (seen(3, 6, 3, 4), False, HotspotRule.SURGE),
        (seen(3, 5, 3, 4), False, None),
        (seen(3, 4, 3, 2), False, None),
        (seen(1, 1), True, HotspotRule.SENSITIVE),
        (seen(0, 0), True, None),
    ],
)
def test_what_makes_a_hotspot(counted: Seen, sensitive: bool, rule: HotspotRule | None) -> None:
    outcome = given(evolve).when(judge, counted, at=AT, sensitive=sensitive, now=NOW, terms=TERMS)
    if rule is None:
        outcome.then_nothing()
    else:
        outcome.then(detected(counted.people, counted.complaints, rule))


def test_a_hotspot_grows_by_half_as_many_people_again() -> None:
    known = given(evolve, detected(4, 4))
    known.when(judge, seen(5, 20), at=AT, sensitive=False, now=NOW, terms=TERMS).then_nothing()
    grown = HotspotGrew(**WHERE, people=6, complaints=7)
    known.when(judge, seen(6, 7), at=AT, sensitive=False, now=NOW, terms=TERMS).then(grown)
    given(evolve, detected(4, 4), grown).when(
        judge, seen(8, 9), at=AT, sensitive=False, now=NOW, terms=TERMS
    ).then_nothing()


def test_a_hotspot_subsides_below_two_people_and_may_come_again() -> None:
    subsided = HotspotSubsided(**WHERE, people=1, complaints=4)
    known = given(evolve, detected(3, 3))
    known.when(judge, seen(2, 2), at=AT, sensitive=False, now=NOW, terms=TERMS).then_nothing()
    known.when(judge, seen(1, 4), at=AT, sensitive=False, now=NOW, terms=TERMS).then(subsided)
    gone = given(evolve, detected(3, 3), subsided)
    gone.when(judge, seen(1, 4), at=AT, sensitive=False, now=NOW, terms=TERMS).then_nothing()
    gone.when(judge, seen(3, 4), at=AT, sensitive=False, now=NOW, terms=TERMS).then(detected(3, 4))


def test_a_sensitive_hotspot_of_one_person_stands_until_there_is_none() -> None:
    known = given(evolve, detected(1, 1, HotspotRule.SENSITIVE))
    known.when(judge, seen(1, 1), at=AT, sensitive=True, now=NOW, terms=TERMS).then_nothing()
    known.when(judge, seen(0, 0), at=AT, sensitive=True, now=NOW, terms=TERMS).then(
        HotspotSubsided(**WHERE, people=0, complaints=0)
    )


def test_later_complaints_go_to_the_topic_until_it_ends() -> None:
    opened = HotspotTopicOpened(**WHERE, people=3, complaints=3, topic=TOPIC)
    ended = HotspotTopicEnded(**WHERE, people=3, complaints=3, topic=TOPIC)
    given(evolve, detected(3, 3)).when(topic_opened, topic=TOPIC).then(opened)
    given(evolve, detected(3, 3), opened).when(topic_opened, topic=TOPIC).then_nothing()
    given(evolve, detected(3, 3), opened).when(topic_ended, topic=TOPIC).then(ended)
    given(evolve, detected(3, 3), opened, ended).when(topic_ended, topic=TOPIC).then_nothing()
    given(evolve).when(topic_opened, topic=TOPIC).then_nothing()


def test_the_topic_outlives_a_new_detection() -> None:
    opened = HotspotTopicOpened(**WHERE, people=3, complaints=3, topic=TOPIC)
    subsided = HotspotSubsided(**WHERE, people=0, complaints=0)
    state = fold(evolve, [detected(3, 3), opened, subsided, detected(4, 4)])
    assert state is not None
    assert state.topic == TOPIC


def test_twelve_messages_of_two_people_are_two_people() -> None:
    askings = [Asking(START + n * HOUR, PEOPLE[n % 2]) for n in range(12)]
    assert look(askings, now=NOW, terms=TERMS) == seen(2, 12)


def test_unknown_people_count_as_one() -> None:
    askings = [Asking(START, None), Asking(START, None), Asking(START, PEOPLE[0])]
    assert look(askings, now=NOW, terms=TERMS) == seen(2, 3)


def test_thirty_days_are_counted_and_the_thirty_before_them() -> None:
    now = START + 30 * DAY
    askings = [
        Asking(now, PEOPLE[0]),
        Asking(START, PEOPLE[1]),
        Asking(START - 30 * DAY, PEOPLE[2]),
        Asking(now + HOUR, PEOPLE[3]),
    ]
    counted = look(askings, now=now, terms=TERMS)
    assert (counted.people, counted.people_before) == (1, 1)


def test_the_next_look_is_when_a_complaint_leaves_the_window() -> None:
    askings = [Asking(START - 40 * DAY, PEOPLE[0]), Asking(START, PEOPLE[1]), Asking(START + DAY, PEOPLE[2])]
    assert next_look(askings, now=NOW, terms=TERMS) == START + 30 * DAY
    assert next_look(askings[:1], now=NOW, terms=TERMS) is None


def test_the_confidential_and_the_unknown_are_no_part_of_a_hotspot() -> None:
    plain = fold(evolve_complaint, [received()])
    assert plain is not None
    assert spot(plain) == AT
    for hidden in (received(confidential=True), received(category="UNCATEGORISED"), received(place=None)):
        state = fold(evolve_complaint, [hidden])
        assert state is not None
        assert spot(state) is None
