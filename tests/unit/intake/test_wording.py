"""Every fact and every word of a closed list that the history can meet has words in Chinese."""

from enum import StrEnum
from typing import get_args

import pytest

from services.intake.domain import wording
from services.intake.domain.visibility import SEES, Part, visible
from shared.events.base import Fact
from shared.events.intake import CloseGround, ComplaintFact, RouteFact
from shared.events.vocabulary import Satisfaction, Urgency
from shared.rules.township import Role

FACTS = [fact for fact in Fact.known.values() if issubclass(fact, ComplaintFact | RouteFact)]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_every_fact_of_a_complaint_or_a_route_has_a_heading_and_its_words_are_known(fact: type[Fact]) -> None:
    assert wording.HEADINGS[fact]
    for field in fact.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, StrEnum) and kind.__name__ != "DisclosureStage":
                assert all(wording.named(word) for word in kind)


def test_the_same_word_in_two_lists_has_two_meanings() -> None:
    assert wording.named(CloseGround.SATISFIED) != wording.named(Satisfaction.SATISFIED)
    assert wording.named(Urgency.ROUTINE) == "一般"


def test_a_role_without_a_row_sees_nothing_and_every_other_sees_how_the_machine_runs() -> None:
    shown = {"id": "1", "state": "CLOSED", "category": "WASTE", "text": "x", "who": {"role": "officer", "subject": "y"}}
    assert visible(Role.RECORDER, shown) == {}
    assert visible(Role.OPERATOR, shown) == {"id": "1", "state": "CLOSED", "who": {"role": "officer"}}
    assert all(Part.TECHNICAL in parts for parts in SEES.values())
