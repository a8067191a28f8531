"""What docs/work-orders.md tells the hotline is what intake reads."""

import json
import re
from pathlib import Path

import jsonschema

from services.intake import border
from services.intake.domain.asked import Complainant, WorkOrder
from services.intake.domain.hotline import (
    ExtendedOrder,
    Further,
    HotlineCallback,
    Rehandled,
    Respondent,
    ReturnedOrder,
    Unreasonable,
)
from shared.events.vocabulary import Channel, ComplaintType, Urgency

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "work-orders.md").read_text()
PARTS = (Complainant, ExtendedOrder, HotlineCallback, Rehandled, Respondent, ReturnedOrder, Unreasonable)


def example() -> dict[str, object]:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    order: dict[str, object] = json.loads(found.group(1))
    return order


def test_the_example_is_a_work_order_without_unknown_fields() -> None:
    assert WorkOrder.model_validate(example()).model_extra == {}


def test_every_field_and_every_word_of_the_lists_is_told() -> None:
    fields = [*WorkOrder.model_fields, *Further.model_fields, *(name for part in PARTS for name in part.model_fields)]
    assert [name for name in fields if f"`{name}`" not in PAGE] == []
    assert [word for words in (Channel, ComplaintType, Urgency) for word in words if word not in PAGE] == []


def test_no_column_is_told_that_nobody_reads() -> None:
    columns = PAGE[PAGE.index("| Chinese | field |") :]
    told = set(re.findall(r"`([a-z_0-9]+)`", columns[: columns.index("\n\n")]))
    known = {*Further.model_fields, *(name for part in PARTS for name in part.model_fields), "urges"}
    assert told - known == set()


def test_the_schema_of_the_border_is_that_of_the_code_and_takes_the_example() -> None:
    assert border.PATH.read_text() == border.text()
    jsonschema.validate(example(), border.schema())
    jsonschema.validate(
        example() | {"callback": {"valid": True}, "estate": "大灰厂小区", "unheard": 1}, border.schema()
    )
