"""派单建议 through the real doors."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.embedded.keys import Bearer
from tests.integration.intake.town import DAY, DISPATCHER, HOUR, OFFICER, SUPERVISOR, UNIT, Town

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
RULES: dict[str, Any] = yaml.safe_load(Path("config/dispatch.yaml").read_text())["versions"][-1]
ROWS = yaml.safe_load(Path("config/authz.yaml").read_text())["intake"]
VILLAGE = Bearer("secretary", ("dahuichang",))


async def test_what_waits_has_a_proposal_and_what_is_dispatched_has_none_any_more(here: Town) -> None:
    id = await here.received("1", 1)
    found = await here.get(f"/complaints/{id}/dispatch-proposal")
    assert (found["lead"], found["lead_name"], found["rule"], found["urgency"]) == (
        "town-community-office",
        "社区建设办公室",
        "property-vacancy@2019-01-01",
        "ROUTINE",
    )
    assert found["support"] == ["dahuichang", "district-housing"]
    (waiting,) = (await here.get("/dispatch-proposals", SUPERVISOR))["items"]
    assert (waiting["id"], waiting["proposal"]["lead"]) == (str(id), "town-community-office")
    await here.post(f"/complaints/{id}/dispatch", lead=found["lead"], urgency=found["urgency"])
    answer = await here.call("GET", f"/complaints/{id}/dispatch-proposal", DISPATCHER)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert await here.get("/dispatch-proposals") == {"items": [], "next": None}


async def test_the_journal_tells_how_often_each_rule_was_followed(here: Town) -> None:
    for number, unit in enumerate(("town-community-office", "town-community-office", "town-enforcement")):
        id = await here.received(str(number), number)
        await here.post(f"/complaints/{id}/dispatch", lead=unit, urgency="ROUTINE")
    secret = await here.received("9", 9, type="REPORT")
    await here.post(f"/complaints/{secret}/dispatch", lead="town-party-office", urgency="ROUTINE")
    found = await here.get("/dispatch-rules/hits?from=2024-02-01T00:00:00%2B08:00&until=2024-02-02T00:00:00%2B08:00")
    assert found == [{"rule": "property-vacancy@2019-01-01", "dispatched": 3, "followed": 2, "rate": 66.67}]


async def test_a_confidential_one_is_proposed_from_the_vault_to_those_who_may_look_and_the_look_is_kept(
    here: Town,
) -> None:
    id = await here.received("1", 1, confidential=True, category="停车管理")
    (waiting,) = (await here.get("/dispatch-proposals"))["items"]
    assert (waiting["proposal"]["lead"], waiting["proposal"]["full"]) == ("town-request-centre", False)
    assert await here.service.pool.fetchval("select count(*) from audit") == 0
    assert (await here.get(f"/complaints/{id}/dispatch-proposal"))["rule"] == "parking@2019-01-01"
    row = await here.service.pool.fetchrow("select action, subject, reason from audit")
    assert tuple(row or ()) == ("vault.read", f"complaint/{id}", "派单建议")
    await here.post(f"/complaints/{id}/dispatch", lead="town-enforcement", urgency="ROUTINE")
    assert "parking" not in str(await here.said(id))


async def test_a_proposal_is_for_those_alone_who_may_read_originals(here: Town) -> None:
    id = await here.received("1", 1)
    for operation in ("read_dispatch_proposal", "list_dispatch_proposals"):
        assert ROWS[operation].keys() <= ROWS["read_original"].keys()
    for who in (OFFICER, VILLAGE):
        for path in (f"/complaints/{id}/dispatch-proposal", "/dispatch-proposals"):
            assert (await here.call("GET", path, who)).status_code == 403


async def test_other_rules_are_tried_on_what_was_dispatched_and_nothing_is_written(here: Town) -> None:
    begin = here.service.now() - HOUR
    sent = [await here.received(str(number), number) for number in range(3)]
    for id, unit in zip(sent, (UNIT, UNIT, "town-enforcement"), strict=True):
        await here.post(f"/complaints/{id}/dispatch", lead=unit, urgency="ROUTINE")
    await here.received("9", 9, category="停车管理")
    facts = await here.service.pool.fetchval("select count(*) from journal")
    candidate = {
        "effective": "2024-03-01",
        "rules": [
            {"name": "vacancy", "when": {"categories": ["PROPERTY_VACANCY"]}, "lead": "town-enforcement"},
            RULES["rules"][-1] | {"lead": "town-request-centre"},
        ],
    }
    asked = {"rules": candidate, "start": begin, "until": begin + DAY}
    found = await here.post("/dispatch-rules/dry-run", SUPERVISOR, **asked)
    assert (found["complaints"], found["changed"]) == (4, 4)
    rates = {which: (one["dispatched"], one["first"], one["first_rate"]) for which, one in found["hits"].items()}
    assert rates == {"now": (3, 1, 33.33), "before": (3, 2, 66.67)}
    units = {one["unit"]: (one["now"], one["before"], one["really"]) for one in found["units"]}
    assert units == {UNIT: (0, 3, 2), "town-enforcement": (3, 1, 1), "town-request-centre": (1, 0, 0)}
    assert {one["really"] for one in found["differences"]} == {UNIT, "town-enforcement", None}
    assert found["rules"] == [{"rule": "vacancy", "complaints": 3}, {"rule": "request-centre", "complaints": 1}]
    assert await here.service.pool.fetchval("select count(*) from journal") == facts


async def test_the_rules_in_force_are_shown_and_are_a_candidate_that_changes_nothing(here: Town) -> None:
    for number, category in enumerate(("停车管理", "供暖", "噪声扰民", "无物业管理")):
        await here.received(str(number), number, category=category)
    shown = await here.get("/dispatch-rules")
    asked = {"rules": shown, "start": here.service.now() - DAY, "until": here.service.now() + DAY}
    assert (await here.post("/dispatch-rules/dry-run", SUPERVISOR, **asked))["changed"] == 0


async def test_candidate_rules_that_cannot_be_tried_are_refused_with_every_reason(here: Town) -> None:
    now = here.service.now()
    last = {"name": "last", "lead": "nobody"}
    unknown = {"effective": "2024-03-01", "rules": [last | {"name": "a", "when": {"places": ["nowhere"]}}, last]}
    asked = {"rules": unknown, "start": now - DAY, "until": now}
    assert await here.refused("/dispatch-rules/dry-run", SUPERVISOR, **asked) == [
        "unknown_place",
        "unknown_unit",
        "unknown_unit",
    ]
    wrong = {"rules": RULES, "start": now, "until": now}
    assert await here.refused("/dispatch-rules/dry-run", SUPERVISOR, **wrong) == ["wrong_order"]
    wrong = {"rules": RULES, "start": now - timedelta(days=101), "until": now}
    assert await here.refused("/dispatch-rules/dry-run", SUPERVISOR, **wrong) == ["too_long"]
    for rules in ({}, [], {"effective": "2024-03-01", "rules": [last | {"words": "停车"}]}, "rules", None):
        body = {"rules": rules, "start": str(now - DAY), "until": str(now)}
        answer = await here.call("POST", "/dispatch-rules/dry-run", SUPERVISOR, body)
        assert answer.status_code in (400, 422), answer.text
    for query in ("from=x&until=y", "from=2024-02-01&until=2024-02-02", "until=2024-02-02T00:00:00Z"):
        answer = await here.call("GET", f"/dispatch-rules/hits?{query}", SUPERVISOR)
        assert answer.status_code in (400, 409, 422), answer.text
