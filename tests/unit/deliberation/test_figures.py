"""协商统计: every figure as it is defined."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.deliberation.domain.figures import (
    DEFINITIONS,
    By,
    Course,
    Part,
    Promised,
    Sat,
    Step,
    Who,
    parts,
    promised,
    topics,
)
from services.deliberation.domain.meeting import Answer, Invitation, Meeting, MeetingState, PositionHeld
from services.deliberation.domain.undertaking import Undertaking, UndertakingState
from shared.events.base import derived
from shared.events.deliberation import ConclusionKind, Position
from shared.events.vocabulary import TopicOrigin
from shared.rules.window import Days, Window, percent
from tests.unit.deliberation.builders import HOUR, TOPIC, at, first

FEBRUARY = Window.of(first(2024, 2), first(2024, 2))
OFFICE, HOUSING = "town-community-office", "district-housing"
MEMBER, OTHER = (f"member/{derived('member', number)}" for number in (1, 2))
GUEST = f"guest/{derived('guest', 1)}"
HELD = Meeting(
    state=MeetingState.HELD,
    community="dahuichang",
    starts_at=at(2024, 2, 10),
    urgent=False,
    invited={
        "seat/1": Invitation(answer=Answer.ACCEPTED),
        "seat/4": Invitation(answer=Answer.EXCUSED, unit="district-police"),
        "seat/5": Invitation(unit=OFFICE),
        f"unit/{OFFICE}": Invitation(),
        f"unit/{HOUSING}": Invitation(),
        MEMBER: Invitation(),
        OTHER: Invitation(),
    },
    attendance={"seat/1": True, f"unit/{OFFICE}": True, MEMBER: True, GUEST: True, "post/secretary": True},
    unexcused=("seat/5", f"unit/{HOUSING}"),
    positions=(
        PositionHeld(TOPIC, "seat/1", Position.FORMAL_OBJECTION),
        PositionHeld(TOPIC, MEMBER, Position.SUPPORT),
        PositionHeld(derived("test", "other"), MEMBER, Position.ABSTAIN),
    ),
)
SAT = Sat(HELD, {"seat/1": 2, f"unit/{OFFICE}": 1, "post/secretary": 7, GUEST: 1}, frozenset({f"unit/{HOUSING}"}))


def test_who_was_invited_came_excused_itself_or_stayed_away() -> None:
    assert parts([SAT]) == {
        Who(By.SEAT, "1"): Part(invited=1, present=1, statements=2, objections=1),
        Who(By.SEAT, "4"): Part(invited=1, excused=1),
        Who(By.SEAT, "5"): Part(invited=1, unexcused=1),
        Who(By.UNIT, "district-police"): Part(invited=1, excused=1),
        Who(By.UNIT, OFFICE): Part(invited=1, present=1, statements=1),
        Who(By.UNIT, HOUSING): Part(invited=1, unexcused=1, superior_told=1),
        Who(By.MEMBERS): Part(invited=2, present=1, support=1, abstain=1),
        Who(By.GUESTS): Part(invited=1, present=1, statements=1),
    }


def test_meetings_are_added_up() -> None:
    seat = parts([SAT, SAT, Sat(replace(HELD, attendance={"seat/1": False}, unexcused=("seat/1",)))])[Who(By.SEAT, "1")]
    assert (seat.invited, seat.present, seat.unexcused, seat.statements) == (3, 2, 1, 4)


def test_whoever_comes_after_an_excuse_was_there() -> None:
    came = replace(HELD, attendance={"seat/4": True})
    assert parts([Sat(came)])[Who(By.SEAT, "4")] == Part(invited=1, present=1)


def test_a_window_is_whole_months_in_shanghai() -> None:
    window = Window.of(first(2024, 1), first(2024, 2))
    assert (window.start, window.end) == (at(2024, 1, 1), at(2024, 3, 1))
    assert window.holds(at(2024, 1, 1)) and window.holds(at(2024, 2, 29, 23))
    assert not window.holds(at(2024, 3, 1)) and not window.holds(None)


def test_topics_are_counted_by_origin_and_their_times_are_taken() -> None:
    slow = Course(
        TopicOrigin.HOTSPOT,
        (
            (at(2024, 1, 1), Step.PROPOSED),
            (at(2024, 1, 2), Step.ACCEPTED),
            (at(2024, 1, 20), ConclusionKind.DEFERRED),
            (at(2024, 2, 10), ConclusionKind.REFERRED_TO_ASSEMBLY),
            (at(2024, 2, 14), Step.REOPENED),
            (at(2024, 2, 20), ConclusionKind.AGREED),
            (at(2024, 2, 23), Step.DISCLOSED),
            (at(2024, 2, 24), Step.CLOSED),
        ),
    )
    quick = Course(
        TopicOrigin.TWO_COMMITTEES,
        (
            (at(2024, 2, 1), Step.PROPOSED),
            (at(2024, 2, 2), Step.ACCEPTED),
            (at(2024, 2, 4, 12), ConclusionKind.SETTLED),
            (at(2024, 3, 1), Step.DISCLOSED),
        ),
    )
    found = topics([slow, quick], FEBRUARY)
    everything, hotspots = found[None], found[TopicOrigin.HOTSPOT]
    assert set(found) == {None, *TopicOrigin}
    assert {step: count for step, count in everything.steps.items() if count} == {
        Step.PROPOSED: 1,
        Step.ACCEPTED: 1,
        Step.REOPENED: 1,
        Step.DISCLOSED: 1,
        Step.CLOSED: 1,
    }
    assert everything.conclusions[ConclusionKind.DEFERRED] == 0, "that was in January"
    assert sum(everything.conclusions.values()) == 3
    assert everything.to_conclusion == Days(2, 21.8, 40.0)
    assert hotspots.to_conclusion == Days(1, 40.0, 40.0), "until the first decision, not until it was talked about"
    assert hotspots.to_disclosure == Days(1, 3.0, 3.0), "from the last decision on"
    assert found[TopicOrigin.TWO_COMMITTEES].to_disclosure == Days(0, None, None), "that was in March"


def undertaking(due: int, unit: str | None = None, finished: int | None = None, **more: object) -> Undertaking:
    """What is due on that day of February, and finished on another."""
    done = at(2024, 2, finished) if finished else None
    state = UndertakingState.DONE if finished else UndertakingState.ASSIGNED
    made = Undertaking(
        state, UUID(int=1), "meeting/x", "dahuichang", "两委", unit, "清运", at(2024, 2, due), finished_at=done
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_what_was_due_was_done_in_time_late_or_not_at_all() -> None:
    now = at(2024, 2, 20)
    those = [
        undertaking(10, finished=10),
        undertaking(10, HOUSING, finished=9),
        undertaking(10, HOUSING, finished=11),
        undertaking(20),
        undertaking(21),
        undertaking(10, state=UndertakingState.EXCUSED),
        undertaking(10, due_at=at(2024, 3, 1)),
        undertaking(10, due_at=at(2024, 2, 1) - HOUR),
    ]
    found = promised(those, FEBRUARY, now)
    assert found[None] == Promised(in_time=2, late=1, overdue=1, waiting=1, excused=1)
    assert found[None].base == 4
    assert found[HOUSING] == Promised(in_time=1, late=1)
    assert set(found) == {None, HOUSING}


@pytest.mark.parametrize(
    ("part", "base", "value"), [(1, 3, 33.33), (2, 3, 66.67), (1, 16, 6.25), (1, 800, 0.13), (0, 5, 0.0), (0, 0, None)]
)
def test_a_share_has_two_decimals_and_no_value_without_a_base(part: int, base: int, value: float | None) -> None:
    assert percent(part, base) == value


def test_every_figure_is_defined() -> None:
    counted = {*Part.__dataclass_fields__} - {"support", "oppose", "abstain", "objections"}
    assert counted <= set(DEFINITIONS)
    assert timedelta(days=29) == FEBRUARY.end - FEBRUARY.start
