"""What stands in `config/township.yaml` for escalation."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from services.escalation.domain.terms import Terms
from shared.events.vocabulary import WhistleKind
from shared.rules.township import Dated
from tests.unit.escalation.cases import TERMS

SECTION = yaml.safe_load((Path(__file__).parents[3] / "config" / "township.yaml").read_text())["escalation"]


def test_the_defaults_are_those_the_tests_reckon_with() -> None:
    assert Dated[Terms].model_validate({"versions": SECTION}).versions[0] == TERMS


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {kind: SECTION[0]["limits"][kind] for kind in list(WhistleKind)[1:]}},
        {"ladder": SECTION[0]["ladder"][1:]},
        {"ladder": [{**step, "percent_past_due": 10} for step in SECTION[0]["ladder"]]},
        {"score": {**SECTION[0]["score"], "solved": 41}},
        {"near_percent": 100},
    ],
)
def test_what_is_not_whole_stops_the_service(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Terms.model_validate({**SECTION[0], **wrong})
