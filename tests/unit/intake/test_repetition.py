"""The same person asking for the same again."""

from datetime import datetime

import pytest

from services.intake.domain.complaint import Complaint, evolve
from services.intake.domain.repetition import Earlier, Matter, earlier, matter, same_matter
from shared.events.intake import UNCATEGORISED, CloseGround, ComplaintClosed, ComplaintFact
from shared.events.vocabulary import ComplaintType
from tests.support.spec import fold
from tests.unit.intake.builders import DAY, START, TERMS, TOWN, an_order, called_back, finished, received

HERE = Matter("PROPERTY_VACANCY", "dahuichang", "dahuichang-estate")


def complaint(*more: ComplaintFact, **known: object) -> Complaint:
    state = fold(evolve, [received().model_copy(update=known), *more])
    assert state is not None
    return state


def closed(received_at: datetime) -> Complaint:
    end = ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=received_at + DAY)
    return complaint(*finished()[1:], called_back(), end, received_at=received_at)


def test_an_order_is_compared_by_the_towns_codes() -> None:
    assert matter(an_order(), TOWN) == HERE


@pytest.mark.parametrize(
    "order",
    [
        an_order(type=ComplaintType.REPORT),
        an_order(confidential=True),
        an_order(category=None),
        an_order(category="不知道"),
    ],
)
def test_a_confidential_order_or_one_about_nobody_knows_what_is_like_no_other(order: object) -> None:
    assert matter(order, TOWN) is None  # type: ignore[arg-type]


def test_the_same_place_is_the_same_matter_and_another_one_is_not() -> None:
    assert same_matter(complaint(), HERE)
    assert not same_matter(complaint(place="dahuichang-gate"), HERE)
    assert not same_matter(complaint(category="HEATING"), HERE)
    assert not same_matter(complaint(confidential=True), HERE)


def test_without_a_place_the_community_decides_and_without_both_nothing_does() -> None:
    assert same_matter(complaint(place=None), HERE)
    assert not same_matter(complaint(place=None, community="zhangguozhuang"), HERE)
    assert not same_matter(complaint(place=None, community=None), Matter("PROPERTY_VACANCY", None, None))


def test_an_open_matter_counts_however_old_and_the_latest_of_several() -> None:
    old, late = complaint(received_at=START - 300 * DAY), complaint(received_at=START - DAY)
    assert earlier(HERE, [late, old], now=START, terms=TERMS) == Earlier(late, False)
    assert earlier(HERE, [old], now=START, terms=TERMS) == Earlier(old, False)


def test_a_closed_matter_counts_for_thirty_days() -> None:
    assert earlier(HERE, [closed(START - 29 * DAY)], now=START, terms=TERMS) == Earlier(None, True)
    assert earlier(HERE, [closed(START - 31 * DAY)], now=START, terms=TERMS) == Earlier(None, False)


def test_what_cannot_be_compared_repeats_nothing() -> None:
    assert earlier(None, [complaint(category=UNCATEGORISED)], now=START, terms=TERMS) == Earlier(None, False)
