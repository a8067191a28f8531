"""派单规则: the first that holds proposes, a person decides."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given as every
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.domain.asked import Dispatch
from services.intake.domain.complaint import evolve
from services.intake.domain.dispatch_rules import (
    Case,
    DispatchRules,
    Hits,
    Seen,
    hidden,
    hits,
    propose,
    seen,
    try_out,
)
from services.intake.domain.dispatching import dispatch
from shared.events.intake import CONFIDENTIAL
from shared.events.vocabulary import ComplaintType, Urgency
from shared.rules.broken import RuleBroken
from shared.rules.calendar import Calendar
from shared.rules.routing import check, check_all
from shared.rules.township import SHANGHAI, Dated, Town
from tests.support.spec import fold, given
from tests.unit.intake.builders import CALENDAR, START, TERMS, TOWN, dispatched, received

LAST = {"name": "centre", "lead": "town-request-centre"}
CONFIG = Path(__file__).parents[3] / "config"
CONFIGURED = Town.model_validate(yaml.safe_load((CONFIG / "township.yaml").read_text())["town"])
DEFAULTS = Dated[DispatchRules].model_validate(yaml.safe_load((CONFIG / "dispatch.yaml").read_text()))
PARKING = Seen(ComplaintType.COMPLAINT, "dahuichang", "PARKING", "dahuichang-estate")


def rules(*those: dict[str, Any], rosters: list[dict[str, Any]] | None = None, last: Any = LAST) -> DispatchRules:
    named = [{"name": f"rule-{number}", **one} for number, one in enumerate(those)]
    return DispatchRules.model_validate({"effective": "2024-01-01", "rules": [*named, last], "rosters": rosters or []})


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


NOW = at(2024, 2, 1, 10)


def lead(found: DispatchRules, of: Seen = PARKING, when: datetime = NOW) -> str:
    return propose(of, when, found, Calendar(), CONFIGURED).lead


def taken(when: dict[str, Any], of: Seen = PARKING, moment: datetime = NOW) -> bool:
    return lead(rules({"when": when, "lead": "town-enforcement"}), of, moment) == "town-enforcement"


def test_the_first_rule_that_holds_proposes_and_the_last_one_always_does() -> None:
    found = rules(
        {"when": {"categories": ["HEATING"]}, "lead": "firm-heating"},
        {"when": {"categories": ["PARKING"]}, "lead": "town-enforcement", "support": ["community"], "note": "现场核实"},
        {"when": {"groups": ["交通出行"]}, "lead": "district-traffic"},
    )
    proposal = propose(PARKING, NOW, found, Calendar(), CONFIGURED)
    assert (proposal.lead, proposal.support, proposal.rule, proposal.note) == (
        "town-enforcement",
        ("dahuichang",),
        "rule-1@2024-01-01",
        "现场核实",
    )
    assert lead(found, Seen(ComplaintType.COMPLAINT, None, "ROAD_REPAIR", None)) == "district-traffic"
    assert lead(found, Seen(ComplaintType.COMPLAINT, None, "OTHER", None)) == "town-request-centre"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"categories": ["PARKING", "NOISE"]}, True),
        ({"categories": ["NOISE"]}, False),
        ({"groups": ["交通出行"]}, True),
        ({"groups": ["公共安全"]}, False),
        ({"types": ["COMPLAINT"]}, True),
        ({"types": ["REPORT"]}, False),
        ({"communities": ["dahuichang"]}, True),
        ({"communities": ["zhangguozhuang"]}, False),
        ({"places": ["dahuichang-estate"]}, True),
        ({"places": ["dahuichang-east-road"]}, False),
        ({"kinds": ["RESIDENTIAL"]}, True),
        ({"kinds": ["VILLAGE"]}, False),
        ({"weekdays": [4]}, True),
        ({"weekdays": [6, 7]}, False),
        ({"categories": ["PARKING"], "types": ["REPORT"]}, False),
    ],
)
def test_every_condition_that_is_named_must_hold(when: dict[str, Any], holds: bool) -> None:
    assert taken(when) is holds


@pytest.mark.parametrize(
    ("hours", "moment", "holds"),
    [
        ("WORKING", at(2024, 2, 1, 9), True),
        ("WORKING", at(2024, 2, 1, 17), False),
        ("WORKING", at(2024, 2, 4, 10), True),
        ("WORKING", at(2024, 2, 12, 10), False),
        ("OFF", at(2024, 2, 1, 20), True),
        ("OFF", at(2024, 2, 3, 10), True),
        ("OFF", at(2024, 2, 1, 10), False),
        ("HOLIDAY", at(2024, 2, 12, 10), True),
        ("HOLIDAY", at(2024, 2, 1, 20), False),
        ("HOLIDAY", at(2024, 2, 4, 10), False),
    ],
)
def test_working_hours_know_holidays_and_make_up_work(hours: str, moment: datetime, holds: bool) -> None:
    """4 February 2024 is a Sunday on which everybody works; 12 February lies in Spring Festival."""
    assert taken({"hours": [hours]}, moment=moment) is holds


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (at(2024, 2, 1, 22), True),
        (at(2024, 2, 2, 5, 59), True),
        (at(2024, 2, 2, 6), False),
        (at(2024, 2, 1, 21, 59), False),
        (at(2024, 2, 1, 22).astimezone(START.tzinfo), True),
    ],
)
def test_a_time_of_day_may_pass_midnight_and_is_the_towns(moment: datetime, holds: bool) -> None:
    assert taken({"between": {"start": "22:00", "end": "06:00"}}, moment=moment) is holds


def test_the_own_community_leads_where_it_is_known_and_else_the_next_rule_is_tried() -> None:
    found = rules({"when": {"categories": ["PARKING"]}, "lead": "community", "support": ["community", "district-fire"]})
    proposal = propose(PARKING, NOW, found, Calendar(), CONFIGURED)
    assert (proposal.lead, proposal.support) == ("dahuichang", ("district-fire",))
    assert lead(found, Seen(ComplaintType.COMPLAINT, None, "PARKING", None)) == "town-request-centre"


def test_a_roster_says_who_is_on_duty() -> None:
    roster = {
        "name": "night",
        "shifts": [
            {"unit": "district-police", "dates": ["2024-02-10"]},
            {"unit": "town-safety-office", "weekdays": [4], "between": {"start": "17:00", "end": "23:00"}},
            {"unit": "town-enforcement", "hours": ["WORKING"]},
        ],
        "otherwise": "town-general-office",
    }
    found = rules({"lead": "duty/night", "when": {"categories": ["PARKING"]}}, rosters=[roster])
    for moment, unit in (
        (at(2024, 2, 10, 18), "district-police"),
        (at(2024, 2, 1, 18), "town-safety-office"),
        (at(2024, 2, 2, 10), "town-enforcement"),
        (at(2024, 2, 2, 18), "town-general-office"),
    ):
        assert lead(found, when=moment) == unit


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rules": []}, "1"),
        ({"rules": [{"name": "a", "lead": "x", "when": {"types": ["REPORT"]}}]}, "最后一条"),
        ({"rules": [{"name": "a", "lead": "community"}]}, "最后一条"),
        ({"rules": [{"name": "a", "lead": "x"}, {"name": "b", "lead": "x"}]}, "不会生效"),
        ({"rules": [{"name": "a", "lead": "x", "when": {"places": ["y"]}}, {"name": "a", "lead": "x"}]}, "名称重复"),
        ({"rules": [{"name": "a", "lead": "x", "when": {"words": ["停车"]}}, LAST]}, "words"),
        ({"rules": [{"name": "A b", "lead": "x"}]}, "name"),
        (
            {"rules": [{"name": "a", "lead": "x", "when": {"between": {"start": "08:00", "end": "08:00"}}}, LAST]},
            "起止",
        ),
        ({"rules": [{"name": "a", "lead": "x", "when": {"weekdays": [0]}}, LAST]}, "weekdays"),
        ({"rules": [LAST], "comment": ""}, "comment"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DispatchRules.model_validate({"effective": "2024-01-01"} | change)


def test_everything_that_rules_name_must_exist_and_all_that_does_not_is_said() -> None:
    found = rules(
        {
            "when": {"categories": ["NONE"], "groups": ["无"], "communities": ["none"], "places": ["none"]},
            "lead": "none",
            "support": ["community", "none", "duty/none"],
        },
        rosters=[{"name": "night", "shifts": [{"unit": "none"}], "otherwise": "none"}],
    )
    with pytest.raises(RuleBroken) as broken:
        check(found, CONFIGURED, pointer="/rules")
    assert {(reason.code, reason.pointer) for reason in broken.value.reasons} == {
        ("unknown_unit", "/rules/rosters/0/shifts/0/unit"),
        ("unknown_unit", "/rules/rosters/0/otherwise"),
        ("unknown_unit", "/rules/rules/0/lead"),
        ("unknown_unit", "/rules/rules/0/support/1"),
        ("unknown_roster", "/rules/rules/0/support/2"),
        ("unknown_category", "/rules/rules/0/when/categories/0"),
        ("unknown_community", "/rules/rules/0/when/communities/0"),
        ("unknown_place", "/rules/rules/0/when/places/0"),
        ("unknown_group", "/rules/rules/0/when/groups/0"),
    }


def test_the_defaults_fit_the_town_and_only_the_vague_categories_are_left_to_the_request_centre() -> None:
    check_all(DEFAULTS.versions, CONFIGURED)
    left = {
        category.code
        for category in CONFIGURED.categories
        if propose(
            Seen(ComplaintType.COMPLAINT, "dahuichang", category.code, None),
            NOW,
            DEFAULTS.versions[-1],
            CALENDAR,
            CONFIGURED,
        ).rule.startswith("request-centre@")
    }
    assert left == {"OTHER", "UNCATEGORISED", CONFIDENTIAL}


@every(
    st.sampled_from(ComplaintType),
    st.sampled_from([None, *(community.code for community in CONFIGURED.communities)]),
    st.sampled_from([category.code for category in CONFIGURED.categories]),
    st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1), timezones=st.just(SHANGHAI)),
)
def test_there_is_always_a_proposal_of_units_that_exist(
    type: ComplaintType, community: str | None, category: str, when: datetime
) -> None:
    found = propose(Seen(type, community, category, None), when, DEFAULTS.on(when), CALENDAR, CONFIGURED)
    assert all(CONFIGURED.unit(code) for code in (found.lead, *found.support))
    assert found.lead not in found.support
    assert type is not ComplaintType.REPORT or community not in (found.lead, *found.support)


def test_of_a_confidential_complaint_a_rule_sees_type_and_community_alone() -> None:
    secret = fold(evolve, [received(type=ComplaintType.REPORT, confidential=True)])
    assert secret is not None
    assert seen(secret) == Seen(ComplaintType.REPORT, "dahuichang", CONFIDENTIAL, None)
    assert hidden(secret, "WASTE", None, "dahuichang-estate").category == "WASTE"


SMALL = rules({"when": {"categories": ["PROPERTY_VACANCY"]}, "lead": "town-community-office"})
HERE = {"now": START, "terms": TERMS, "calendar": CALENDAR, "town": TOWN}


@pytest.mark.parametrize(("unit", "followed"), [("town-community-office", True), ("town-enforcement", False)])
def test_a_dispatch_remembers_which_rule_proposed_and_whether_it_was_followed(unit: str, followed: bool) -> None:
    asked = Dispatch(lead=unit, urgency=Urgency.ROUTINE)
    said = dispatched(lead=unit).model_copy(update={"proposed_by": "rule-0@2024-01-01", "followed": followed})
    given(evolve, received()).when(dispatch, asked, **HERE, rules=SMALL).then(said)


def test_the_rule_is_asked_about_the_complaint_as_it_stood_not_as_the_dispatcher_corrected_it() -> None:
    asked = Dispatch(lead="town-community-office", urgency=Urgency.ROUTINE, category="PROPERTY_VACANCY")
    outcome = given(evolve, received(category="HEATING")).when(dispatch, asked, **HERE, rules=SMALL)
    (fact,) = outcome.facts or []
    assert (fact.proposed_by, fact.followed) == ("centre@2024-01-01", False)  # type: ignore[attr-defined]


def test_a_confidential_dispatch_says_nothing_of_rules() -> None:
    asked = Dispatch(lead="town-community-office", urgency=Urgency.ROUTINE)
    secret = received(type=ComplaintType.REPORT, confidential=True)
    outcome = given(evolve, secret).when(dispatch, asked, **HERE, rules=SMALL)
    (fact,) = outcome.facts or []
    assert (fact.proposed_by, fact.followed) == (None, None)  # type: ignore[attr-defined]


def test_tried_on_the_past_each_case_is_judged_by_the_rules_of_its_moment() -> None:
    old = SMALL.model_copy(update={"effective": date(2019, 1, 1)})
    new = rules({"when": {"categories": ["PARKING"]}, "lead": "district-traffic"})
    standing = Dated[DispatchRules](versions=(old, new))
    candidate = rules({"when": {"categories": ["PARKING"]}, "lead": "town-enforcement"})
    case = Case("1", PARKING, at(2023, 6, 1, 10), "town-request-centre", "town-enforcement")
    later = Case("2", PARKING, NOW, "district-traffic", "district-traffic")
    waiting = Case("3", PARKING, NOW, None, None)
    tried = list(try_out([case, later, waiting], candidate, standing, CALENDAR, CONFIGURED))
    assert [one.before.lead for one in tried] == ["town-request-centre", "district-traffic", "district-traffic"]
    assert hits((one.case, one.now) for one in tried) == Hits(dispatched=2, first=0, last=1)
    assert hits((one.case, one.before) for one in tried) == Hits(dispatched=2, first=2, last=1)
