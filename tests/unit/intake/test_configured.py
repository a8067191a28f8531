"""What stands in `config/township.yaml` for intake."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from services.intake.domain.terms import Terms
from shared.events.intake import CONFIDENTIAL, UNCATEGORISED
from shared.events.vocabulary import CommunityKind
from shared.rules.township import Dated, Town, UnitLevel
from tests.unit.intake.builders import TERMS

CONFIG = yaml.safe_load((Path(__file__).parents[3] / "config" / "township.yaml").read_text())


def test_the_defaults_are_those_the_tests_reckon_with() -> None:
    stands = Dated[Terms].model_validate({"versions": CONFIG["intake"]}).versions[0]
    assert stands.model_copy(update={"urgency_of": TERMS.urgency_of, "open311": TERMS.open311}) == TERMS


def test_ten_communities_and_six_villages_each_a_unit_with_a_named_place() -> None:
    town = Town.model_validate(CONFIG["town"])
    kinds = [community.kind for community in town.communities]
    assert (kinds.count(CommunityKind.RESIDENTIAL), kinds.count(CommunityKind.VILLAGE)) == (10, 6)
    units = {unit.code: unit.name for unit in town.units if unit.level is UnitLevel.COMMUNITY}
    assert units == {community.code: community.name for community in town.communities}
    assert {place.community for place in town.places} == set(units)


def test_every_category_the_rules_speak_of_is_listed() -> None:
    codes = {category.code for category in Town.model_validate(CONFIG["town"]).categories}
    stands = Dated[Terms].model_validate({"versions": CONFIG["intake"]}).versions[0]
    assert {UNCATEGORISED, CONFIDENTIAL, *stands.urgency_of} <= codes
    offered = {service.category for service in stands.open311.services}
    assert len(offered) >= 5
    assert offered <= codes - {UNCATEGORISED, CONFIDENTIAL}


def test_every_urgency_needs_its_limits() -> None:
    section = CONFIG["intake"][0]
    with pytest.raises(ValidationError, match="COMPLEX"):
        Terms.model_validate({**section, "accept": {"CRITICAL": "PT10M", "URGENT": "PT30M", "ROUTINE": "PT2H"}})


def test_the_weights_of_the_rates_add_up() -> None:
    section = CONFIG["intake"][0]
    with pytest.raises(ValidationError, match="权重"):
        Terms.model_validate({**section, "rates": {**section["rates"], "response": "0.2"}})
