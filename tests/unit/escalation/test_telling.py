"""通知: what offices are told, in one short message each."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from services.escalation.domain.issue import DISTRICT, TOWN_HALL
from services.escalation.telling import LEVELS, OFFERED, Desk, Matter, message, office_id, offices
from shared.events.base import Fact, ref
from shared.events.escalation import (
    DutyDeadlineMissed,
    DutyDeadlineNear,
    DutyMadeLead,
    DutyReopened,
    DutyStep,
    IssueClosed,
    IssueRaisedToDistrict,
    SupervisionLevel,
    SupervisionStarted,
    WhistleApprovalMissed,
)
from shared.plumbing.notices.words import SMS_PART, Templates
from shared.rules.naming import Named
from shared.rules.township import Town
from tests.unit.escalation.cases import CALLED, ISSUE, LEAD, called, moment, state_of

CONFIG = Path(__file__).parents[3] / "config"
TOWN = Town.model_validate(yaml.safe_load((CONFIG / "township.yaml").read_text())["town"])
TEXTS = Templates.load(CONFIG / "notices.yaml", "escalation", TOWN.name, OFFERED)
NAMES = Named(TOWN)
LATE = moment("2024-12-31T23:30")
LONGEST = max((unit.code for unit in TOWN.units), key=lambda code: len(NAMES.unit(code)))
ISSUE_OF_A_LONG_NAME = replace(state_of(*CALLED), public_title="空" * 200, lead=LONGEST)


def step(kind: type[DutyDeadlineNear | DutyDeadlineMissed], due_at: datetime) -> Fact:
    return kind(issue=ref("issue", ISSUE), department=LEAD, step=DutyStep.CHECK_IN, due_at=due_at, deadline_version=1)


def level(reached: SupervisionLevel, to: str | None) -> Fact:
    if reached is SupervisionLevel.DISTRICT:
        return IssueRaisedToDistrict(due_at=LATE, deadline_version=1, addressee=to)
    return SupervisionStarted(level=reached, due_at=LATE, deadline_version=1, addressee=to)


FACTS: tuple[tuple[Fact, str, Desk], ...] = (
    (called().model_copy(update={"acknowledge_by": LATE, "check_in_by": LATE}), LEAD, Desk.OFFICE),
    (
        DutyReopened(issue=ref("issue", ISSUE), department=LEAD, due_at=LATE, due_near_at=LATE, deadline_version=2),
        LEAD,
        Desk.OFFICE,
    ),
    (DutyMadeLead(issue=ref("issue", ISSUE), department=LEAD, reason="改派"), LEAD, Desk.OFFICE),
    (step(DutyDeadlineNear, LATE), LEAD, Desk.OFFICE),
    (step(DutyDeadlineMissed, LATE), LEAD, Desk.OFFICE),
    (level(SupervisionLevel.REMINDER, LEAD), LEAD, Desk.OFFICE),
    (level(SupervisionLevel.DEPARTMENT_HEAD, LEAD), LEAD, Desk.HEAD),
    (level(SupervisionLevel.TOWN_LEADER, TOWN_HALL), TOWN_HALL, Desk.HEAD),
    (level(SupervisionLevel.DISTRICT, DISTRICT), DISTRICT, Desk.OFFICE),
    (WhistleApprovalMissed(due_at=LATE), TOWN_HALL, Desk.HEAD),
)


@pytest.mark.parametrize(
    ("fact", "unit", "desk"), FACTS, ids=lambda one: type(one).__name__ if isinstance(one, Fact) else ""
)
def test_whoever_is_meant_is_told_in_one_short_message(fact: Fact, unit: str, desk: Desk) -> None:
    found = message(fact, "issue/1/2", Matter(ISSUE_OF_A_LONG_NAME), NAMES)
    assert found is not None
    assert (found.to, found.once) == (office_id(unit, desk), "issue/1/2")
    text = TEXTS.render(found.template, found.parameters)
    assert text is not None
    assert len(text) <= SMS_PART, text
    assert "空…”" in text


def test_every_notice_has_its_text_and_is_said_of_a_fact() -> None:
    said = {found.template for fact, _, _ in FACTS if (found := message(fact, "", Matter(ISSUE_OF_A_LONG_NAME), NAMES))}
    assert said == set(OFFERED) == set(TEXTS.texts)
    assert set(LEVELS) == set(SupervisionLevel)


def test_nobody_is_told_of_anything_else_nor_of_supervision_that_names_nobody() -> None:
    matter = Matter(ISSUE_OF_A_LONG_NAME)
    assert message(IssueClosed(), "", matter, NAMES) is None
    for reached in SupervisionLevel:
        assert message(level(reached, None), "", matter, NAMES) is None


def test_every_unit_has_two_desks_and_no_two_are_the_same() -> None:
    known = offices(TOWN)
    assert len(known) == 2 * (len(TOWN.units) + 2)
    assert {(TOWN_HALL, Desk.HEAD), (DISTRICT, Desk.OFFICE)} <= set(known.values())
