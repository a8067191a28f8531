"""日诉求量: said once per day, and again when the numbers changed."""

from datetime import date, timedelta

from services.intake.domain.demand import count, evolve
from services.intake.domain.hotspot import Spot
from shared.events.intake import DemandCounted
from tests.support.spec import fold, given

AT = Spot(category="PARKING", community="zhangguozhuang", place="zhangguozhuang-road")
DAY = date(2024, 2, 1)


def counted(day: date, complaints: int, people: int) -> DemandCounted:
    return DemandCounted(
        category="PARKING",
        community="zhangguozhuang",
        place="zhangguozhuang-road",
        day=day,
        complaints=complaints,
        people=people,
    )


def test_a_day_is_said_once_unless_it_changes() -> None:
    given(evolve).when(count, at=AT, day=DAY, complaints=3, people=2).then(counted(DAY, 3, 2))
    said = given(evolve, counted(DAY, 3, 2))
    said.when(count, at=AT, day=DAY, complaints=3, people=2).then_nothing()
    said.when(count, at=AT, day=DAY, complaints=4, people=2).then(counted(DAY, 4, 2))
    said.when(count, at=AT, day=DAY, complaints=0, people=0).then(counted(DAY, 0, 0))


def test_a_day_without_demand_is_not_worth_a_word() -> None:
    given(evolve).when(count, at=AT, day=DAY, complaints=0, people=0).then_nothing()


def test_what_is_older_than_400_days_is_not_counted_again() -> None:
    later = DAY + timedelta(days=400)
    known = [counted(DAY, 3, 2), counted(later, 1, 1)]
    given(evolve, *known).when(count, at=AT, day=DAY, complaints=4, people=3).then_nothing()
    state = fold(evolve, known)
    assert state is not None
    assert set(state.days) == {later}
