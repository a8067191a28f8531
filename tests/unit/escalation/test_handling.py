"""处置: mustered, planned, reported, confirmed on site, reopened."""

from datetime import datetime

from services.escalation.domain import handling
from services.escalation.domain.asked import PlanAction, Reopen, ReportProgress, Resolve
from services.escalation.domain.issue import Issue, IssueState, evolve
from shared.events.base import ref
from shared.events.escalation import (
    ActionPlanned,
    DeadlinePaused,
    DutyExcused,
    IssueFact,
    IssueMustered,
    IssueProgressed,
    IssueReopened,
    IssueResolved,
    PlanStep,
    WorkDone,
)
from shared.events.vocabulary import Quantity
from tests.support.spec import given
from tests.unit.escalation.cases import (
    CALENDAR,
    CALLED,
    CALLER,
    DUE,
    HANDLED,
    ISSUE,
    LEAD,
    MUSTERED,
    OTHER,
    PLANNED,
    RESOLVED,
    SOURCES,
    SUPPORT,
    TERMS,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    finished,
    here,
    state_of,
    support_called,
)

EIGHT_TRUCKLOADS = (WorkDone(work="清运垃圾", amount=8, quantity=Quantity.TRUCKLOADS),)


def reopens(before: Issue | None, wish: Reopen, *, by: str = CALLER, now: datetime) -> list[IssueFact]:
    return handling.reopen(before, wish, by=by, now=now, terms=TERMS, calendar=CALENDAR)


def a_plan(owner: str = LEAD, days: int = 2) -> PlanAction:
    return PlanAction(steps=(PlanStep(task="修扶手", owner=owner, due_at=after(days=days)),))


def test_mustered_are_the_lead_and_every_department_that_is_not_excused() -> None:
    lead, support = here()
    excused = duty_of(
        support_called(), DutyExcused(issue=ref("issue", ISSUE), department=SUPPORT, reason="与本事项无关")
    )
    mustered = IssueMustered(sources=SOURCES, mustered_at=after(hours=3))
    given(evolve, *CALLED).when(handling.muster, duties=[lead, support], now=after(hours=3)).then(mustered)
    given(evolve, *CALLED).when(handling.muster, duties=[lead, excused], now=after(hours=3)).then(mustered)


def test_as_long_as_one_is_awaited_nobody_is_mustered() -> None:
    lead, _ = here()
    given(evolve, *CALLED).when(
        handling.muster, duties=[lead, duty_of(support_called())], now=after(hours=3)
    ).then_nothing()


def test_they_are_mustered_once() -> None:
    given(evolve, *MUSTERED).when(handling.muster, duties=here(), now=after(hours=4)).then_nothing()


def test_the_lead_makes_the_plan() -> None:
    given(evolve, *MUSTERED).when(handling.plan, a_plan(), by=LEAD, duties=here()).then(
        ActionPlanned(sources=SOURCES, by=LEAD, steps=a_plan().steps)
    )
    given(evolve, *MUSTERED).when(handling.plan, a_plan(), by=SUPPORT, duties=here()).then_refused("not_the_lead")


def test_a_step_has_an_owner_who_came_and_a_date_within_the_limit() -> None:
    given(evolve, *MUSTERED).when(handling.plan, a_plan(OTHER, days=6), by=LEAD, duties=here()).then_refused(
        "owner_not_here", "step_after_due"
    )


def test_without_having_come_together_they_make_no_plan() -> None:
    given(evolve, *CALLED).when(handling.plan, a_plan(), by=LEAD, duties=here()).then_refused("wrong_state")


def test_a_new_plan_while_it_is_handled_keeps_the_state() -> None:
    assert (
        state_of(*HANDLED, ActionPlanned(sources=SOURCES, by=LEAD, steps=a_plan().steps)).state is IssueState.HANDLING
    )


def test_progress_is_reported_with_quantities_by_those_who_came() -> None:
    wish = ReportProgress(done=EIGHT_TRUCKLOADS)
    given(evolve, *PLANNED).when(handling.progress, wish, by=SUPPORT, duties=here()).then(
        IssueProgressed(sources=SOURCES, by=SUPPORT, done=EIGHT_TRUCKLOADS)
    )
    given(evolve, *PLANNED).when(handling.progress, wish, by=OTHER, duties=here()).then_refused("not_checked_in")


def test_progress_says_something() -> None:
    given(evolve, *PLANNED).when(handling.progress, ReportProgress(), by=LEAD, duties=here()).then_refused(
        "nothing_reported"
    )


def test_what_a_department_reports_stands_for_all_that_it_has_done_so_far() -> None:
    nine = (WorkDone(work="清运垃圾", amount=9, quantity=Quantity.TRUCKLOADS),)
    state = state_of(
        *PLANNED,
        IssueProgressed(sources=SOURCES, by=SUPPORT, done=EIGHT_TRUCKLOADS),
        IssueProgressed(sources=SOURCES, by=SUPPORT, done=nine),
        IssueProgressed(sources=SOURCES, by=SUPPORT, note="收尾"),
    )
    assert state.done == {SUPPORT: nine}


def test_the_caller_confirms_on_site_after_the_lead_has_finished() -> None:
    duties = (duty_of(called(), acknowledged(), checked_in(), finished()), here()[1])
    wish = Resolve(result="扶手、水站均已恢复", on_site=True)
    given(evolve, *HANDLED).when(handling.resolve, wish, by=CALLER, duties=duties, now=after(days=3)).then(
        IssueResolved(sources=SOURCES, confirmed_at=after(days=3), result="扶手、水站均已恢复")
    )
    given(evolve, *HANDLED).when(handling.resolve, wish, by=CALLER, duties=duties, now=after(days=6)).then(
        IssueResolved(sources=SOURCES, confirmed_at=after(days=6), result="扶手、水站均已恢复", late=True)
    )


def test_a_confirmation_is_refused_with_all_its_reasons() -> None:
    wish = Resolve(result="扶手、水站均已恢复", on_site=False)
    given(evolve, *PLANNED).when(handling.resolve, wish, by=LEAD, duties=here(), now=after(days=3)).then_refused(
        "wrong_state", "not_the_caller", "not_on_site", "lead_unfinished"
    )


def test_the_caller_reopens_what_is_not_solved_with_a_new_due_date() -> None:
    wish = Reopen(reason="水站又停水", due_at=after(days=9))
    given(evolve, *RESOLVED).when(reopens, wish, now=after(days=4)).then(
        IssueReopened(
            sources=SOURCES, reason="水站又停水", due_at=after(days=9), deadline_version=2, reopened_at=after(days=4)
        )
    )
    given(evolve, *RESOLVED).when(reopens, wish, by=LEAD, now=after(days=9)).then_refused("not_the_caller", "due_past")
    given(evolve, *HANDLED).when(reopens, wish, now=after(days=4)).then_refused("wrong_state")


def test_a_reopened_matter_has_the_longest_limit_of_its_kind_at_most() -> None:
    latest, later = (Reopen(reason="水站又停水", due_at=after(days=19, seconds=over)) for over in (0, 1))
    given(evolve, *RESOLVED).when(reopens, later, now=after(days=4)).then_refused("due_too_late")
    assert reopens(state_of(*RESOLVED), latest, now=after(days=4))


def test_without_a_lead_nobody_is_mustered() -> None:
    given(evolve, *CALLED).when(handling.muster, duties=[here()[1]], now=after(hours=3)).then_nothing()


def test_a_step_may_last_until_the_due_date() -> None:
    wish = a_plan(days=5)
    given(evolve, *MUSTERED).when(handling.plan, wish, by=LEAD, duties=here()).then(
        ActionPlanned(sources=SOURCES, by=LEAD, steps=wish.steps)
    )


def test_that_a_supporting_department_has_finished_is_not_enough() -> None:
    duties = (here()[0], duty_of(support_called(), acknowledged(SUPPORT), checked_in(SUPPORT), finished(SUPPORT)))
    given(evolve, *HANDLED).when(
        handling.resolve, Resolve(result="已恢复", on_site=True), by=CALLER, duties=duties, now=after(days=3)
    ).then_refused("lead_unfinished")


def test_what_is_solved_at_the_due_date_or_in_a_pause_is_not_late() -> None:
    duties = (duty_of(called(), acknowledged(), checked_in(), finished()),)
    wish = Resolve(result="已恢复", on_site=True)
    given(evolve, *HANDLED).when(handling.resolve, wish, by=CALLER, duties=duties, now=DUE).then(
        IssueResolved(sources=SOURCES, confirmed_at=DUE, result="已恢复")
    )
    paused = DeadlinePaused(sources=SOURCES, paused_at=after(days=2), deadline_version=2, reason="等待管材")
    given(evolve, *HANDLED, paused).when(handling.resolve, wish, by=CALLER, duties=duties, now=after(days=9)).then(
        IssueResolved(sources=SOURCES, confirmed_at=after(days=9), result="已恢复")
    )
