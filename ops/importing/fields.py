"""The fields of a work order that a column can be, and how a cell's text becomes each."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from services.intake.domain.asked import Complainant, Order, WorkOrder
from services.intake.domain.hotline import Further

COMPLAINT = "complaint"
"""The column with the complaint's own id in our own export."""
REST = "rest"
"""The column with all that has no column of its own in our own export, as JSON."""
OPEN = frozenset(Order.model_fields) - {"title", "content"} | {
    *("category_l1", "category_l2", "category_l3", "category_code", "estate", "status", "created_at", "dispatched_at")
}
"""What may be shown of a row on a screen; everything else may be personal."""
_YES = frozenset({"是", "true", "1", "y", "yes", "√"})
_NO = frozenset({"否", "false", "0", "n", "no", "×"})
_SEVERAL = re.compile(r"[、,，;；\n]+")


class Shape(StrEnum):
    """What a field holds."""

    TEXT = "TEXT"
    MOMENT = "MOMENT"
    YES_NO = "YES_NO"
    NUMBER = "NUMBER"
    SEVERAL = "SEVERAL"


@cache
def shapes() -> dict[str, Shape]:
    """Every field by its name in a profile: those of the complainant bare (`phone`), other parts dotted
    (`callback.valid`)."""
    found = _of(WorkOrder) | _of(Further) | _of(Complainant) | {COMPLAINT: Shape.TEXT, REST: Shape.TEXT}
    return {
        name: shape for name, shape in found.items() if not name.startswith("complainant.") and name != "tz_assumed"
    }


def plain_heading(text: str) -> str:
    """A heading as it is compared: whatever its width, without blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def pointer(field: str) -> str:
    """Where a field stands in the order (JSON pointer)."""
    place = f"complainant.{field}" if field in Complainant.model_fields else field
    return "/" + place.replace(".", "/")


def put(order: dict[str, Any], field: str, value: object) -> None:
    """Set a field where it stands in the order."""
    *parts, last = pointer(field)[1:].split("/")
    for part in parts:
        order = order.setdefault(part, {})
    order[last] = value


def yes_or_no(text: str) -> bool | None:
    """是/否 and what else means it; None for any other word."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def number(text: str) -> int | None:
    """A whole number, whatever the width of its digits; None for anything else."""
    digits = unicodedata.normalize("NFKC", text).strip()
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None


def several(text: str) -> list[str]:
    """The entries of a list in one cell."""
    return [part for entry in _SEVERAL.split(text) if (part := entry.strip())]


def _of(model: type[BaseModel], prefix: str = "") -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    for name, field in model.model_fields.items():
        kind = _bare(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= _of(kind, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = _shape(kind)
    return found


def _bare(annotation: Any) -> Any:
    """The type without `None` and without what is annotated."""
    while arguments := [a for a in get_args(annotation) if a is not type(None)]:
        if get_origin(annotation) is tuple:
            return tuple
        annotation = arguments[0]
    return annotation


def _shape(kind: Any) -> Shape:
    if kind is datetime:
        return Shape.MOMENT
    if kind is bool:
        return Shape.YES_NO
    if kind is int:
        return Shape.NUMBER
    return Shape.SEVERAL if kind is tuple else Shape.TEXT
