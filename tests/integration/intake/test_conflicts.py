"""同号异文: the dispatcher sees both, decides once, and nothing is lost."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.integration.intake.town import FEEDER, OFFICER, SUPERVISOR, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
OTHER = "楼道扶手也坏了"


async def conflict(here: Town) -> tuple[UUID, str]:
    """A complaint, and the path of an order that contradicts it."""
    id = await here.received("1", 1)
    await here.hotline(here.order("1", 1, content=OTHER))
    (waiting,) = await here.get("/conflicts")
    assert waiting["complaint"] == str(id)
    assert OTHER not in str(waiting)
    return id, f"/conflicts/{waiting['id']}"


async def test_the_dispatcher_sees_what_came_first_and_what_came_then_and_the_look_is_kept(here: Town) -> None:
    id, path = await conflict(here)
    both = await here.get(f"{path}?reason=核实情况")
    assert (both["complaint"], both["order"]["content"]) == (str(id), OTHER)
    assert both["known"]["content"].startswith("没有物业")
    looks = await here.service.pool.fetch("select action, subject, reason from audit")
    assert [tuple(look) for look in looks] == [("vault.read", f"quarantine/{path.rpartition('/')[2]}", "核实情况")]
    for who in (OFFICER, FEEDER, OPERATOR):
        assert (await here.call("GET", f"{path}?reason=核实情况", who)).status_code == 403


async def test_taken_as_a_supplement_it_is_added_to_the_known_complaint_once(here: Town) -> None:
    id, path = await conflict(here)
    done = await here.post(f"{path}/decision", decision="SUPPLEMENT", reason="来电人补充")
    assert (done["id"], done["decision"]) == (str(id), "SUPPLEMENT")
    word, data = (await here.said(id))[-1]
    assert (word, data["urge"]) == ("ComplaintUrged", "SUPPLEMENT")
    assert OTHER not in str(data)
    original = await here.get(f"/complaints/{id}/original?reason=核实情况")
    assert [added["content"] for added in original["added"]] == [OTHER]
    assert await here.get("/conflicts") == []
    answer = await here.call("POST", f"{path}/decision", SUPERVISOR, {"decision": "SUPPLEMENT", "reason": "再次"})
    assert answer.status_code == 404
    await here.hotline(here.order("1", 1, content=OTHER, received_at=here.service.now() - timedelta(days=1)))
    assert (await here.words(id)).count("ComplaintUrged") == 1
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def test_given_up_it_leaves_the_complaint_as_it_was(here: Town) -> None:
    id, path = await conflict(here)
    await here.post(f"{path}/decision", decision="DISCARD", reason="来源有误")
    assert await here.words(id) == ["ComplaintReceived"]
    assert await here.get("/conflicts") == []
    (decided,) = await here.get("/quarantine?state=ALL", OPERATOR)
    assert (decided["state"], decided["decision"]) == ("DISCARDED", "来源有误")


async def test_an_urge_with_another_content_is_a_conflict_with_the_complaint_it_urged(here: Town) -> None:
    id = await here.received("1", 1)
    await here.hotline(here.order("2", 1), here.order("2", 1, content=OTHER))
    (waiting,) = await here.get("/conflicts")
    assert waiting["complaint"] == str(id)
    await here.post(f"/conflicts/{waiting['id']}/decision", decision="SUPPLEMENT", reason="来电人补充")
    original = await here.get(f"/complaints/{id}/original?reason=核实情况")
    assert {added["content"] for added in original["added"]} == {OTHER, here.order("2", 1)["content"]}


async def test_what_is_over_takes_no_supplement_and_the_order_waits_on(here: Town) -> None:
    id = await here.received("1", 1, type="INQUIRY")
    await here.post(f"/complaints/{id}/answer", answered_at=here.service.now(), answer="请找社区")
    await here.hotline(here.order("1", 1, type="INQUIRY", content=OTHER))
    (waiting,) = await here.get("/conflicts")
    path = f"/conflicts/{waiting['id']}/decision"
    assert await here.refused(path, decision="SUPPLEMENT", reason="来电人补充") == ["already_over"]
    assert len(await here.get("/conflicts")) == 1


async def test_only_conflicts_are_decided_here(here: Town) -> None:
    await here.hotline({"number": "2"})
    (other,) = await here.get("/quarantine", OPERATOR)
    assert await here.get("/conflicts") == []
    for method, path, body in (
        ("GET", f"/conflicts/{other['id']}?reason=核实情况", None),
        ("POST", f"/conflicts/{other['id']}/decision", {"decision": "SUPPLEMENT", "reason": "补充"}),
        ("POST", "/conflicts/999/decision", {"decision": "DISCARD", "reason": "无"}),
    ):
        assert (await here.call(method, path, SUPERVISOR, body)).status_code == 404
    wrong = await here.call(
        "POST", f"/conflicts/{other['id']}/decision", SUPERVISOR, {"decision": "MERGE", "reason": "无"}
    )
    assert wrong.status_code == 422
