"""What the other services say, and what becomes of the complaints: everybody who asked is told, and nothing ends early."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from shared.events.base import derived, ref
from shared.events.deliberation import TopicClosed, TopicProposed, TopicRejected, TopicReportedUpward, TopicsMerged
from shared.events.deliberation import UpwardReason as Upward
from shared.events.escalation import DepartmentCheckedIn, IssueClosed, IssueEscalated, IssueResolved, WhistleRequested
from shared.events.projects import (
    ProjectClosed,
    ProjectDisclosed,
    ProjectsMerged,
    SuggestionAnswered,
    SuggestionCollected,
    SuggestionOrigin,
    SuggestionOutcome,
)
from shared.events.vocabulary import CheckInMode, DisclosureStage, TopicOrigin, WhistleKind
from tests.integration.intake.town import OFFICER, UNIT, Town

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOTSPOT = ref("hotspot", derived("hotspot", "PROPERTY_VACANCY", "dahuichang-estate"))
MINUTES = timedelta(minutes=3)


def topic() -> str:
    return ref("topic", uuid4())


def proposed(*sources: str) -> TopicProposed:
    return TopicProposed(
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="引进物业",
        origin=TopicOrigin.HOTSPOT,
        sources=sources,
    )


def disclosed(stage: DisclosureStage, *sources: str) -> ProjectDisclosed:
    return ProjectDisclosed(stage=stage, public_title="楼道扶手", community="dahuichang", sources=sources)


async def a_hotspot(here: Town, people: int = 3) -> list[UUID]:
    complaints = [await here.received(f"H{person}", person) for person in range(1, people + 1)]
    await here.pass_time(MINUTES)
    assert await here.words(HOTSPOT) == ["HotspotDetected"]
    return complaints


async def routes(here: Town, complaint: UUID) -> list[dict[str, str]]:
    found: list[dict[str, str]] = await here.get(f"/routes?complaint={complaint}")
    return found


async def asked(here: Town, wanted: str) -> tuple[UUID, str]:
    """A complaint that is handled, and its route to something new: its id and the route's name."""
    id = await here.received(f"A-{wanted}", 99)
    path = await here.handled(id)
    route = await here.post(f"{path}/routes", OFFICER, wanted=wanted, public_title="停车")
    again = await here.post(f"{path}/routes", OFFICER, wanted=wanted, public_title="停车")
    assert route == again
    return id, ref("route", UUID(route["id"]))


def ways(facts: Sequence[tuple[str, dict[str, object]]], step: str) -> list[tuple[object, object]]:
    """(cause, via) of every progress of this step."""
    return [
        (data["cause"], data["via"]) for word, data in facts if word == "ComplaintProgressed" and data["step"] == step
    ]


async def test_the_complaints_of_a_hotspot_are_linked_to_its_topic_and_later_ones_too(here: Town) -> None:
    complaints = await a_hotspot(here)
    name = topic()
    await here.hears(name, 1, proposed(HOTSPOT))
    await here.pass_time(MINUTES)
    complaints.append(await here.received("H9", 9))
    await here.pass_time(MINUTES)
    for complaint in complaints:
        (route,) = await routes(here, complaint)
        assert (route["target"], route["hotspot"], route["state"]) == (name, HOTSPOT, "OPEN")


async def test_the_end_of_the_topic_concludes_its_routes_and_takes_no_more_complaints(here: Town) -> None:
    first, *_ = await a_hotspot(here)
    name = topic()
    await here.hears(name, 1, proposed(HOTSPOT))
    await here.pass_time(MINUTES)
    path = await here.handled(first)
    finish = {"unit": UNIT, "spoken_with": "COMPLAINANT", "measure": "物业已进驻"}
    assert await here.refused(f"{path}/finish", OFFICER, finished_at=here.service.now(), **finish) == ["open_routes"]
    await here.hears(name, 2, TopicClosed(result="物业已进驻", sources=(HOTSPOT,)))
    (route,) = await routes(here, first)
    assert (route["state"], route["outcome"], route["concluded_by"]) == ("CONCLUDED", "DONE", name)
    await here.post(f"{path}/finish", OFFICER, finished_at=here.service.now(), **finish)
    later = await here.received("H9", 9)
    await here.pass_time(MINUTES)
    assert await routes(here, later) == []


async def test_a_route_is_taken_and_concluded_by_the_end_of_its_own_target_only(here: Town) -> None:
    complaint, route = await asked(here, "TOPIC")
    name, issue = topic(), ref("issue", uuid4())
    await here.hears(name, 1, proposed(route))
    await here.hears(issue, 1, IssueClosed(sources=(name, route)))
    assert [found["state"] for found in await routes(here, complaint)] == ["OPEN"]
    await here.hears(name, 2, TopicRejected(reason="不属于协商范围", sources=(route,)))
    assert await here.words(route) == ["ComplaintRouted", "RouteTaken", "RouteConcluded"]
    (found,) = await routes(here, complaint)
    assert (found["target"], found["outcome"]) == (name, "DECLINED")


async def test_after_a_route_was_declined_it_can_be_asked_again(here: Town) -> None:
    complaint, route = await asked(here, "TOPIC")
    name = topic()
    await here.hears(name, 1, proposed(route))
    await here.hears(name, 2, TopicRejected(reason="不属于协商范围", sources=(route,)))
    again = await here.post(f"/complaints/{complaint}/routes", OFFICER, wanted="TOPIC", public_title="停车")
    assert ref("route", UUID(again["id"])) != route


async def test_every_department_that_checks_in_is_told_once(here: Town) -> None:
    complaint, route = await asked(here, "ISSUE")
    issue, duties = ref("issue", uuid4()), [ref("duty", uuid4()) for _ in range(2)]
    moment = here.service.now()
    whistle = {"community": "dahuichang", "category": "PARKING", "place": None, "whistle": WhistleKind.PUBLIC_DEMAND}
    requested = WhistleRequested(
        **whistle,  # type: ignore[arg-type]
        public_title="停车",
        requested_by=UNIT,
        requested_at=moment,
        approval_due_at=moment,
        sources=(route,),
    )
    await here.hears(issue, 1, requested)
    await here.hears(
        issue,
        2,
        IssueEscalated(
            **whistle,  # type: ignore[arg-type]
            caller=UNIT,
            lead="district-traffic",
            due_at=moment,
            task="规范停车",
            sources=(route,),
        ),
    )
    for duty in duties:
        await here.hears(
            duty,
            1,
            DepartmentCheckedIn(
                issue=issue,
                department="district-traffic",
                checked_in_at=here.service.now(),
                mode=CheckInMode.ON_SITE,
                late=False,
                sources=(route,),
            ),
        )
    await here.hears(issue, 3, IssueResolved(confirmed_at=here.service.now(), result="已规范", sources=(route,)))
    facts = await here.said(complaint)
    assert ways(facts, "ISSUE_ESCALATED") == [(issue, route)]
    assert ways(facts, "DEPARTMENT_CHECKED_IN") == [(duty, route) for duty in duties]
    assert ways(facts, "ISSUE_RESOLVED") == [(issue, route)]


async def test_a_project_is_told_of_by_every_route_and_hotspot_that_it_comes_from(here: Town) -> None:
    complaints = await a_hotspot(here)
    _, route = await asked(here, "TOPIC")
    name, project = topic(), ref("project", uuid4())
    await here.hears(name, 1, proposed(HOTSPOT, route))
    await here.pass_time(MINUTES)
    for stage in (DisclosureStage.POOLED, DisclosureStage.APPROVED):
        await here.hears(project, list(DisclosureStage).index(stage) + 1, disclosed(stage, name, HOTSPOT, route))
    for complaint in complaints:
        assert ways(await here.said(complaint), "PROJECT_DISCLOSED") == [(project, HOTSPOT)] * 2
    told = await here.service.pool.fetch(
        "select distinct data ->> 'via' as via from journal where type like '%ComplaintProgressed%'"
    )
    assert {row["via"] for row in told} == {HOTSPOT, route}


async def test_a_hotspot_that_led_to_a_project_without_a_topic_is_told_too(here: Town) -> None:
    complaints = await a_hotspot(here)
    other = await here.received("P", 50, category="停车管理")
    project = ref("project", uuid4())
    await here.hears(project, 1, disclosed(DisclosureStage.POOLED, HOTSPOT))
    for complaint in complaints:
        assert ways(await here.said(complaint), "PROJECT_DISCLOSED") == [(project, HOTSPOT)]
    assert await here.words(other) == ["ComplaintReceived"]


async def test_a_merged_topic_hands_its_routes_and_its_hotspot_on(here: Town) -> None:
    first, *_ = await a_hotspot(here)
    one, other = topic(), topic()
    await here.hears(one, 1, proposed(HOTSPOT))
    await here.pass_time(MINUTES)
    await here.hears(one, 2, TopicsMerged(into=other, sources=(HOTSPOT,)))
    assert [route["target"] for route in await routes(here, first)] == [other]
    await here.hears(other, 1, TopicClosed(result="已办结", sources=(HOTSPOT,)))
    assert [route["state"] for route in await routes(here, first)] == ["CONCLUDED"]
    assert (await here.words(HOTSPOT))[1:] == [
        "HotspotTopicOpened",
        "HotspotTopicEnded",
        "HotspotTopicOpened",
        "HotspotTopicEnded",
    ]


async def test_a_merged_project_hands_its_routes_on(here: Town) -> None:
    id = await here.received("1", 1)
    path = await here.handled(id)
    one, other = uuid4(), ref("project", uuid4())
    await here.post(f"{path}/routes", OFFICER, wanted="PROJECT", target=one)
    await here.hears(ref("project", one), 1, ProjectsMerged(into=other, reason="同类项目"))
    await here.hears(other, 1, ProjectClosed())
    assert [(route["target"], route["state"]) for route in await routes(here, id)] == [(other, "CONCLUDED")]


@pytest.mark.parametrize(
    ("wanted", "outcome", "state"),
    [
        ("SUGGESTION", SuggestionOutcome.CONVERTED, "CONCLUDED"),
        ("PROJECT", SuggestionOutcome.CONVERTED, "OPEN"),
        ("PROJECT", SuggestionOutcome.DECLINED, "CONCLUDED"),
    ],
)
async def test_the_answer_to_a_suggestion_ends_what_will_come_to_nothing_more(
    here: Town, wanted: str, outcome: SuggestionOutcome, state: str
) -> None:
    complaint, route = await asked(here, wanted)
    suggestion = ref("suggestion", uuid4())
    moment = here.service.now()
    collected = SuggestionCollected(
        origin=SuggestionOrigin.ROUTE,
        community="dahuichang",
        category=None,
        place=None,
        public_title="停车",
        review_due_at=moment,
        answer_due_at=moment,
        sources=(route,),
    )
    await here.hears(suggestion, 1, collected)
    await here.hears(suggestion, 2, SuggestionAnswered(answer="已答复", outcome=outcome, sources=(route,)))
    assert [found["state"] for found in await routes(here, complaint)] == [state]


async def test_a_topic_reported_upward_proposes_a_listing_to_the_unit(here: Town) -> None:
    complaint, route = await asked(here, "TOPIC")
    name = topic()
    reported = TopicReportedUpward(
        meeting=ref("meeting", uuid4()),
        reason=Upward.PLANNING,
        reported_to="district-planning",
        explanation="受规划限制",
        review_on=date(2024, 5, 1),
        community="dahuichang",
        category="PARKING",
        place=None,
        sources=(route,),
    )
    await here.hears(name, 1, reported)
    assert ways(await here.said(complaint), "LISTING_PROPOSED") == [(name, route)]


async def test_a_confidential_complaint_goes_nowhere(here: Town) -> None:
    id = await here.received("1", 1, type="REPORT")
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    asked = {"wanted": "TOPIC", "public_title": "停车"}
    assert await here.refused(f"/complaints/{id}/routes", **asked) == ["confidential"]
