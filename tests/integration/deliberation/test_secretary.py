"""大灰厂社区 holds a meeting: as its secretary prepares, holds and publishes it, with every wrong step tried first.

The words of each refusal stand here as the secretary reads them.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from shared.rules.township import SHANGHAI
from tests.integration.deliberation.town import RECORDER, SECRETARY, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
OTHER_RECORDER = Bearer("recorder", ("dahuichang",), posts=("recorder-2",))
NEIGHBOUR = Bearer("recorder", ("zhangguozhuang",), posts=("recorder-1",))
DAY = timedelta(days=1)
TITLE = "大灰厂小区物业空窗期公共设施维修"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """It is 2024-02-01, 8:00."""
    async with town(postgres, tmp_path) as running:
        yield running


def february(day: int, hour: int = 14, minute: int = 30) -> datetime:
    """In February 2024, Asia/Shanghai."""
    return datetime(2024, 2, day, hour, minute, tzinfo=SHANGHAI)


async def refused(here: Town, path: str, body: object = None, who: Bearer | None = SECRETARY) -> list[str]:
    """What the secretary reads when it does not work: every reason, else the title."""
    answer = await here.call("POST", path, who, body)
    assert 400 <= answer.status_code < 500, answer.text
    problem: dict[str, Any] = answer.json()
    return [reason["detail"] for reason in problem.get("errors", [])] or [problem["title"]]


async def test_the_secretary_prepares_holds_and_publishes_a_meeting(here: Town) -> None:
    topic = await a_topic_is_proposed(here)
    path = await a_meeting_is_planned(here, topic)
    await its_notice_is_published(here, path, topic)
    guest = await somebody_applies(here, path)
    member = await the_parties_are_invited(here, path)
    await it_is_too_early_to_begin(here, path)
    await what_is_missing_is_done(here, path, topic, guest)
    await the_parties_arrive(here, path, member, guest)
    await the_months_problems_come_first(here, path, topic, member)
    await everybody_is_heard(here, path, topic, member)
    await it_ends_with_a_conclusion(here, path, topic)
    await the_recorder_publishes_the_minutes(here, path)
    await everybody_can_read_them(here, path)


async def a_topic_is_proposed(here: Town) -> str:
    """The two committees make it a topic: in words of the town's lists, about a place of their own."""
    motion = {
        "community": "dahuichang",
        "category": "PROPERTY_SERVICE",
        "place": "dahuichang-estate",
        "public_title": TITLE,
        "origin": "TWO_COMMITTEES",
    }
    wrong = motion | {"category": "WATER_AND_LIGHT", "place": "zhangguozhuang-road"}
    assert await refused(here, "/topics", wrong) == ["没有这个诉求分类", "地点不属于该社区（村）"]
    assert await refused(here, "/topics", motion | {"origin": "HOTSPOT"}) == [
        "热点和转办的议题由系统自动生成，不能手工提出"
    ]
    topic: str = (await here.post("/topics", motion))["id"]
    return topic


async def a_meeting_is_planned(here: Town, topic: str) -> str:
    """On 23 February, half past two. The recorder is not known yet."""
    plan = {"community": "dahuichang", "starts_at": february(23), "topics": [topic]}
    assert await refused(here, "/meetings", plan | {"starts_at": "2024-01-23T14:30:00+08:00"}) == ["会议时间须晚于现在"]
    assert await refused(here, "/meetings", plan | {"urgent": True}) == ["紧急会议须写明紧急原因"]
    assert await refused(here, "/meetings", plan | {"topics": [topic, topic]}) == ["同一议题列了两次"]
    assert await refused(here, "/meetings", plan | {"community": "zhangguozhuang"}) == ["不存在"]
    return f"/meetings/{(await here.post('/meetings', plan))['id']}"


async def its_notice_is_published(here: Town, path: str, topic: str) -> None:
    """Three days before at least, with all five points, about accepted topics."""
    await here.at(february(20, 14, 59))
    assert await refused(here, f"{path}/notice") == [
        "公示缺少参加人员",
        "公示缺少主持人",
        "公示缺少会议形式",
        "公示期不足，会议最早可定于2024年2月23日15:00",
        "议题须已受理且未列入其他会议",
    ]
    await here.post(f"/topics/{topic}/accept", {"scope": "PROPERTY_MANAGEMENT"})
    notice = {"participants": ["seat/1", "seat/4", "seat/5"], "moderator": "secretary", "form": "CONVENED"}
    later = notice | {"starts_at": february(23, 15, 0)}
    with_company = later | {"participants": ["seat/1", "seat/3"]}
    assert await refused(here, f"{path}/notice", with_company) == ["该席位空缺"]
    await here.post(f"{path}/notice", later)
    assert await refused(here, f"{path}/notice", later) == [
        "会议现为“公示中”，只有“已拟定”的会议可以这样办理",
        "议题须已受理且未列入其他会议",
    ]
    assert await refused(here, f"/topics/{topic}/accept", {"scope": "URGENT_WORRIES"}) == ["议题须处于“待受理”状态"]


async def somebody_applies(here: Town, path: str) -> str:
    """A resident reads the notice and wants to come."""
    (notice,) = await here.get("/notices?community=dahuichang", None)
    assert notice["topics"][0]["public_title"] == TITLE
    guest: str = (await here.post(f"{path}/join-requests", {"applicant_kind": "RESIDENT"}, None))["applicant"]
    return guest


async def the_parties_are_invited(here: Town, path: str) -> str:
    """Seats, members, departments; the police are forgotten at first."""
    (one, *_) = (await here.get("/platforms/dahuichang", SECRETARY))["members"]
    member = f"member/{one}"
    strangers = ["seat/2", "member/00000000-0000-4000-8000-000000000000", "unit/qingyu", "post/secretary"]
    assert await refused(here, f"{path}/invitations", {"invitees": [{"party": party} for party in strangers]}) == [
        "该席位空缺",
        "不是本平台的代表",
        "只能列入席位、代表或单位",
        "未登记的单位须写明名称",
    ]
    parties = ["seat/1", "seat/5", member, "unit/district-housing"]
    await here.post(f"{path}/invitations", {"invitees": [{"party": party} for party in parties]})
    assert await refused(here, f"{path}/excuses", {"party": "seat/4", "reason": "值班"}) == ["该方未受邀请"]
    return member


async def it_is_too_early_to_begin(here: Town, path: str) -> None:
    """Nothing is ready, and all of it is said at once."""
    assert await refused(here, f"{path}/open") == [
        "公示期未满，2024年2月23日15:00起方可开会",
        f"议题“{TITLE}”的背景材料尚未发放",
        "席位4（社区民警）未受邀请",
        "还有参会申请未答复",
        "未指定记录人",
        "召集人未到会",
        "两委未到会",
        "已到位的席位有 3 个，到会 0 个，未超过50%",
        "到会的 N 方代表 0 人，至少须 1 人",
    ]


async def what_is_missing_is_done(here: Town, path: str, topic: str, guest: str) -> None:
    """Background, police, recorder, the resident's answer."""
    background = {"title": "公共设施维修情况说明", "documents": ["0" * 64]}
    assert await refused(here, f"/topics/{topic}/background", background) == ["没有这个校验值的附件，请先上传"]
    await here.post(f"/topics/{topic}/background", {"title": "公共设施维修情况说明"})
    await here.post(f"{path}/invitations", {"invitees": [{"party": "seat/4"}]})
    await here.post(f"{path}/recorder", {"recorder": "recorder-1"})
    stranger = "00000000-0000-4000-8000-000000000000"
    assert await refused(here, f"{path}/join-admissions", {"applicant": stranger}) == ["没有该参会申请"]
    await here.post(f"{path}/join-admissions", {"applicant": guest})
    assert await refused(here, f"{path}/join-refusals", {"applicant": guest, "reason": "场地有限"}) == ["该申请已答复"]


async def the_parties_arrive(here: Town, path: str, member: str, guest: str) -> None:
    """Nobody comes uninvited; too few are there at first."""
    await here.at(february(23, 12, 0))
    codes = await here.get(f"{path}/check-in-codes", RECORDER)
    card = {"party": "seat/4", "code": codes["seat/4"]}
    assert await refused(here, f"{path}/check-in", card, None) == ["尚未到签到时间"]
    await here.at(february(23, 15, 0))
    assert await refused(here, f"{path}/join-requests", {"applicant_kind": "RESIDENT"}, None) == [
        "公示已结束，不再接受参会申请"
    ]
    assert await refused(here, f"{path}/check-in", card | {"code": codes["seat/5"]}, None) == ["签到码不正确"]
    wrong = {"present": ["seat/1", "seat/3"], "absent": ["seat/1"]}
    assert await refused(here, f"{path}/attendance", wrong, RECORDER) == [
        "该方未受邀请，也未获准参会",
        "同一方不能既到会又缺席",
    ]
    await here.post(f"{path}/attendance", {"present": ["post/secretary", "seat/1"]}, RECORDER)
    assert await refused(here, f"{path}/open") == [
        "记录人未到会",
        "已到位的席位有 3 个，到会 1 个，未超过50%",
        "到会的 N 方代表 0 人，至少须 1 人",
    ]
    assert await refused(here, f"{path}/problems", problem(member), RECORDER) == [
        "会议现为“公示中”，只有“进行中”的会议可以这样办理",
        "该方未到会",
    ]
    await here.post(f"{path}/check-in", card, None)
    coming = ["post/recorder-1", member, f"guest/{guest}", "unit/district-housing"]
    await here.post(f"{path}/attendance", {"present": coming}, RECORDER)
    await here.post(f"{path}/open")
    assert await refused(here, f"{path}/postpone", {"starts_at": february(27), "reason": "下雪"}) == [
        "会议现为“进行中”，只有“已拟定”、“公示中”的会议可以这样办理"
    ]


def problem(party: str, place: str = "dahuichang-estate") -> dict[str, str]:
    """A problem of the month."""
    return {"party": party, "category": "WATER", "place": place, "public_title": "供水站设备老化"}


async def the_months_problems_come_first(here: Town, path: str, topic: str, member: str) -> None:
    """The exchange of problems is the first point of every meeting."""
    position = {"party": member, "topic": topic, "position": "SUPPORT"}
    assert await refused(here, f"{path}/positions", position, RECORDER) == ["每次会议须先交流当月问题，再议议题"]
    elsewhere = problem("seat/5", "zhangguozhuang-road")
    assert await refused(here, f"{path}/problems", elsewhere, RECORDER) == ["该方未到会", "地点不属于该社区（村）"]
    await here.post(f"{path}/problems", problem(member), RECORDER)
    assert await refused(here, f"{path}/no-problems", None, RECORDER) == ["本次会议已交流问题"]


async def everybody_is_heard(here: Town, path: str, topic: str, member: str) -> None:
    """Every party that is there may speak, about the topics on the notice."""
    off = {"party": "seat/1", "topic": "00000000-0000-4000-8000-000000000000"}
    assert await refused(here, f"{path}/statements", off, RECORDER) == ["议题未列入会议公示"]
    for party in ("seat/1", "seat/4", member, "unit/district-housing"):
        await here.post(f"{path}/statements", {"party": party, "topic": topic}, RECORDER)
    chair = {"party": "post/secretary", "topic": topic, "position": "SUPPORT"}
    assert await refused(here, f"{path}/positions", chair, RECORDER) == ["主持、记录岗位不表态"]
    for party, position in (("seat/1", "SUPPORT"), (member, "OPPOSE"), ("seat/4", "OPPOSE")):
        await here.post(f"{path}/positions", {"party": party, "topic": topic, "position": position}, RECORDER)


async def it_ends_with_a_conclusion(here: Town, path: str, topic: str) -> None:
    """Exactly one of seven, and one that the town's rules allow."""

    def ending(**conclusion: Any) -> dict[str, Any]:
        return {"conclusions": [{"topic": topic, "conclusion": conclusion}]}

    assert await refused(here, f"{path}/hold", {"conclusions": []}) == ["公示的每项议题都须有结论"]
    assembly_alone = "多次协商未果或争议较大，只能提交村（居）民会议、代表会议或业主大会决定"
    assert await refused(here, f"{path}/hold", ending(conclusion="AGREED", promises=[])) == [
        "须写明由谁落实、何时完成",
        "赞成的未超过表态的50%，不能作出决定",
        assembly_alone,
    ]
    for party in (await here.get(path, SECRETARY))["attendance"]:
        if party.startswith(("member/", "seat/4")):
            change = {"party": party, "topic": topic, "position": "SUPPORT"}
            await here.post(f"{path}/positions", change, RECORDER)
    yesterday = {"owner": "两委", "task": "维修", "due_at": here.service.now() - DAY}
    assert await refused(here, f"{path}/hold", ending(conclusion="SETTLED", promises=[yesterday])) == [
        "完成时限须晚于现在"
    ]
    owners = {"conclusion": "REFERRED_TO_ASSEMBLY", "forum": "VILLAGERS", "matter": "OTHER"}
    assert await refused(here, f"{path}/hold", ending(**owners)) == [
        "既非法定事项，也未经多次协商或出现较大争议，不能提交会议决定",
        "该事项依法不由这一会议决定",
    ]
    project = {"conclusion": "NEEDS_PROJECT", "project_category": "HOUSING_CONDITIONS", "common": "PEOPLE"}
    assert await refused(here, f"{path}/hold", ending(**project)) == [
        "须对照七有五性至少标明一项",
        "纳入项目池须为共性诉求：提出诉求的不足 3 人",
    ]
    whistle = {"conclusion": "NEEDS_DEPARTMENTS"}
    assert await refused(here, f"{path}/hold", ending(**whistle)) == ["吹哨须明确主责部门", "吹哨须明确办理时限"]
    whistle |= {"lead": "district-housing", "due_at": february(29).isoformat()}
    assert await refused(here, f"{path}/hold", ending(**whistle) | {"held_at": february(23, 14, 0)}) == [
        "结束时间须在会议开始之后，且不晚于现在"
    ]
    await here.at(february(23, 16, 30))
    await here.post(f"{path}/hold", ending(**whistle))
    assert (await here.get(f"/topics/{topic}", SECRETARY))["state"] == "ESCALATED"
    months = await here.get("/duty?year=2024&community=dahuichang", SECRETARY)
    assert (months[1]["state"], months[1]["meetings"]) == ("HELD", 1)
    assert (await here.get(path, SECRETARY))["unexcused"] == ["seat/5"]


async def the_recorder_publishes_the_minutes(here: Town, path: str) -> None:
    """Nobody else does: not the secretary, not another recorder, not the neighbours'."""
    draft = (await here.get(f"{path}/minutes/draft", RECORDER))["text"]
    assert TITLE in draft and "供水站设备老化" in draft
    minutes = {"text": "会议通报小区公共设施情况，决定就空窗期维修吹哨，由区房管局主责。"}
    assert await refused(here, f"{path}/minutes", minutes, SECRETARY) == ["没有权限"]
    assert await refused(here, f"{path}/minutes", minutes, NEIGHBOUR) == ["不存在"]
    assert await refused(here, f"{path}/minutes", minutes, OTHER_RECORDER) == [
        "会议记录只能由本次会议指定的记录人公布和更正"
    ]
    correction = {"text": minutes["text"] + "协办部门另行确定。", "reason": "补充协办部门"}
    assert await refused(here, f"{path}/minutes-corrections", correction, RECORDER) == [
        "会议现为“已结束”，只有“记录已公布”的会议可以这样办理"
    ]
    await here.post(f"{path}/minutes", minutes, RECORDER)
    assert await refused(here, f"{path}/minutes", {"text": "另一份记录"}, RECORDER) == [
        "会议现为“记录已公布”，只有“已结束”的会议可以这样办理"
    ]
    await here.post(f"{path}/minutes-corrections", correction, RECORDER)


async def everybody_can_read_them(here: Town, path: str) -> None:
    """Both versions, without a login, each with its seal."""
    first, second = await here.get(f"{path}/minutes", None)
    assert (first["version"], second["version"], second["reason"]) == (1, 2, "补充协办部门")
    assert len(second["sha256"]) == 64
    assert await here.get("/notices", None) == []
    assert (await here.said(path.rpartition("/")[2]))[-1] == "MinutesCorrected"
    assert (await here.get("/integrity"))["sound"]
