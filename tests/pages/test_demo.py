"""Both stories of the town, from the first call to the result, through the services' real doors."""

import pytest

from tests.pages.conftest import Demo

pytestmark = pytest.mark.timeout(900)
"""The town lives half a year before the first test."""


async def test_both_stories_come_to_their_end(demo: Demo) -> None:
    found = demo.found
    assert found["complaints"] >= 300
    assert found["closed"] >= 0.95 * found["complaints"]
    dahuichang, motion, zhangguozhuang = ([step["type"] for step in journey["steps"]] for journey in found["journeys"])
    assert _in_order(
        dahuichang,
        "ComplaintReceived ComplaintDispatched ComplaintAccepted ComplainantContacted ListingRequested ComplaintListed "
        "TopicAccepted NoticePublished MeetingOpened TopicDeferred TopicReferredToAssembly AssemblyCalled AssemblyNoticed "
        "AssemblyDecided TopicImplementing UndertakingDone TopicDisclosed TopicClosed RouteConcluded ListingEnded "
        "ComplaintFinished CallbackRecorded ComplaintClosed",
    )
    assert _in_order(
        motion,
        "TopicProposed TopicAccepted TopicNeedsDepartments WhistleRequested WhistleApproved IssueEscalated "
        "DepartmentCheckedIn DutyDeadlineMissed DepartmentCheckedIn ActionPlanned IssueResolved DepartmentEvaluated "
        "DepartmentReleased IssueClosed TopicImplementing TopicDisclosed TopicClosed",
    )
    assert _in_order(
        zhangguozhuang,
        "ComplaintReceived ComplaintRouted TopicProposed TopicAccepted TopicNeedsProject ProjectProposed ProjectPooled "
        "SourcesNotified ProjectApproved ProjectStarted ProjectCompleted ProjectAccepted ProjectClosed TopicImplementing "
        "TopicDisclosed TopicClosed RouteConcluded ComplaintFinished CallbackRecorded ComplaintClosed ProjectEvaluated",
    )
    services = {step["service"] for journey in found["journeys"] for step in journey["steps"]}
    assert services == {"intake", "deliberation", "escalation", "projects"}
    held = [row for row in found["duty"] if "2024-02" <= row["month"][:7] <= "2024-05"]
    assert len({row["community"] for row in held}) == 16
    assert [(row["community"], row["month"][:7]) for row in held if row["missed"]] == [("village-06", "2024-04")]


def _in_order(said: list[str], wanted: str) -> bool:
    """Whether these come in this order, with anything in between."""
    left = iter(said)
    missing = [name for name in wanted.split() if name not in left]
    assert missing == [], f"missing or out of order: {missing}"
    return True
