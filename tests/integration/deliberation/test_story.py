"""The doors of deliberation on a real database: 大灰厂 from the hotspot to the closed topic."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from shared.events.base import derived, ref
from shared.events.escalation import DepartmentCheckedIn, IssueClosed, IssueEscalated
from shared.events.intake import ComplaintRouted, HotspotDetected, HotspotRule
from shared.events.projects import ProjectDisclosed
from shared.events.vocabulary import CheckInMode, DisclosureStage, RouteTarget, WhistleKind
from tests.integration.deliberation.town import BEGIN, RECORDER, SECRETARY, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOTSPOT = ref("hotspot", derived("test", "hotspot"))
SEATS = ["seat/1", "seat/4", "seat/5"]
POSTS = ["post/secretary", "post/recorder-1"]
DAY = timedelta(days=1)
OTHERS = Bearer("secretary", ("zhangguozhuang",))
LEADER = Bearer("supervisor")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


async def detected(here: Town) -> UUID:
    """The topic of the hotspot 无物业管理."""
    await here.hears(
        HOTSPOT,
        1,
        HotspotDetected(
            category="PROPERTY_VACANCY",
            community="dahuichang",
            place="dahuichang-estate",
            people=8,
            complaints=12,
            rule=HotspotRule.DISTINCT_PEOPLE,
            since=BEGIN,
        ),
    )
    (topic,) = (await here.get(f"/topics?source={HOTSPOT}"))["items"]
    assert topic["public_title"].endswith("（共性诉求）")
    return UUID(topic["id"])


async def ready(here: Town, topic: UUID) -> None:
    """The topic is accepted, with its background."""
    await here.post(f"/topics/{topic}/accept", {"scope": "PROPERTY_MANAGEMENT"})
    await here.post(f"/topics/{topic}/background", {"title": "情况说明"})


async def opened(here: Town, starts_at: datetime, *topics: UUID) -> tuple[str, str]:
    """A meeting that is being held about these topics: its path, and the party of a member."""
    (member, *_) = (await here.get("/platforms/dahuichang"))["members"]
    planned = await here.post(
        "/meetings", {"community": "dahuichang", "starts_at": starts_at, "recorder": "recorder-1", "topics": topics}
    )
    path, parties = f"/meetings/{planned['id']}", [*SEATS, f"member/{member}"]
    notice = {"participants": parties, "moderator": "secretary", "form": "CONVENED"}
    await here.post(f"{path}/notice", notice)
    await here.post(f"{path}/invitations", {"invitees": [{"party": party} for party in parties]})
    await here.at(starts_at)
    await here.post(f"{path}/attendance", {"present": [*parties, *POSTS]}, RECORDER)
    await here.post(f"{path}/open")
    await here.post(
        f"{path}/problems",
        {"party": "seat/1", "category": "WASTE", "place": "dahuichang-estate", "public_title": "垃圾清运"},
        RECORDER,
    )
    return path, parties[-1]


def concluding(topic: UUID, **conclusion: Any) -> dict[str, Any]:
    """The end of a meeting with one conclusion."""
    return {"conclusions": [{"topic": topic, "conclusion": conclusion}]}


async def test_every_community_has_a_platform_and_a_vacant_seat_says_why(here: Town) -> None:
    platforms = await here.get("/platforms")
    assert len(platforms) == 16
    assert len(await here.get("/platforms", SECRETARY)) == 1
    assert (await here.get("/platforms/dahuichang"))["seats"]["3"]["vacant_because"] == "小区没有物业公司"
    assert (await here.call("GET", "/platforms/dahuichang", OTHERS)).status_code == 404
    assert len(await here.get("/duty?year=2024")) == 16 * 12


async def test_a_meeting_is_not_opened_for_all_reasons_at_once(here: Town) -> None:
    topic = await detected(here)
    await here.post(f"/topics/{topic}/accept", {"scope": "PROPERTY_MANAGEMENT"})
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": BEGIN + 4 * DAY, "topics": [topic]})
    path = f"/meetings/{planned['id']}"
    assert await here.refused(f"{path}/notice") == ["notice_item_missing"] * 3
    notice = {"participants": SEATS, "moderator": "secretary", "form": "ON_SITE"}
    await here.post(f"{path}/notice", notice)
    assert (await here.get(f"/topics/{topic}"))["state"] == "SCHEDULED"
    assert [entry["id"] for entry in await here.get("/notices", None)] == [planned["id"]]
    asked = await here.post(f"{path}/join-requests", {"applicant_kind": "RESIDENT"}, None)
    assert await here.refused(f"{path}/open") == [
        "application_unanswered",
        "background_missing",
        "convener_absent",
        "members_short",
        "notice_period_not_over",
        "recorder_missing",
        *["seat_not_invited"] * 3,
        "seats_short",
        "two_committees_absent",
    ]
    await here.post(f"{path}/join-refusals", {"applicant": asked["applicant"], "reason": "场地有限"})
    await here.post(f"{path}/postpone", {"starts_at": BEGIN + 9 * DAY, "reason": "材料未齐"})
    assert (await here.get(f"/topics/{topic}"))["state"] == "ACCEPTED"


async def test_two_deferrals_lead_to_the_owners_and_from_there_to_the_end(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    starts_at = BEGIN
    for deferral in (1, 2):
        starts_at += 10 * DAY
        path, _ = await opened(here, starts_at, topic)
        assert await here.refused(f"{path}/hold", {"conclusions": []}) == ["conclusion_missing"]
        await here.post(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="继续联系物业公司"))
        await here.post(f"{path}/minutes", {"text": f"第 {deferral} 次会议记录"}, RECORDER)
        assert len(await here.get(f"{path}/minutes", None)) == 1
    path, member = await opened(here, starts_at + 10 * DAY, topic)
    await here.post(f"{path}/positions", {"party": member, "topic": topic, "position": "SUPPORT"}, RECORDER)
    assert await here.refused(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="再议")) == [
        "assembly_needed"
    ]
    owners = {"conclusion": "REFERRED_TO_ASSEMBLY", "forum": "OWNERS", "matter": "HIRE_PROPERTY_COMPANY"}
    await here.post(f"{path}/hold", concluding(topic, **owners))
    called = await here.post("/assemblies", {"topic": topic})
    assert (await here.call("POST", "/assemblies", OTHERS, {"topic": topic})).status_code == 404
    path = f"/assemblies/{called['id']}"
    now = here.service.now()
    votes_at = now + 16 * DAY
    assert await here.refused(f"{path}/notice", {"starts_at": now + 5 * DAY, "venue": "小区广场", "form": "书面"}) == [
        "notice_too_short"
    ]
    await here.post(f"{path}/notice", {"starts_at": votes_at, "venue": "小区广场", "form": "书面"})
    await here.at(votes_at)
    inquorate = [{"base": base, "entitled": 900, "taking_part": 500, "agreeing": 500} for base in ("AREA", "OWNERS")]
    assert (await here.post(f"{path}/decision", {"held_at": votes_at, "counts": inquorate}))["state"] == "INQUORATE"
    assert (await here.post("/assemblies", {"topic": topic}))["id"] == called["id"]
    votes_at += 20 * DAY
    await here.post(f"{path}/notice", {"starts_at": votes_at, "venue": "小区广场", "form": "书面"})
    await here.at(votes_at)
    decided = await here.post(
        f"{path}/decision",
        {
            "held_at": votes_at,
            "counts": [
                {"base": base, "entitled": 900, "taking_part": 700, "agreeing": 400} for base in ("AREA", "OWNERS")
            ],
            "promises": [
                {
                    "owner": "物业公司",
                    "task": "道路修补",
                    "due_at": votes_at + 20 * DAY,
                    "planned": [{"work": "道路修补", "amount": 19, "quantity": "PLACES"}],
                }
            ],
        },
    )
    assert decided["state"] == "ADOPTED"
    await here.post(f"{path}/publication", {"text": "同意引进物业公司"})
    await here.post("/platforms/dahuichang/seats", {"seat": 3, "holder": "物业公司"})
    (undertaking,) = decided["undertakings"]
    assert await here.refused(f"/topics/{topic}/disclose", {"result": "物业公司进驻"}) == ["undertakings_open"]
    await here.at(votes_at + 21 * DAY)
    assert await here.said(undertaking) == ["UndertakingAssigned", "UndertakingOverdue"]
    done = {"finished_at": here.service.now(), "done": [{"work": "道路修补", "amount": 19, "quantity": "PLACES"}]}
    await here.post(f"/undertakings/{undertaking}/done", done)
    await here.post(f"/topics/{topic}/disclose", {"result": "物业公司进驻，道路修补 19 处"})
    await here.post(f"/topics/{topic}/close")
    assert (await here.said(topic))[-6:] == [
        "TopicOpened",
        "TopicReferredToAssembly",
        "TopicImplementing",
        "TopicCarriedOut",
        "TopicDisclosed",
        "TopicClosed",
    ]
    assert (await here.get("/integrity"))["sound"]


async def test_a_whistle_carries_a_topic_on(here: Town) -> None:
    proposed = await here.post(
        "/topics",
        {
            "community": "dahuichang",
            "category": "PROPERTY_VACANCY",
            "place": "dahuichang-estate",
            "public_title": "空窗期维修",
            "origin": "TWO_COMMITTEES",
            "sources": [ref("topic", await detected(here))],
        },
    )
    topic = UUID(proposed["id"])
    await ready(here, topic)
    path, _ = await opened(here, BEGIN + 5 * DAY, topic)
    assert await here.refused(f"{path}/hold", concluding(topic, conclusion="NEEDS_DEPARTMENTS")) == [
        "due_missing",
        "lead_missing",
    ]
    due_at = BEGIN + 12 * DAY
    await here.post(
        f"{path}/hold", concluding(topic, conclusion="NEEDS_DEPARTMENTS", lead="district-housing", due_at=due_at)
    )
    whistle = await here.service.pool.fetchval(
        "select data::text from journal where stream = $1 and type like '%.TopicNeedsDepartments.%'", topic
    )
    assert '"sources":[]' in whistle, "another topic's end must not be taken for this one's"
    sources, issue, duty = (ref("topic", topic),), derived("test", "issue"), derived("test", "duty")
    escalated = IssueEscalated(
        sources=sources,
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        whistle=WhistleKind.PUBLIC_DEMAND,
        caller="town-community-office",
        lead="district-housing",
        due_at=due_at,
        task="空窗期维修",
    )
    checked_in = DepartmentCheckedIn(
        issue=ref("issue", issue),
        department="district-housing",
        checked_in_at=BEGIN + 6 * DAY,
        mode=CheckInMode.ON_SITE,
        late=True,
        sources=sources,
    )
    for _ in range(2):
        await here.hears(ref("issue", issue), 1, escalated)
        await here.hears(ref("duty", duty), 1, checked_in)
        await here.hears(ref("issue", issue), 2, IssueClosed(sources=sources))
    assert (await here.said(topic))[-3:] == ["TopicProgressed", "TopicProgressed", "TopicImplementing"]
    disclosed = ProjectDisclosed(
        sources=sources, stage=DisclosureStage.POOLED, public_title="扶手", community="dahuichang"
    )
    await here.hears(ref("project", derived("test", "project")), 1, disclosed)
    assert (await here.said(topic))[-1] == "TopicProgressed"
    assert (await here.get(f"/topics/{topic}"))["state"] == "IMPLEMENTING"


async def test_a_hotspot_gets_a_new_topic_only_when_the_last_one_has_ended(here: Town) -> None:
    first = await detected(here)
    again = HotspotDetected(
        category="PROPERTY_VACANCY",
        community="dahuichang",
        place="dahuichang-estate",
        people=9,
        complaints=14,
        rule=HotspotRule.DISTINCT_PEOPLE,
        since=BEGIN,
    )
    await here.hears(HOTSPOT, 2, again)
    assert len((await here.get(f"/topics?source={HOTSPOT}"))["items"]) == 1
    await here.post(f"/topics/{first}/reject", {"reason": "不在协商范围"})
    await here.hears(HOTSPOT, 3, again)
    assert len((await here.get(f"/topics?source={HOTSPOT}"))["items"]) == 2


async def test_a_route_becomes_a_topic_and_a_merged_topic_keeps_its_sources(here: Town) -> None:
    route = ref("route", derived("test", "route"))
    await here.hears(
        route,
        1,
        ComplaintRouted(
            complaint=ref("complaint", derived("test", "complaint")),
            community="dahuichang",
            category="WASTE",
            place=None,
            wanted=RouteTarget.TOPIC,
        ),
    )
    (topic,) = (await here.get(f"/topics?source={route}"))["items"]
    into = await detected(here)
    for accepted in (topic["id"], into):
        await here.post(f"/topics/{accepted}/accept", {"scope": "PROPERTY_MANAGEMENT"})
    await here.post(f"/topics/{topic['id']}/merge", {"into": into})
    assert (await here.get(f"/topics/{into}"))["sources"] == [HOTSPOT, route]
    assert (await here.get(f"/topics/{topic['id']}"))["state"] == "MERGED"


async def test_the_monthly_duty_is_met_by_a_meeting_warned_of_and_missed_without(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    path, _ = await opened(here, BEGIN + 5 * DAY, topic)
    settled = {"owner": "社区两委", "task": "张贴公告", "due_at": BEGIN + 30 * DAY}
    await here.post(f"{path}/hold", concluding(topic, conclusion="AGREED", promises=[settled]))
    await here.at(BEGIN + 45 * DAY)
    february = {row["community"]: row for row in await here.get("/duty?year=2024") if row["month"] == "2024-02-01"}
    assert february["dahuichang"]["meetings"] == 1
    assert not february["dahuichang"]["missed"]
    assert february["zhangguozhuang"]["warned"]
    assert february["zhangguozhuang"]["missed"]
    assert (await here.said(path.rpartition("/")[2]))[-1] == "MinutesOverdue"


async def test_a_seat_that_stays_away_twice_is_reported_to_its_superior(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    for number, told in ((1, "false"), (2, "true")):
        starts_at = BEGIN + number * 10 * DAY
        path, _ = await opened(here, starts_at, topic)
        await here.post(f"{path}/attendance", {"absent": ["seat/5"]}, RECORDER)
        await here.post(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="继续联系"))
        absence = await here.service.pool.fetchval(
            "select data->>'superior_told' from journal where stream = $1 and type like '%.AbsenceUnexcused.%'",
            UUID(path.rpartition("/")[2]),
        )
        assert absence == told


async def test_nobody_acts_for_another_community_and_the_town_does_not_decide(here: Town) -> None:
    topic = await detected(here)
    accepted = {"scope": "PROPERTY_MANAGEMENT"}
    assert (await here.call("POST", f"/topics/{topic}/accept", OTHERS, accepted)).status_code == 404
    assert (await here.call("POST", f"/topics/{topic}/accept", LEADER, accepted)).status_code == 403
    assert (await here.call("POST", f"/topics/{topic}/accept", None, accepted)).status_code == 401
    elsewhere = {"community": "zhangguozhuang", "starts_at": BEGIN + 9 * DAY}
    assert (await here.call("POST", "/meetings", SECRETARY, elsewhere)).status_code == 404


async def test_an_officer_answers_for_the_own_department_alone(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": BEGIN + 4 * DAY, "topics": [topic]})
    path = f"/meetings/{planned['id']}"
    await here.post(f"{path}/notice", {"participants": SEATS, "moderator": "secretary", "form": "DISCUSSION"})
    company = {"party": "unit/qingyu"}
    assert await here.refused(f"{path}/invitations", {"invitees": [company]}) == ["label_missing"]
    invitees = [{"party": "unit/district-housing"}, company | {"label": "青宇公司"}, {"party": "seat/4"}]
    await here.post(f"{path}/invitations", {"invitees": invitees})
    housing, traffic = (Bearer("officer", department=unit) for unit in ("district-housing", "district-traffic"))
    answer = {"party": "unit/district-housing"}
    assert (await here.call("POST", f"{path}/acceptances", traffic, answer)).status_code == 404
    assert (await here.call("POST", f"{path}/acceptances", housing, {"party": "seat/4"})).status_code == 404
    await here.post(f"{path}/acceptances", answer, housing)
    assert (await here.get(f"/meetings/{planned['id']}"))["invited"]["unit/district-housing"]["answer"] == "ACCEPTED"
