"""The doors around a topic and a meeting: files, agenda, codes, reviews, demands, terms, absences, lists, histories."""

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.deliberation.telling import teller
from shared.plumbing.notices.words import Told
from tests.integration.deliberation.test_story import DAY, LEADER, OTHERS, SEATS, concluding, opened
from tests.integration.deliberation.town import BEGIN, RECORDER, SECRETARY, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
MOTION = {"community": "dahuichang", "category": "WASTE", "public_title": "垃圾清运", "origin": "TWO_COMMITTEES"}
HOUR = timedelta(hours=1)
POLICE = Bearer("officer", department="district-police")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


async def accepted(here: Town, **motion: Any) -> UUID:
    """A topic that is accepted."""
    topic = (await here.post("/topics", MOTION | motion))["id"]
    await here.post(f"/topics/{topic}/accept", {"scope": "PUBLIC_AFFAIRS"})
    return UUID(topic)


async def test_the_background_names_its_files_by_their_checksums_and_the_evidence_too(here: Town) -> None:
    topic = await accepted(here)
    path = f"/topics/{topic}"
    page = await here.attached(f"{path}/attachments", "red")
    other = "0" * 64
    assert await here.refused(f"{path}/background", {"title": "说明", "documents": [other]}) == ["attachment_unknown"]
    await here.post(f"{path}/background", {"title": "说明", "documents": [page["sha256"]]})
    assert (await here.facts(topic))[-1][1]["documents"] == [page["sha256"]]
    read = f"{path}/attachments/{page['id']}"
    shown = await here.call("GET", f"{read}?reason=会前查阅", RECORDER)
    assert sha256(shown.content).hexdigest() == page["sha256"]
    assert (await here.call("GET", read, RECORDER)).status_code == 422
    assert (await here.call("GET", f"{read}?reason=会前查阅", OTHERS)).status_code == 404
    meeting, _ = await opened(here, BEGIN + 5 * DAY, topic)
    promise = {"owner": "两委", "task": "清运", "due_at": BEGIN + 9 * DAY}
    held = await here.post(f"{meeting}/hold", concluding(topic, conclusion="SETTLED", promises=[promise]))
    undertaking = f"/undertakings/{held['undertakings'][0]}"
    photo = await here.attached(f"{undertaking}/attachments", "blue", RECORDER)
    done = {"finished_at": BEGIN + 5 * DAY, "evidence": [page["sha256"]]}
    assert await here.refused(f"{undertaking}/done", done) == ["attachment_unknown"]
    await here.post(f"{undertaking}/attachments/{photo['id']}/withdraw", {"reason": "拍错"})
    assert await here.refused(f"{undertaking}/reports", {"evidence": [photo["sha256"]]}) == ["attachment_unknown"]
    photo = await here.attached(f"{undertaking}/attachments", "green", RECORDER)
    await here.post(f"{undertaking}/done", done | {"evidence": [photo["sha256"]]})
    assert (await here.get(undertaking))["evidence"] == [photo["sha256"]]


async def test_the_last_undertaking_starts_the_clock_of_the_disclosure(here: Town) -> None:
    topic = await accepted(here)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    meeting, _ = await opened(here, BEGIN + 5 * DAY, topic)
    promise = {"owner": "两委", "task": "清运", "due_at": BEGIN + 9 * DAY}
    agreed = concluding(topic, conclusion="AGREED", promises=[promise, promise], review_on="2024-04-01")
    first, second = (await here.post(f"{meeting}/hold", agreed))["undertakings"]
    await here.post(f"/undertakings/{first}/done", {"finished_at": BEGIN + 5 * DAY})
    assert (await here.said(topic))[-1] == "TopicAgreed"
    await here.post(f"/undertakings/{second}/excuse", {"reason": "已由产权单位完成"})
    assert (await here.said(topic))[-1] == "TopicCarriedOut"
    await here.at(BEGIN + 30 * DAY)
    assert (await here.said(topic))[-1] == "TopicDisclosureOverdue"
    assert len((await here.get("/topics?overdue=true"))["items"]) == 1
    await here.post(f"/topics/{topic}/disclose", {"result": "已清运"})
    await here.post(f"/topics/{topic}/close")
    await here.at(BEGIN + 60 * DAY)
    assert (await here.said(topic))[-1] == "TopicReviewDue"
    await here.post(f"/topics/{topic}/reviews", {"finding": "垃圾又堆积", "worked": False})
    assert (await here.said(topic))[-2:] == ["TopicReviewed", "TopicReopened"]
    assert (await here.get(f"/topics/{topic}"))["state"] == "ACCEPTED"


async def test_agenda_codes_and_a_seats_own_answer(here: Town) -> None:
    one, two = await accepted(here), await accepted(here, public_title="路灯")
    starts_at = BEGIN + 4 * DAY
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": starts_at, "topics": [one, two]})
    path = f"/meetings/{planned['id']}"
    await here.post(f"{path}/notice", {"participants": SEATS, "moderator": "secretary", "form": "DISCUSSION"})
    await here.post(f"{path}/agenda", {"topics": [two, one]})
    assert await here.refused(f"{path}/agenda", {"topics": [two]}) == ["agenda_differs"]
    assert (await here.get(path))["topics"] == [str(two), str(one)]
    await here.post(f"{path}/invitations", {"invitees": [{"party": party} for party in SEATS]})
    assert (await here.call("POST", f"{path}/acceptances", POLICE, {"party": "seat/5"})).status_code == 404
    await here.post(f"{path}/acceptances", {"party": "seat/4"}, POLICE)
    codes = await here.get(f"{path}/check-in-codes", RECORDER)
    assert (await here.call("GET", f"{path}/check-in-codes", OTHERS)).status_code == 404
    own = {"party": "seat/4", "code": codes["seat/4"].lower().replace("-", " ")}
    assert await here.refused(f"{path}/check-in", own, None) == ["too_early"]
    await here.at(starts_at - HOUR)
    assert await here.refused(f"{path}/check-in", own | {"code": codes["seat/5"]}, None) == ["wrong_code"]
    await here.post(f"{path}/check-in", own, None)
    assert (await here.get(path))["attendance"] == {"seat/4": True}
    await here.post(f"{path}/attendance", {"absent": ["seat/4"]}, RECORDER)
    assert await here.refused(f"{path}/check-in", own, None) == ["code_used"]
    await here.post(f"{path}/postpone", {"starts_at": starts_at + DAY, "reason": "材料未齐"})
    assert codes != await here.get(f"{path}/check-in-codes", RECORDER)


async def test_a_guess_at_codes_is_stopped(here: Town) -> None:
    topic = await accepted(here)
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": BEGIN + 4 * DAY, "topics": [topic]})
    guess = {"party": "seat/1", "code": "0000-0000"}
    path = f"/meetings/{planned['id']}/check-in"
    statuses = {(await here.call("POST", path, None, guess)).status_code for _ in range(31)}
    assert statuses == {409, 429}


async def test_the_owners_demand_what_the_law_lets_them_demand(here: Town) -> None:
    topic = await accepted(here, category="PROPERTY_VACANCY")
    asked = {"forum": "OWNERS", "matter": "HIRE_PROPERTY_COMPANY", "base": "OWNERS", "demanding": 19, "entitled": 100}
    path = f"/topics/{topic}/assembly-demands"
    assert await here.refused(path, asked) == ["demand_too_small"]
    assert (await here.call("POST", path, LEADER, asked)).status_code == 403
    await here.post(path, asked | {"demanding": 20})
    called = await here.post("/assemblies", {"topic": topic})
    assert (await here.get(f"/assemblies/{called['id']}"))["forum"] == "OWNERS"


async def test_a_member_has_a_term_and_is_forgotten_with_its_end(here: Town) -> None:
    path = "/platforms/dahuichang"
    person = {"name": "李卫东", "phone": "13900001111"}
    joining = {"member_kind": "VOLUNTEER", "until": "2024-02-20", "reachable": person}
    member = (await here.post(f"{path}/members", joining))["member"]
    opened_list = f"{path}/members?reason=会议通知"
    (found,) = [one for one in await here.get(opened_list, SECRETARY) if one["member"] == member]
    assert (found["name"], found["until"]) == ("李卫东", "2024-02-20")
    assert all("name" not in one for one in await here.get(f"{path}/members", SECRETARY))
    assert (await here.call("GET", opened_list, OTHERS)).status_code == 404
    journal = await here.service.pool.fetchval("select string_agg(data::text, '') from journal")
    assert "李卫东" not in journal and "13900001111" not in journal
    vault = "select count(*) from vault v where subject = $1"
    assert await here.service.pool.fetchval(vault, UUID(member)) == 1
    await here.at(BEGIN + 20 * DAY)
    platform = await here.get(path)
    assert member not in platform["members"]
    assert (await here.facts(platform["id"]))[-1][1]["reason"] == "任期届满"
    assert await here.service.pool.fetchval(vault, UUID(member)) == 0
    kept = next(iter(platform["members"]))
    await here.post(f"{path}/renewals", {"member": kept, "until": "2026-12-31"})
    assert (await here.get(path))["member_terms"][kept] == "2026-12-31"


async def test_the_superior_of_whoever_stays_away_twice_is_told_and_answers(here: Town) -> None:
    topic = await accepted(here)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    superior = {"party": "seat/5", "reachable": {"name": "值班室", "phone": "13800000000"}}
    await here.post("/platforms/dahuichang/superiors", superior, LEADER)
    answer = {"party": "seat/5", "answer": "已安排专人参会"}
    for number in (1, 2):
        path, _ = await opened(here, BEGIN + number * 10 * DAY, topic)
        await here.post(f"{path}/attendance", {"absent": ["seat/5"]}, RECORDER)
        await here.post(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="再议"))
        if number == 1:
            assert await here.get("/absences") == []
            nothing = await here.call("POST", "/platforms/dahuichang/absence-answers", SECRETARY, answer)
            assert nothing.status_code == 404
    (absence,) = await here.get("/absences")
    assert (absence["party"], absence["times"], absence["superior_registered"]) == ("seat/5", 2, True)
    owner = UUID(absence["id"])
    told = teller(here.service)
    async with here.service.pool.acquire() as con:
        whose = await told.look(con, [owner])
    ((_, data),) = await here.facts(owner)
    fact = told.facts[0].model_validate(data)
    message = told.tell(Told(1, "absence", owner, f"absence/{owner}/1", fact, BEGIN), whose[owner])
    assert message and message.parameters == {
        "party": "联系领导和科室", "community": "大灰厂社区", "months": "6", "times": "2",
    }  # fmt: skip
    assert (await told.contacts(here.service.pool, [owner]))[owner].to == "+8613800000000"
    await here.post("/platforms/dahuichang/absence-answers", answer)
    assert (await here.get("/absences"))[0]["answer"] == "已安排专人参会"
    assert (await here.call("POST", "/platforms/dahuichang/absence-answers", OTHERS, answer)).status_code == 404


async def test_lists_go_on_page_by_page_and_refuse_what_they_do_not_know(here: Town) -> None:
    topics = [str(await accepted(here, public_title=f"议题{number}")) for number in range(3)]
    first = await here.get("/topics?state=ACCEPTED&limit=2")
    assert [one["id"] for one in first["items"]] == topics[:0:-1]
    rest = await here.get(f"/topics?state=ACCEPTED&limit=2&after={first['next']}")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (topics[:1], None)
    assert (await here.get("/topics?category=NOISE"))["items"] == []
    for wrong in ("color=red", "state=LOST", "limit=0"):
        assert (await here.call("GET", f"/topics?{wrong}", SECRETARY)).status_code == 422, wrong
    for wrong in (f"state=REJECTED&after={first['next']}", "after=x"):
        assert (await here.call("GET", f"/topics?{wrong}", SECRETARY)).status_code == 409, wrong
    assert (await here.get("/topics", OTHERS))["items"] == []
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": BEGIN + 4 * DAY, "topics": topics})
    assert [one["id"] for one in (await here.get(f"/meetings?topic={topics[1]}"))["items"]] == [planned["id"]]
    assert (await here.get("/meetings?urgent=true"))["items"] == []
    assert (await here.get("/assemblies?legal_check_due=true"))["items"] == []
    assert (await here.get("/undertakings?overdue=true&unit=district-housing"))["items"] == []


async def test_a_topics_history_tells_everything_in_order(here: Town) -> None:
    topic = await accepted(here)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    meeting, member = await opened(here, BEGIN + 5 * DAY, topic)
    about = f"topic/{topic}"
    guidance = {"subject": "CHOOSING", "text": "议题应聚焦", "by": "town-community-office", "about": about}
    await here.post("/platforms/dahuichang/guidance", guidance, LEADER)
    elsewhere = guidance | {"about": f"topic/{UUID(int=1)}", "by": "nobody"}
    assert await here.refused("/platforms/dahuichang/guidance", elsewhere, LEADER) == ["about_unknown", "unknown_unit"]
    await here.post(f"{meeting}/positions", {"party": member, "topic": topic, "position": "SUPPORT"}, RECORDER)
    promise = {"owner": "两委", "task": "清运", "due_at": BEGIN + 9 * DAY}
    await here.post(f"{meeting}/hold", concluding(topic, conclusion="SETTLED", promises=[promise]))
    told = await here.get(f"/topics/{topic}/history")
    assert [one["fact"] for one in told] == [
        "TopicProposed", "TopicAccepted", "BackgroundDistributed", "MeetingScheduled", "NoticePublished",
        "TopicScheduled", "MeetingOpened",
        "TopicOpened", "GuidanceGiven", "PositionRecorded", "MeetingHeld", "TopicSettled", "UndertakingAssigned",
    ]  # fmt: skip
    assert [one["position"] for one in told] == sorted(one["position"] for one in told)
    assert (told[0]["heading"], told[0]["role"], told[0]["unit"]) == ("议题提出", "secretary", "dahuichang")
    assert (await here.call("GET", f"/topics/{topic}/history", OTHERS)).status_code == 404
    sitting = await here.get(f"{meeting}/history")
    assert {one["fact"] for one in sitting} > {"MeetingScheduled", "MeetingInvited", "ProblemRaised", "MeetingHeld"}
    platform = await here.get("/platforms/dahuichang/history", SECRETARY)
    assert platform[0]["fact"] == "PlatformRulesAdopted"


async def test_a_topic_by_hand_names_only_sources_that_are_there(here: Town) -> None:
    topic = await accepted(here)
    nothing = f"meeting/{UUID(int=3)}"
    raised = MOTION | {"origin": "PROBLEM_RAISED", "sources": [nothing, f"topic/{topic}", f"duty/{UUID(int=4)}"]}
    assert await here.refused("/topics", raised) == ["source_kind", "source_unknown"]
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    path, _ = await opened(here, BEGIN + 5 * DAY, topic)
    await here.post("/topics", raised | {"sources": [path.removeprefix("/").replace("meetings", "meeting")]})
