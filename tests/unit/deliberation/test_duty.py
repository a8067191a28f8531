"""月度协商看板: what a month is called on the board."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.deliberation.domain.duty import STATE_WORDS, Month, MonthState, Sitting
from shared.events.base import derived
from tests.unit.deliberation.builders import TERMS, at, first

MARCH = Month("dahuichang", first(2024, 3), watched_from=first(2024, 2))
SITTING = (Sitting(derived("test", "sitting"), at(2024, 3, 30, 10), urgent=False),)


@pytest.mark.parametrize(
    ("month", "now", "state"),
    [
        (MARCH, at(2024, 2, 1), MonthState.NOT_YET),
        (MARCH, at(2024, 3, 26, 23), MonthState.NOT_YET),
        (replace(MARCH, planned=SITTING), at(2024, 3, 26, 23), MonthState.PLANNED),
        (replace(MARCH, planned=SITTING), at(2024, 3, 27), MonthState.WARNED),
        (MARCH, at(2024, 3, 31, 23), MonthState.WARNED),
        (MARCH, at(2024, 4, 1), MonthState.MISSED),
        (replace(MARCH, planned=SITTING), at(2024, 4, 1), MonthState.MISSED),
        (replace(MARCH, held=SITTING), at(2024, 3, 30, 11), MonthState.HELD),
        (replace(MARCH, held=SITTING, missed=True), at(2024, 4, 2), MonthState.HELD),
        (replace(MARCH, watched_from=first(2024, 4)), at(2024, 5, 1), MonthState.NOT_WATCHED),
        (replace(MARCH, watched_from=first(2024, 4), held=SITTING), at(2024, 5, 1), MonthState.HELD),
    ],
)
def test_a_month_stands_as_its_meetings_and_the_day_say(month: Month, now: datetime, state: MonthState) -> None:
    assert month.state(now, TERMS) is state


def test_every_state_has_a_word() -> None:
    assert set(STATE_WORDS) == set(MonthState)
