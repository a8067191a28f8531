"""转办: only the target's own end concludes a route, once."""

import pytest

from services.intake.domain.asked import RouteComplaint
from services.intake.domain.complaint import Complaint
from services.intake.domain.complaint import evolve as evolve_complaint
from services.intake.domain.route import answered, conclude, evolve, link, moved, route, stands, taken
from shared.events.intake import (
    CloseGround,
    ComplaintClosed,
    ComplaintFact,
    ComplaintRouted,
    RouteConcluded,
    RouteOutcome,
    RouteTaken,
)
from shared.events.projects import SuggestionOutcome
from shared.events.vocabulary import RouteTarget
from tests.support.spec import fold, given
from tests.unit.intake.builders import DAY, ID, OTHER, START, called_back, dispatched, finished, in_progress, received

COMPLAINT = f"complaint/{ID}"
TOPIC = f"topic/{OTHER}"
WITHOUT_TARGET = RouteComplaint(wanted=RouteTarget.TOPIC, public_title="大灰厂小区无物业管理")


def complaint(*facts: ComplaintFact) -> Complaint:
    state = fold(evolve_complaint, facts)
    assert state is not None
    return state


def routed(
    wanted: RouteTarget = RouteTarget.TOPIC,
    *,
    target: str | None = None,
    public_title: str | None = None,
    hotspot: str | None = None,
) -> ComplaintRouted:
    return ComplaintRouted(
        complaint=COMPLAINT,
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        wanted=wanted,
        target=target,
        public_title=public_title,
        hotspot=hotspot,
    )


def test_without_a_target_the_other_service_is_asked_to_open_it() -> None:
    """It hears when the complaint is due: what it opens should not take longer."""
    order = complaint(*in_progress())
    given(evolve).when(route, WITHOUT_TARGET, order, ID).then(
        routed(public_title="大灰厂小区无物业管理").model_copy(update={"due_at": order.due_at})
    )


def test_with_a_target_it_links_to_what_exists() -> None:
    given(evolve).when(
        route, RouteComplaint(wanted=RouteTarget.ISSUE, target=OTHER), complaint(*in_progress()), ID
    ).then(routed(RouteTarget.ISSUE, target=f"issue/{OTHER}"))


def test_the_same_route_again_changes_nothing() -> None:
    given(evolve, routed()).when(route, WITHOUT_TARGET, complaint(*in_progress()), ID).then_nothing()


def test_what_is_opened_needs_a_community_and_a_public_title() -> None:
    unknown = complaint(*in_progress(received(community=None, place=None), dispatched(community=None, place=None)))
    given(evolve).when(route, RouteComplaint(wanted=RouteTarget.TOPIC), unknown, ID).then_refused(
        "community_unknown", "no_public_title"
    )


def test_a_confidential_complaint_is_not_routed_nor_linked() -> None:
    secret = complaint(*in_progress(received(confidential=True), dispatched(category="CONFIDENTIAL", place=None)))
    given(evolve).when(route, WITHOUT_TARGET, secret, ID).then_refused("confidential")
    given(evolve).when(link, secret, ID, wanted=RouteTarget.TOPIC, target=TOPIC).then_nothing()


def test_only_what_is_handled_is_routed() -> None:
    given(evolve).when(route, WITHOUT_TARGET, complaint(received()), ID).then_refused("wrong_state")
    given(evolve).when(route, WITHOUT_TARGET, complaint(*finished()), ID).then_refused("wrong_state")
    given(evolve).when(route, WITHOUT_TARGET, None, ID).then_refused("not_found")


def test_every_complaint_of_a_hotspot_is_linked_to_its_topic_even_a_closed_one() -> None:
    over = complaint(
        *finished(), called_back(), ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=START + 4 * DAY)
    )
    hotspot = f"hotspot/{OTHER}"
    linked = routed(target=TOPIC, hotspot=hotspot)
    asked = {"wanted": RouteTarget.TOPIC, "target": TOPIC, "hotspot": hotspot}
    given(evolve).when(link, over, ID, **asked).then(linked)
    given(evolve, linked).when(link, over, ID, **asked).then_nothing()
    given(evolve).when(link, None, ID, **asked).then_nothing()


def test_a_route_learns_its_target_once() -> None:
    opened = RouteTaken(complaint=COMPLAINT, target=TOPIC)
    given(evolve, routed()).when(taken, target=TOPIC).then(opened)
    given(evolve, routed(), opened).when(taken, target=TOPIC).then_nothing()
    given(evolve).when(taken, target=TOPIC).then_nothing()


def test_a_route_is_concluded_once() -> None:
    done = RouteConcluded(complaint=COMPLAINT, outcome=RouteOutcome.DONE, by=TOPIC)
    given(evolve, routed()).when(conclude, outcome=RouteOutcome.DONE, by=TOPIC).then(done)
    given(evolve, routed(), done).when(conclude, outcome=RouteOutcome.DECLINED, by=TOPIC).then_nothing()
    given(evolve).when(conclude, outcome=RouteOutcome.DONE, by=TOPIC).then_nothing()


@pytest.mark.parametrize("kind", ["issue", "project", "suggestion"])
def test_what_a_topic_became_does_not_conclude_its_route(kind: str) -> None:
    given(evolve, routed()).when(conclude, outcome=RouteOutcome.DONE, by=f"{kind}/{OTHER}").then_nothing()


@pytest.mark.parametrize(
    ("wanted", "answer", "outcome"),
    [
        (RouteTarget.SUGGESTION, SuggestionOutcome.CONVERTED, RouteOutcome.DONE),
        (RouteTarget.SUGGESTION, SuggestionOutcome.DECLINED, RouteOutcome.DECLINED),
        (RouteTarget.PROJECT, SuggestionOutcome.DECLINED, RouteOutcome.DECLINED),
        (RouteTarget.PROJECT, SuggestionOutcome.HANDLED_DIRECTLY, RouteOutcome.DONE),
        (RouteTarget.PROJECT, SuggestionOutcome.CONVERTED, None),
        (RouteTarget.PROJECT, SuggestionOutcome.MERGED, None),
        (RouteTarget.TOPIC, SuggestionOutcome.DECLINED, None),
    ],
)
def test_a_suggestion_answered_ends_the_routes_that_end_with_it(
    wanted: RouteTarget, answer: SuggestionOutcome, outcome: RouteOutcome | None
) -> None:
    by = f"suggestion/{OTHER}"
    asked = given(evolve, routed(wanted)).when(answered, outcome=answer, by=by)
    if outcome is None:
        asked.then_nothing()
    else:
        asked.then(RouteConcluded(complaint=COMPLAINT, outcome=outcome, by=by))


def test_what_a_topic_became_is_not_what_was_asked_for() -> None:
    given(evolve, routed()).when(taken, target=f"issue/{OTHER}").then_nothing()


def test_a_route_follows_its_target_into_another_of_its_kind_while_it_is_open() -> None:
    into = f"topic/{ID}"
    opened = RouteTaken(complaint=COMPLAINT, target=TOPIC)
    done = RouteConcluded(complaint=COMPLAINT, outcome=RouteOutcome.DONE, by=TOPIC)
    given(evolve, routed(), opened).when(moved, target=into).then(RouteTaken(complaint=COMPLAINT, target=into))
    given(evolve, routed(), opened).when(moved, target=TOPIC).then_nothing()
    given(evolve, routed(), opened).when(moved, target=f"project/{ID}").then_nothing()
    given(evolve, routed(), opened, done).when(moved, target=into).then_nothing()
    given(evolve, routed()).when(moved, target=into).then_nothing()
    given(evolve).when(moved, target=into).then_nothing()


def test_what_is_asked_for_already_stands() -> None:
    opened = RouteTaken(complaint=COMPLAINT, target=TOPIC)
    done = RouteConcluded(complaint=COMPLAINT, outcome=RouteOutcome.DECLINED, by=TOPIC)
    linked = RouteComplaint(wanted=RouteTarget.TOPIC, target=OTHER)
    asked = fold(evolve, [routed()])
    known = fold(evolve, [routed(), opened])
    over = fold(evolve, [routed(), opened, done])
    assert asked is not None
    assert known is not None
    assert over is not None
    assert [stands(state, WITHOUT_TARGET) for state in (asked, known, over)] == [True, True, False]
    assert [stands(state, linked) for state in (asked, known, over)] == [False, True, True]
    assert not stands(asked, RouteComplaint(wanted=RouteTarget.ISSUE))
