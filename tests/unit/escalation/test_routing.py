"""分办建议: who is proposed to lead a whistle, and why."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from services.escalation.domain import whistle
from services.escalation.domain.routing import Led, Matter, Near, Precedents, Proposal, WhistleRules, propose
from shared.events.escalation import WhistleRequested
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget, WhistleKind
from shared.rules.broken import RuleBroken
from shared.rules.calendar import Calendar
from shared.rules.routing import check_all
from shared.rules.township import Dated, Town
from tests.unit.escalation.cases import CALENDAR, LEAD, NOW, OTHER, SUPPORT, TERMS, TOWN, moment

CONFIG = Path(__file__).parents[3] / "config"
CONFIGURED = Town.model_validate(yaml.safe_load((CONFIG / "township.yaml").read_text())["town"])
DEFAULTS = Dated[WhistleRules].model_validate(yaml.safe_load((CONFIG / "whistles.yaml").read_text()))
HOUSES = Matter("dahuichang", "PROPERTY_VACANCY", "dahuichang-estate")
LAST = {"name": "centre", "lead": "town-request-centre"}


def rules(*entries: dict[str, Any], **more: Any) -> WhistleRules:
    return WhistleRules.model_validate({"effective": "2024-01-01", "rules": [*entries, LAST]} | more)


def proposed(*entries: dict[str, Any], matter: Matter = HOUSES, **more: Any) -> Proposal:
    found = propose(matter, more.pop("when", NOW), rules(*entries), CALENDAR, TOWN, **more)
    assert found is not None
    return found


ESTATE = {"name": "estate", "when": {"places": ["dahuichang-estate"]}, "lead": OTHER}
HOUSING = {"name": "housing", "when": {"groups": ["物业管理"]}, "lead": LEAD, "support": [SUPPORT, "community"]}


def test_the_first_rule_that_holds_proposes_and_says_why() -> None:
    found = proposed(HOUSING, ESTATE)
    assert found == Proposal(
        LEAD,
        (SUPPORT, "dahuichang"),
        WhistleKind.PUBLIC_DEMAND,
        "housing@2024-01-01",
        ("诉求分类为物业管理／无物业管理",),
    )
    assert proposed(ESTATE, HOUSING).reasons == ("地点为大灰厂小区",)


def test_what_no_rule_knows_goes_to_the_last_one() -> None:
    found = proposed(HOUSING, ESTATE, matter=Matter(None, "NOISE", None))
    assert (found.lead, found.reasons) == ("town-request-centre", ("没有其他规则适用",))


def test_a_rule_holds_at_its_hours_alone() -> None:
    night = {"name": "night", "when": {"between": {"start": "22:00", "end": "06:00"}}, "lead": OTHER}
    assert proposed(night, HOUSING).lead == LEAD
    assert proposed(night, HOUSING, when=moment("2024-02-01T23:00")).lead == OTHER


def test_whoever_objects_or_was_excused_is_not_proposed_again() -> None:
    found = proposed(HOUSING, ESTATE, without=[LEAD])
    assert (found.lead, found.rule) == (OTHER, "estate@2024-01-01")
    assert proposed(HOUSING, without=[SUPPORT]).support == ("dahuichang",)
    everybody = [LEAD, OTHER, "town-request-centre"]
    assert propose(HOUSES, NOW, rules(HOUSING, ESTATE), CALENDAR, TOWN, without=everybody) is None


def test_the_past_is_told_and_decides_nothing() -> None:
    past = Precedents(Near.PLACE, [Led(SUPPORT, 3, 2, NOW), Led(LEAD, 1, 1, NOW)])
    found = proposed(HOUSING, precedents=past)
    assert found.lead == LEAD
    assert found.reasons[1:] == ("同一地点最近4件同类吹哨中，区房管局主责1件", "其中区水务局主责最多（3件），请核对")
    agreeing = Precedents(Near.TOWN, [Led(LEAD, 2, 0, NOW)])
    assert proposed(HOUSING, precedents=agreeing).reasons[1:] == ("全镇最近2件同类吹哨中，区房管局主责2件",)


def test_an_emergency_is_never_proposed() -> None:
    with pytest.raises(ValidationError, match="whistle"):
        rules(HOUSING | {"whistle": "EMERGENCY"})
    assert proposed(HOUSING | {"whistle": "JOINT_ENFORCEMENT"}).whistle is WhistleKind.JOINT_ENFORCEMENT


@pytest.mark.parametrize(
    "entry",
    [
        HOUSING | {"name": "centre"},
        {"name": "all", "lead": LEAD},
        HOUSING | {"urgency": "URGENT"},
        HOUSING | {"when": {"types": ["REPORT"]}},
    ],
)
def test_rules_that_cannot_be_tried_are_no_rules(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rules(entry)


def test_the_towns_rules_name_only_what_exists_and_know_every_kind_of_demand() -> None:
    check_all(DEFAULTS.versions, CONFIGURED)
    with pytest.raises(RuleBroken) as broken:
        check_all(DEFAULTS.versions, TOWN)
    assert {reason.code for reason in broken.value.reasons} >= {"unknown_unit", "unknown_category"}
    left = {
        category.code
        for category in CONFIGURED.categories
        if (found := propose(Matter(None, category.code, None), NOW, DEFAULTS.on(NOW), Calendar(), CONFIGURED))
        and found.rule.startswith("request-centre@")
    }
    assert left == {"CONSULTATION", "OTHER", "UNCATEGORISED", "CONFIDENTIAL"}


def test_a_route_carries_what_the_rules_propose() -> None:
    route = "route/00000000-0000-0000-0000-000000000001"
    heard = ComplaintRouted(
        complaint="complaint/00000000-0000-0000-0000-000000000005",
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        wanted=RouteTarget.ISSUE,
        target=None,
    )
    joint = proposed(HOUSING | {"whistle": "JOINT_ENFORCEMENT"})
    (fact,) = whistle.request_from_route(
        None, heard, route, title="大灰厂小区：物业", now=NOW, terms=TERMS, calendar=CALENDAR, proposal=joint
    )
    assert isinstance(fact, WhistleRequested)
    assert (fact.lead, fact.support, fact.whistle) == (LEAD, (SUPPORT, "dahuichang"), WhistleKind.JOINT_ENFORCEMENT)
    assert fact.proposed_by == "housing@2024-01-01"
