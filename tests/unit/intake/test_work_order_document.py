"""What docs/work-orders.md tells the hotline is what intake reads."""

import json
import re
from pathlib import Path

from services.intake.domain.asked import WorkOrder
from shared.events.vocabulary import Channel, ComplaintType, Urgency

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "work-orders.md").read_text()


def test_the_example_is_a_work_order_without_unknown_fields() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    order = WorkOrder.model_validate(json.loads(found.group(1)))
    assert order.model_extra == {}


def test_every_field_and_every_word_of_the_lists_is_told() -> None:
    assert [name for name in WorkOrder.model_fields if f"`{name}`" not in PAGE] == []
    assert [word for words in (Channel, ComplaintType, Urgency) for word in words if word not in PAGE] == []
