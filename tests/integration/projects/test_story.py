"""Suggestions, the pool, the village's own money, the end of the year: through the doors, on a real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.projects.main import PLAN
from services.projects.persons import tidy
from shared.events.base import derived
from shared.events.deliberation import AssemblyCalled, AssemblyDecided
from shared.events.intake import ComplaintProgressed, ComplaintRouted, DemandCounted
from shared.events.vocabulary import DisclosureStage, ProgressStep, RouteTarget
from tests.integration.projects.test_doors import (
    BEGIN,
    BUILDER,
    ROAD,
    SUPERVISOR,
    VILLAGE,
    approval,
    batch,
    pooled,
)
from tests.support.running import OPERATOR, Running, live, running
from tests.support.servers import Server, moment

DISPATCHER, SECRETARY = Bearer("dispatcher"), Bearer("secretary", (VILLAGE,))
STRANGER = Bearer("secretary", ("dahuichang",))
NAME, PHONE, WORDS = "赵小满", "19900003333", "晚上路太黑，孩子放学害怕"
CHECK = "接诉办核对"


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def voting(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """A town that has chosen to let its deputies vote."""
    config = copytree("config", tmp_path / "config")
    terms = (config / "township.yaml").read_text("utf-8")
    assert terms.count("    voting: false") == 1
    (config / "township.yaml").write_text(terms.replace("    voting: false", "    voting: true"), "utf-8")
    async with live(Running, postgres, tmp_path, PLAN, BEGIN, config=config) as service:
        yield service


async def suggested(here: Running, **more: Any) -> str:
    """A resident's suggestion."""
    wish = {"origin": "RESIDENT", "community": VILLAGE, "place": ROAD, "public_title": "增设路灯"}
    id: str = (await here.post("/suggestions", SECRETARY, wish | more))["id"]
    return id


async def reviewed(here: Running, **more: Any) -> str:
    """One that was reviewed, too."""
    id = await suggested(here, **more)
    found = {"unit": BUILDER.department, "community": VILLAGE, "place": ROAD, "public_title": "村路增设路灯"}
    await here.post(f"/suggestions/{id}/review", DISPATCHER, found | {"category": "PARKING"})
    return id


async def everything_public(here: Running) -> str:
    """All facts, rows and the audit as text."""
    tables = ("journal", "suggestions", "projects", "batches", "audit", "idempotency")
    found = [str(await here.service.pool.fetch(f"select t::text from {table} t")) for table in tables]
    return "".join(found)


# -- suggestions


async def test_who_suggested_it_lies_in_the_vault_alone_and_whoever_looks_says_why(here: Running) -> None:
    id = await suggested(here, suggester={"name": NAME, "phone": PHONE, "words": WORDS})
    kept = await everything_public(here)
    assert [text for text in (NAME, PHONE, WORDS) if text in kept] == []
    path = f"/suggestions/{id}/suggester"
    assert (await here.call("GET", path, SUPERVISOR)).status_code == 422, "nobody looks without a reason"
    assert (await here.call("GET", f"{path}?reason={CHECK}", SECRETARY)).status_code == 403
    shown = await here.get(f"{path}?reason={CHECK}", DISPATCHER)
    assert shown == {"id": id, "name": NAME, "phone": PHONE, "words": WORDS}
    rows = await here.service.pool.fetch("select action, subject, reason from audit")
    assert [tuple(row) for row in rows] == [("vault.read", f"suggestion/{id}", CHECK)]


async def test_nobody_is_named_in_what_becomes_public(here: Running) -> None:
    title = {"origin": "RESIDENT", "community": VILLAGE, "public_title": f"{NAME}建议增设路灯"}
    answer = await here.call("POST", "/suggestions", SECRETARY, title | {"suggester": {"name": NAME}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/public_title")
    assert (await here.call("POST", "/suggestions", SECRETARY, title)).status_code == 201, (
        "nobody knows that it is a name"
    )
    id, unit = await reviewed(here, suggester={"name": NAME, "phone": PHONE}), BUILDER.department
    other = await reviewed(here)
    named = {
        "review": {"unit": unit, "community": VILLAGE, "public_title": f"{NAME}的建议"},
        "merge": {"into": other, "reason": f"与{NAME}所提相同"},
        "direct": {"unit": unit, "measure": f"已与{NAME}说明"},
        "refer": {"unit": unit, "reason": f"{NAME}所提"},
        "decline": {"reason": f"{NAME}已同意"},
        "answer": {"answer": f"{NAME}，您好"},
    }
    before = await here.said(id)
    for door, body in named.items():
        found = await here.reasons(f"/suggestions/{id}/{door}", DISPATCHER, body)
        assert found == ["personal_data_in_public_text"], door
    assert await here.said(id) == before
    project, fund = await pooled(here), await batch(here, 100)
    wish = approval(fund, 50) | {"post": f"{NAME}主任", "person": {"name": NAME}}
    assert await here.reasons(f"/projects/{project}/approve", SUPERVISOR, wish) == ["personal_data_in_public_text"]


async def test_a_suggester_is_forgotten_three_years_after_the_answer_and_not_before(here: Running) -> None:
    id = await reviewed(here, suggester={"name": NAME})
    await here.post(f"/suggestions/{id}/decline", DISPATCHER, {"reason": "已有计划"})
    await here.at(BEGIN + timedelta(days=1200))
    await tidy(here.service)
    read = f"/suggestions/{id}/suggester?reason={CHECK}"
    assert (await here.get(read, DISPATCHER))["name"] == NAME, "it is not answered"
    await here.post(f"/suggestions/{id}/answer", DISPATCHER, {"answer": "今年内由村里办理"})
    await here.at(BEGIN + timedelta(days=1200 + 1095))
    await tidy(here.service)
    assert (await here.get(read, DISPATCHER))["name"] == NAME
    await here.at(BEGIN + timedelta(days=1200 + 1097))
    await tidy(here.service)
    assert await here.get(read, DISPATCHER) == {"id": id, "name": None, "phone": None, "words": None}


async def test_every_suggestion_is_answered_whatever_became_of_it(here: Running) -> None:
    road, unit = [await reviewed(here) for _ in range(5)], BUILDER.department
    ends = (
        ("convert", {"project_category": "TRAVEL", "tags": ["SAFETY"]}, "CONVERTED"),
        ("direct", {"unit": unit, "measure": "本周安装"}, "HANDLED_DIRECTLY"),
        ("refer", {"unit": unit, "reason": "属该单位职责"}, "REFERRED"),
        ("decline", {"reason": "不具备条件"}, "DECLINED"),
    )
    await here.post(f"/suggestions/{road[4]}/merge", DISPATCHER, {"into": road[0], "reason": "同一路段"})
    for id, (door, wish, _) in zip(road, ends, strict=False):
        assert await here.refused(f"/suggestions/{id}/answer", DISPATCHER, {"answer": "答复"}) == ["not_decided"]
        await here.post(f"/suggestions/{id}/{door}", DISPATCHER, wish)
    for id, outcome in zip(road, [*(end[2] for end in ends), "MERGED"], strict=True):
        await here.post(f"/suggestions/{id}/answer", DISPATCHER, {"answer": "感谢建议"})
        word, answered = (await here.facts(id))[-1]
        assert (word, answered["outcome"]) == ("SuggestionAnswered", outcome)
    [(_, proposed)] = await here.facts(derived("project", f"suggestion/{road[0]}"))
    assert proposed["sources"] == [f"suggestion/{road[0]}", f"suggestion/{road[4]}"], "the merged one is a source, too"
    assert proposed["origin"] == "RESIDENT"


async def test_what_waits_too_long_is_said_once_for_the_review_and_once_for_the_answer(here: Running) -> None:
    route = f"route/{uuid4()}"
    heard = ComplaintRouted(
        complaint=f"complaint/{uuid4()}", community=VILLAGE, category="PARKING", place=ROAD, wanted=RouteTarget.PROJECT
    )
    await here.hears(route, 1, heard)
    id = derived("suggestion", route)
    assert await here.said(id) == ["SuggestionCollected"]
    await here.at(BEGIN + timedelta(days=7, seconds=-1))
    assert len(await here.said(id)) == 1
    await here.at(BEGIN + timedelta(days=7))
    await here.at(BEGIN + timedelta(days=40))
    overdue = [(fact["step"], word) for word, fact in (await here.facts(id))[1:]]
    assert overdue == [("REVIEW", "SuggestionOverdue"), ("ANSWER", "SuggestionOverdue")]


async def test_converting_is_refused_with_the_reasons_of_suggestion_and_project_at_once(here: Running) -> None:
    id = await suggested(here)
    wish = {"project_category": "TRAVEL", "tags": []}
    assert await here.refused(f"/suggestions/{id}/convert", DISPATCHER, wish) == ["tag_missing", "wrong_state"]


# -- the pool and its money


async def test_an_approval_is_refused_with_the_reasons_of_project_and_batch_at_once(here: Running) -> None:
    id, fund = await pooled(here), await batch(here, 100)
    wish = approval(fund, 101) | {"unit": "nobody", "raised_yuan": 5, "finish_on": "2024-02-01"}
    assert await here.refused(f"/projects/{id}/approve", SUPERVISOR, wish) == [
        "assembly_missing",
        "finish_before_start",
        "pool_exceeded",
        "unknown_unit",
    ]
    assert (await here.get(f"/batches/{fund}", SUPERVISOR))["reserved"] == {}


async def test_who_is_in_charge_lies_in_the_vault_alone(here: Running) -> None:
    id, fund = await pooled(here), await batch(here, 100)
    wish = approval(fund, 50) | {"person": {"name": NAME, "phone": PHONE}}
    await here.post(f"/projects/{id}/approve", SUPERVISOR, wish)
    kept = await everything_public(here)
    assert [text for text in (NAME, PHONE) if text in kept] == []
    path = f"/projects/{id}/person-in-charge?reason={CHECK}"
    assert await here.get(path, BUILDER) == {"id": id, "name": NAME, "phone": PHONE}
    assert (await here.call("GET", path, STRANGER)).status_code == 404, "another community's project"


async def test_a_village_raises_money_only_by_its_assemblys_adopted_decision(here: Running) -> None:
    id, fund, assembly = await pooled(here), await batch(here, 100), uuid4()
    wish, path = approval(fund, 50) | {"raised_yuan": 20, "assembly": assembly}, f"/projects/{id}/approve"
    assert await here.refused(path, SUPERVISOR, wish) == ["assembly_unknown"]
    law = {"law": "CN-2018", "legal_check_due": False}
    called = AssemblyCalled(
        topic=f"topic/{uuid4()}",
        community=VILLAGE,
        public_title="道路护栏筹资方案",
        forum="VILLAGERS",
        matter="PUBLIC_WELFARE_UNDERTAKING",
        authorised=False,
        call=1,
        **law,
    )
    await here.hears(f"assembly/{assembly}", 1, called)
    assert await here.refused(path, SUPERVISOR, wish) == ["assembly_not_adopted"]
    decided = AssemblyDecided(held_at=BEGIN, adopted=True, counts=(), publish_by=None, **law)
    await here.hears(f"assembly/{assembly}", 2, decided)
    await here.post(path, SUPERVISOR, wish)
    [approved] = [fact for word, fact in await here.facts(id) if word == "ProjectApproved"]
    assert (approved["raised_yuan"], approved["assembly"]) == (20, f"assembly/{assembly}")
    assert (await here.get(f"/batches/{fund}", SUPERVISOR))["approved_yuan"] == 50, "the pool pays its own part alone"


async def test_where_deputies_vote_a_project_needs_more_than_half(voting: Running) -> None:
    id, fund = await pooled(voting), await batch(voting, 100)
    path, vote = f"/projects/{id}", {"held_on": "2024-02-01", "in_favour": 20, "against": 18, "abstained": 2}
    assert await voting.refused(f"{path}/approve", SUPERVISOR, approval(fund, 50)) == ["vote_missing"]
    await voting.post(f"{path}/vote", SUPERVISOR, vote)
    assert await voting.refused(f"{path}/approve", SUPERVISOR, approval(fund, 50)) == ["voted_down"]
    await voting.post(f"{path}/vote", SUPERVISOR, vote | {"in_favour": 21})
    await voting.post(f"{path}/approve", SUPERVISOR, approval(fund, 50))


async def test_where_nobody_votes_a_vote_is_refused(here: Running) -> None:
    vote = {"held_on": "2024-02-01", "in_favour": 20, "against": 18, "abstained": 2}
    assert await here.refused(f"/projects/{await pooled(here)}/vote", SUPERVISOR, vote) == ["voting_off"]


async def test_a_merger_keeps_all_sources_and_is_undone_before_the_approval(here: Running) -> None:
    keeper, merged, fund = await pooled(here), await pooled(here), await batch(here, 100)
    own = (await here.get(f"/projects/{keeper}", SUPERVISOR))["sources"]
    both = own + (await here.get(f"/projects/{merged}", SUPERVISOR))["sources"]
    for _ in range(2):
        await here.post(f"/projects/{merged}/merge", SUPERVISOR, {"into": keeper, "reason": "同类"})
        assert (await here.get(f"/projects/{keeper}", SUPERVISOR))["sources"] == both
        await here.post(f"/projects/{merged}/unmerge", SUPERVISOR, {"reason": "有误"})
        assert (await here.get(f"/projects/{keeper}", SUPERVISOR))["sources"] == own
    await here.post(f"/projects/{merged}/merge", SUPERVISOR, {"into": keeper, "reason": "同类"})
    await here.post(f"/projects/{keeper}/approve", SUPERVISOR, approval(fund, 50))
    assert await here.refused(f"/projects/{merged}/unmerge", SUPERVISOR, {"reason": "有误"}) == ["decided_already"]


# -- carried out


async def at_work(here: Running, finish_on: str = "2024-03-29", **wish: Any) -> tuple[str, str]:
    """A project under way, and its batch."""
    id, fund = await pooled(here), await batch(here, 1000)
    await here.post(f"/projects/{id}/approve", SUPERVISOR, approval(fund, 100) | {"finish_on": finish_on} | wish)
    await here.post(f"/projects/{id}/start", BUILDER, {"started_on": "2024-02-01"})
    return id, fund


async def test_a_finish_date_warns_is_missed_and_the_year_carries_over_and_keeps_the_first_date(here: Running) -> None:
    id, _ = await at_work(here, finish_on="2024-11-30")
    await here.at(moment("2024-11-17T02:00:00"))
    await here.at(moment("2024-12-01T02:00:00"))
    await here.at(moment("2025-01-01T02:00:00"))
    assert (await here.said(id))[-3:] == ["ProjectDeadlineNear", "ProjectOverdue", "ProjectCarriedOver"]
    later = {"year": 2025, "quarter": 1, "public_title": "2025年第一批"}
    into = (await here.post("/batches", SUPERVISOR, later))["id"]
    wish = {"finish_on": "2025-03-31", "batch": into}
    await here.post(f"/projects/{id}/carry-over", SUPERVISOR, wish)
    stands = await here.get(f"/projects/{id}", SUPERVISOR)
    assert (stands["first_finish_on"], stands["finish_on"], stands["carried_over"]) == ("2024-11-30", "2025-03-31", 1)
    assert stands["carried_into"] == f"batch/{into}"
    await here.post(f"/batches/{into}/close", SUPERVISOR)
    again = wish | {"finish_on": "2026-03-31"}
    assert await here.refused(f"/projects/{id}/carry-over", SUPERVISOR, again) == ["batch_closed"]


async def test_a_cancelled_project_gives_back_what_it_has_not_spent(here: Running) -> None:
    id, fund = await at_work(here)
    await here.post(f"/projects/{id}/progress", BUILDER, {"percent": 30, "spent_yuan": 30})
    await here.post(f"/projects/{id}/suspend", BUILDER, {"reason": "管线迁改"})
    await here.post(f"/projects/{id}/cancel", SUPERVISOR, {"reason": "另行安排"})
    stands = await here.get(f"/batches/{fund}", SUPERVISOR)
    assert (stands["approved_yuan"], stands["reserved"]) == (30, {f"project/{id}": 30})
    await here.post(f"/projects/{id}/cancel", SUPERVISOR, {"reason": "又一次"})
    assert (await here.said(fund)).count("BudgetReleased") == 1


async def accepted(here: Running) -> str:
    """Accepted on the first of March after one rectification; closed."""
    id, _ = await at_work(here)
    path, group = f"/projects/{id}", {"residents": 3, "unit": BUILDER.department, "supervisor": True}
    await here.at(moment("2024-02-28T02:00:00"))
    done = [{"work": "护栏", "amount": 800, "quantity": "METRES"}]
    finished = {"completed_on": "2024-02-28", "spent_yuan": 90, "done": done}
    await here.post(f"{path}/complete", BUILDER, finished)
    looked = {"held_at": here.service.now().isoformat(), "group": group, "builder_present": False, "asked": 10}
    assert await here.refused(f"{path}/acceptance", SUPERVISOR, looked | {"satisfied": 7}) == ["satisfaction_low"]
    await here.post(f"{path}/rectification", SUPERVISOR, looked | {"satisfied": 7, "reason": "护栏松动"})
    await here.at(moment("2024-03-01T02:00:00"))
    await here.post(f"{path}/complete", BUILDER, finished | {"completed_on": "2024-03-01"})
    await here.post(
        f"{path}/acceptance", SUPERVISOR, looked | {"held_at": here.service.now().isoformat(), "satisfied": 9}
    )
    assert await here.refused(f"{path}/close", SUPERVISOR) == ["maintainer_missing"]
    kept = {"owner": VILLAGE, "maintainer": VILLAGE, "duties": "巡查", "manner": "自管", "funding": "村集体"}
    await here.post(f"{path}/maintainer", BUILDER, kept)
    await here.post(f"{path}/close", SUPERVISOR)
    return id


async def test_small_numbers_only_say_whether_it_came_back_and_later_complaints_are_still_counted(
    here: Running,
) -> None:
    id, demand = await accepted(here), f"demand/{uuid4()}"
    counted = {"category": "PARKING", "community": VILLAGE, "place": ROAD, "people": 1}
    days = {"2024-01-10": 2, "2024-03-05": 0, "2024-04-02": 1, "2024-05-30": 4}
    for version, (day, complaints) in enumerate(days.items(), 1):
        await here.hears(demand, version, DemandCounted(**counted, day=day, complaints=complaints))
    await here.at(moment("2024-05-30T03:00:00"))
    word, said = (await here.facts(id))[-1]
    assert (word, said["verdict"], said["failed"]) == ("ProjectEvaluated", "RECURRED", False)
    assert (said["before"], said["after"], said["days"], said["recurred_on"]) == (2, 1, 90, "2024-04-02")
    shown = await here.get(f"/projects/{id}/demand", SUPERVISOR)
    assert shown["counted_before"] == {"complaints": 2, "first_day": "2024-01-10"}
    assert shown["counted_after"] == {"complaints": 1, "first_day": "2024-04-02"}
    assert shown["since"] == {"complaints": 5, "first_day": "2024-04-02"}, "whatever came after the window, too"
    assert (await here.call("GET", f"/projects/{id}/demand", STRANGER)).status_code == 404


async def test_before_the_acceptance_there_is_no_demand_to_compare(here: Running) -> None:
    id, _ = await at_work(here)
    shown = await here.get(f"/projects/{id}/demand", SUPERVISOR)
    assert shown == {"id": id} | dict.fromkeys(("before", "after", "counted_before", "counted_after", "since"))


async def test_a_project_is_closed_only_when_everybody_who_asked_was_told_of_the_acceptance(here: Running) -> None:
    route, fund = f"route/{uuid4()}", await batch(here, 1000)
    proposed = {
        "community": VILLAGE,
        "public_title": "道路护栏",
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "sources": [route],
    }
    id = (await here.post("/projects", SUPERVISOR, proposed))["id"]
    path, now = f"/projects/{id}", here.service.now().isoformat()
    await here.post(f"{path}/pool", SUPERVISOR, {"finding": "具备条件"})
    await here.post(f"{path}/approve", SUPERVISOR, approval(fund, 100))
    await here.post(f"{path}/start", BUILDER, {"started_on": "2024-02-01"})
    done = [{"work": "护栏", "amount": 800, "quantity": "METRES"}]
    await here.post(f"{path}/complete", BUILDER, {"completed_on": "2024-02-01", "spent_yuan": 90, "done": done})
    group = {"residents": 3, "unit": BUILDER.department, "supervisor": True}
    looked = {"held_at": now, "group": group, "builder_present": False, "asked": 10, "satisfied": 9}
    await here.post(f"{path}/acceptance", SUPERVISOR, looked)
    kept = {"owner": VILLAGE, "maintainer": VILLAGE, "duties": "巡查", "manner": "自管", "funding": "村集体"}
    await here.post(f"{path}/maintainer", BUILDER, kept)
    assert await here.refused(f"{path}/close", SUPERVISOR) == ["sources_not_told"]
    for version, stage in enumerate(DisclosureStage, 1):
        told = {"step": ProgressStep.PROJECT_DISCLOSED, "cause": f"project/{id}", "stage": stage, "via": route}
        await here.hears(f"complaint/{derived('one')}", version, ComplaintProgressed(**told))
    assert (await here.said(id)).count("SourcesNotified") == 5
    await here.post(f"{path}/close", SUPERVISOR)


# -- older rows


@pytest.mark.parametrize("sources", [("inspection",), ("hotspot", "route"), ("topic", "inspection"), ("route",)])
async def test_the_migration_knows_what_older_projects_started_from(here: Running, sources: tuple[str, ...]) -> None:
    proposed = {
        "community": VILLAGE,
        "public_title": "道路护栏",
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "sources": [f"{kind}/{uuid4()}" for kind in sources],
    }
    await here.post("/projects", SUPERVISOR, proposed)
    for origin in ("RESIDENT", "INSPECTION", "REPORT_MEETING"):
        converted = await reviewed(here, origin=origin)
        wish = {"project_category": "TRAVEL", "tags": ["SAFETY"]}
        await here.post(f"/suggestions/{converted}/convert", DISPATCHER, wish)
    origins = "select id, origin from projects order by id"
    before = await here.service.pool.fetch(origins)
    await here.service.pool.execute("update projects set origin = '?'")
    migration = import_module("services.projects.migrations.versions.0006_whole")
    await here.service.pool.execute(migration._ORIGIN)
    assert await here.service.pool.fetch(origins) == before
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
