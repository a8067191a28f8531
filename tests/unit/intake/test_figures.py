"""三率公布: what is published of a month, and what makes a new version of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given as every
from hypothesis import strategies as st

from services.intake.domain.complaint import Complaint, ComplaintState, evolve
from services.intake.domain.figures import (
    TOWN,
    By,
    Figure,
    Key,
    digest,
    figures,
    moves,
    publish,
    tally,
    vanished,
)
from services.intake.domain.figures import evolve as evolve_month
from services.intake.domain.rates import COUNTS, NO_RATES, Counts, Month, month_window, total
from services.intake.domain.terms import Terms
from shared.events.base import Fact
from shared.events.intake import (
    CallbackRecorded,
    ComplainantContacted,
    ComplaintFact,
    ContactManner,
    ExceptionApproved,
    ExceptionGround,
    RatesPublished,
    SupportUnitAdded,
)
from shared.events.vocabulary import Channel, ComplaintType, Satisfaction
from shared.rules.township import Dated
from tests.support.spec import fold, given
from tests.unit.intake.builders import DAY, START, TERMS, called_back, dispatched, finished, received

ALWAYS = Dated[Terms](versions=(TERMS,))
FEBRUARY = Month(2024, 2)
WINDOW = month_window(FEBRUARY, terms=ALWAYS)
THEN = WINDOW.end + 3 * DAY
UNREASONABLE = ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why=None)
UNREACHABLE = CallbackRecorded(called_at=START + 3 * DAY, valid=False, contacted=None, resolved=None, satisfaction=None)


def after(*facts: Fact) -> Complaint:
    state = fold(evolve, facts)
    assert state is not None
    return state


def lives() -> st.SearchStrategy[Complaint]:
    """Complaints as they can be after a while, in different places of the town."""
    endings: list[Sequence[ComplaintFact]] = [
        [received()],
        [received(), dispatched()],
        finished(),
        [*finished(), called_back()],
        [*finished(), called_back(resolved=False)],
        [*finished(), called_back(satisfaction=Satisfaction.BASICALLY)],
        [*finished(), called_back(resolved=False), UNREASONABLE],
        [*finished(), UNREACHABLE],
    ]
    return st.builds(
        replace,
        st.sampled_from([after(*facts) for facts in endings]),
        community=st.sampled_from([None, "dahuichang", "zhangguozhuang"]),
        category=st.sampled_from(["PARKING", "HEATING", "CONFIDENTIAL"]),
        channel=st.sampled_from([None, Channel.HOTLINE_12345, Channel.WECHAT]),
        type=st.sampled_from(ComplaintType),
        lead=st.sampled_from([None, "town-enforcement", "town-community-office"]),
        first_handler=st.sampled_from([None, "town-enforcement", "town-safety-office"]),
    )


@every(st.lists(lives(), max_size=40))
def test_the_town_is_the_sum_of_its_units_communities_categories_channels_and_types(those: list[Complaint]) -> None:
    found = tally(those)
    assert found[TOWN].received == len(those)
    for by in By:
        assert total([Counts(), *(counts for key, counts in found.items() if key.by is by)]) == found[TOWN]


@every(st.lists(lives(), max_size=40))
def test_every_count_is_a_part_of_what_was_received(those: list[Complaint]) -> None:
    for counts in tally(those).values():
        assert all(0 <= getattr(counts, name) <= counts.received for name in COUNTS)
        six = (counts.answered, counts.redirected, counts.excluded, counts.unreachable, counts.valid, counts.waiting)
        assert sum(six) == counts.received
        assert counts.satisfied + counts.basically <= counts.valid
        assert max(counts.contacted, counts.resolved) <= counts.valid


@every(st.lists(lives(), max_size=20), st.randoms())
def test_the_order_of_complaints_changes_no_figure(those: list[Complaint], random: object) -> None:
    shuffled = sorted(those, key=lambda _: random.random())  # type: ignore[attr-defined]
    one, other = (figures(tally(found), numbers=TERMS.rates) for found in (those, shuffled))
    assert one == other
    assert digest(one, "2019-01-01") == digest(other, "2019-01-01")


def test_whatever_changes_in_a_figure_changes_the_digest() -> None:
    found = figures(tally([after(*finished(), called_back())]), numbers=TERMS.rates)
    whole = digest(found, "2019-01-01")
    assert digest(found, "2024-01-01") != whole
    for key, figure in found.items():
        assert digest({**found, key: replace(figure, rates=NO_RATES)}, "2019-01-01") != whole
        assert digest({k: v for k, v in found.items() if k != key}, "2019-01-01") != whole
        for name in COUNTS:
            counts = replace(figure.counts, **{name: getattr(figure.counts, name) + 1})
            assert digest({**found, key: replace(figure, counts=counts)}, "2019-01-01") != whole


def published(before: list[RatesPublished], *those: Complaint, now: datetime = THEN) -> object:
    found = figures(tally(those), numbers=TERMS.rates)
    return given(evolve_month, *before).when(
        publish, FEBRUARY, WINDOW, found, terms=ALWAYS, up_to=100, causes=["CallbackRecorded"], now=now
    )


def first(*those: Complaint) -> RatesPublished:
    found = figures(tally(those), numbers=TERMS.rates)
    (fact,) = publish(None, FEBRUARY, WINDOW, found, terms=ALWAYS, up_to=90, causes=["CallbackRecorded"], now=THEN)
    return fact


def test_a_month_is_published_when_it_is_over_and_an_empty_one_too() -> None:
    found = figures(tally([]), numbers=TERMS.rates)
    early = WINDOW.end - timedelta(microseconds=1)
    asked = (FEBRUARY, WINDOW, found)
    given(evolve_month).when(publish, *asked, terms=ALWAYS, up_to=1, causes=[], now=early).then_nothing()
    (fact,) = publish(None, *asked, terms=ALWAYS, up_to=1, causes=[], now=WINDOW.end)
    assert (fact.month, fact.received, fact.valid, fact.terms, fact.causes) == ("2024-02", 0, 0, "2019-01-01", ())


def test_the_same_figures_are_not_published_twice_and_others_are_with_their_causes() -> None:
    good, bad = after(*finished(), called_back()), after(*finished(), called_back(resolved=False))
    was = first(good)
    published([was], good).then_nothing()  # type: ignore[attr-defined]
    changed = first(bad).model_copy(update={"up_to": 100, "causes": ("CallbackRecorded",)})
    published([was], bad).then(changed)  # type: ignore[attr-defined]


def test_a_figure_moved_to_another_unit_is_published_though_the_town_has_the_same() -> None:
    good = after(*finished(), called_back())
    moved = replace(good, lead="town-enforcement")
    outcome = published([first(good)], moved)
    assert len(outcome.facts) == 1  # type: ignore[attr-defined]


def test_where_nothing_is_left_nothing_is_published_in_its_place() -> None:
    key, other = Key(By.UNIT, "town-enforcement"), Key(By.UNIT, "")
    found = {other: Figure(Counts(received=1), NO_RATES)}
    assert vanished([key, other], found) == {key: Figure(Counts(), NO_RATES)}


def test_only_what_can_move_a_figure_has_the_month_counted_again() -> None:
    facts = finished()
    spoken = ComplainantContacted(
        unit="town-community-office", contacted_at=START + DAY, manner=ContactManner.VISIT, first=False, late=False
    )
    assert not moves(after(*facts), after(*facts, spoken))
    assert not moves(after(*facts), after(*facts, SupportUnitAdded(unit="town-enforcement")))
    assert moves(None, after(received()))
    assert moves(after(*facts), after(*facts, called_back()))
    bad = called_back(resolved=False)
    assert moves(after(*facts, bad), after(*facts, bad, UNREASONABLE))
    assert moves(after(*facts), replace(after(*facts), community="zhangguozhuang"))
    assert moves(after(*facts), replace(after(*facts), state=ComplaintState.LISTED))
