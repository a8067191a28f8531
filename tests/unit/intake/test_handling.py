"""办理: contact, progress, support, extension."""

from datetime import timedelta

import pytest

from services.intake.domain.asked import AddSupport, Because, Contact, ReportProgress, RequestExtension
from services.intake.domain.complaint import ComplaintState, evolve
from services.intake.domain.handling import (
    add_support,
    contact,
    deny_extension,
    grant_extension,
    mark_hard,
    progressed,
    report_progress,
    request_extension,
    supervise,
)
from shared.events.intake import (
    CloseGround,
    ComplainantContacted,
    ComplaintClosed,
    ComplaintProgressed,
    ComplaintSupervised,
    ContactManner,
    ExtensionDenied,
    ExtensionGranted,
    ExtensionRequested,
    HardCaseMarked,
    SupportUnitAdded,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep, Urgency
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    ACCEPTED,
    CALENDAR,
    DAY,
    HOUR,
    LEAD,
    MINUTE,
    START,
    SUPPORT,
    TERMS,
    TOWN,
    called_back,
    dispatched,
    finished,
    in_progress,
    listed,
    received,
)

PROJECT = "project/00000000-0000-4000-8000-000000000009"
ROUTES = tuple(f"route/00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


def asked_contact(after: timedelta, unit: str = LEAD) -> Contact:
    return Contact(unit=unit, contacted_at=START + after, manner=ContactManner.PHONE)


@pytest.mark.parametrize(("after", "late"), [(24 * HOUR, False), (24 * HOUR + MINUTE, True)])
def test_the_first_contact_begins_the_handling_and_may_be_late(after: timedelta, late: bool) -> None:
    spoken = ComplainantContacted(
        unit=LEAD, contacted_at=START + after, manner=ContactManner.PHONE, first=True, late=late
    )
    facts = [received(), dispatched(), ACCEPTED]
    given(evolve, *facts).when(contact, asked_contact(after), now=START + 2 * DAY).then(spoken)
    state = fold(evolve, [*facts, spoken])
    assert state is not None
    assert state.state is ComplaintState.IN_PROGRESS


def test_a_second_contact_is_never_late_and_changes_no_state() -> None:
    given(evolve, *listed()).when(contact, asked_contact(3 * DAY), now=START + 4 * DAY).then(
        ComplainantContacted(
            unit=LEAD, contacted_at=START + 3 * DAY, manner=ContactManner.PHONE, first=False, late=False
        )
    )
    state = fold(evolve, [*listed(), *contact(fold(evolve, listed()), asked_contact(3 * DAY), now=START + 4 * DAY)])
    assert state is not None
    assert state.state is ComplaintState.LISTED


def test_contact_comes_after_acceptance_by_a_handling_unit_and_not_in_the_future() -> None:
    given(evolve, received(), dispatched()).when(contact, asked_contact(HOUR, SUPPORT), now=START).then_refused(
        "wrong_state", "not_a_handling_unit", "in_the_future"
    )
    given(evolve, *in_progress()).when(contact, asked_contact(-HOUR), now=START).then_refused("too_early")


def test_a_support_unit_may_contact_and_report() -> None:
    facts = [*in_progress(), SupportUnitAdded(unit=SUPPORT)]
    note = ComplaintProgressed(step=ProgressStep.HANDLING, note="已现场查看")
    given(evolve, *facts).when(report_progress, ReportProgress(unit=SUPPORT, note="已现场查看")).then(note)
    given(evolve, *in_progress()).when(report_progress, ReportProgress(unit=SUPPORT, note="已查看")).then_refused(
        "not_a_handling_unit"
    )


def test_a_support_unit_is_added_once_and_is_not_the_lead() -> None:
    handled = given(evolve, *in_progress())
    handled.when(add_support, AddSupport(unit=SUPPORT), town=TOWN).then(SupportUnitAdded(unit=SUPPORT))
    handled.when(add_support, AddSupport(unit=LEAD), town=TOWN).then_refused("is_the_lead_unit")
    handled.when(add_support, AddSupport(unit="nobody"), town=TOWN).then_refused("unknown_unit")
    given(evolve, *in_progress(), SupportUnitAdded(unit=SUPPORT)).when(
        add_support, AddSupport(unit=SUPPORT), town=TOWN
    ).then_nothing()


def test_supervision_and_hard_case_are_said_once() -> None:
    because = Because(reason="群众反映集中")
    handled = given(evolve, *in_progress())
    handled.when(supervise, because).then(ComplaintSupervised(reason="群众反映集中"))
    handled.when(mark_hard, because).then(HardCaseMarked(reason="群众反映集中"))
    flagged = given(evolve, *in_progress(), ComplaintSupervised(reason=None), HardCaseMarked(reason=None))
    flagged.when(supervise, because).then_nothing()
    flagged.when(mark_hard, because).then_nothing()


def test_what_staff_write_of_a_confidential_complaint_is_not_published() -> None:
    secret = in_progress(received(confidential=True), dispatched(category="CONFIDENTIAL", place=None))
    given(evolve, *secret).when(supervise, Because(reason="线索重大")).then(ComplaintSupervised(reason=None))
    given(evolve, *secret).when(progressed, step=ProgressStep.ISSUE_ESCALATED, cause=PROJECT, note="已吹哨").then(
        ComplaintProgressed(step=ProgressStep.ISSUE_ESCALATED, cause=PROJECT)
    )


def test_news_of_a_project_reach_a_closed_complaint_once_for_each_way() -> None:
    closed = [*finished(), called_back(), ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=START + 3 * DAY)]
    first, second = (
        ComplaintProgressed(step=ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, via=via, stage=DisclosureStage.POOLED)
        for via in ROUTES
    )
    told = {"step": ProgressStep.PROJECT_DISCLOSED, "cause": PROJECT, "stage": DisclosureStage.POOLED}
    given(evolve, *closed).when(progressed, **told, via=ROUTES[0]).then(first)
    given(evolve, *closed, first).when(progressed, **told, via=ROUTES[0]).then_nothing()
    given(evolve, *closed, first).when(progressed, **told, via=ROUTES[1]).then(second)
    later = given(evolve, *closed, first, second)
    later.when(
        progressed,
        step=ProgressStep.PROJECT_DISCLOSED,
        cause=PROJECT,
        stage=DisclosureStage.APPROVED,
        via=ROUTES[0],
    ).then(first.model_copy(update={"stage": DisclosureStage.APPROVED}))


def test_news_for_no_complaint_are_no_news() -> None:
    given(evolve).when(progressed, step=ProgressStep.ISSUE_RESOLVED, cause=PROJECT).then_nothing()


def asked_extension(days: int) -> RequestExtension:
    return RequestExtension(unit=LEAD, until=START + days * DAY, reason="需招标")


def extension(days: int) -> ExtensionRequested:
    return ExtensionRequested(
        unit=LEAD,
        until=START + days * DAY,
        reason="需招标",
        requested_at=START + DAY,
        decide_by=START + 2 * DAY,
    )


def test_an_extension_is_at_most_the_original_limit_more() -> None:
    handled = given(evolve, *in_progress())
    asking = {"now": START + DAY, "terms": TERMS, "calendar": CALENDAR}
    handled.when(request_extension, asked_extension(14), **asking).then(extension(14))
    handled.when(request_extension, asked_extension(15), **asking).then_refused("too_long")
    handled.when(request_extension, asked_extension(7), **asking).then_refused("not_later")


def test_an_extension_is_asked_for_before_the_due_date() -> None:
    given(evolve, *in_progress()).when(
        request_extension, asked_extension(10), now=START + 7 * DAY, terms=TERMS, calendar=CALENDAR
    ).then_refused("after_due")


def test_an_extension_is_asked_for_once() -> None:
    denied = ExtensionDenied(why="可以按期办结")
    asking = {"now": START + DAY, "terms": TERMS, "calendar": CALENDAR}
    given(evolve, *in_progress(), extension(14)).when(request_extension, asked_extension(14), **asking).then_nothing()
    given(evolve, *in_progress(), extension(14), denied).when(
        request_extension, asked_extension(10), **asking
    ).then_refused("asked_before")


def test_a_second_extension_is_not_asked_for_while_the_first_is_decided() -> None:
    twice = TERMS.model_copy(update={"extension": TERMS.extension.model_copy(update={"times": 2})})
    asking = {"now": START + DAY, "terms": twice, "calendar": CALENDAR}
    waiting = given(evolve, *in_progress(), extension(14))
    waiting.when(request_extension, asked_extension(10), **asking).then_refused("asked_before")
    denied = ExtensionDenied(why="可以按期办结")
    given(evolve, *in_progress(), extension(14), denied).when(request_extension, asked_extension(14), **asking).then(
        extension(14)
    )


def test_a_critical_complaint_is_not_extended() -> None:
    critical = in_progress(sent=dispatched(urgency=Urgency.CRITICAL))
    asked = RequestExtension(unit=LEAD, until=START + 3 * HOUR, reason="抢修中")
    given(evolve, *critical).when(
        request_extension, asked, now=START + HOUR, terms=TERMS, calendar=CALENDAR
    ).then_refused("critical")


def test_a_granted_extension_is_a_new_deadline_version() -> None:
    granted = ExtensionGranted(granted_at=START + 2 * DAY, due_at=START + 14 * DAY, deadline_version=2)
    asked = given(evolve, *in_progress(), extension(14))
    asked.when(grant_extension, now=START + 2 * DAY).then(granted)
    asked.when(deny_extension, Because(reason="可以按期办结")).then(ExtensionDenied(why="可以按期办结"))
    asked.when(grant_extension, now=START + 14 * DAY).then_refused("too_late")


def test_nothing_is_granted_that_nobody_asked_for() -> None:
    given(evolve, *in_progress()).when(grant_extension, now=START).then_refused("nothing_asked")
    given(evolve, *in_progress()).when(deny_extension, Because(reason="无")).then_refused("nothing_asked")
