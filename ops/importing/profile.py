"""A column profile: which column of a file is which field of a work order."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FieldName = Literal[
    "number",
    "type",
    "received_at",
    "title",
    "content",
    "community",
    "category",
    "place",
    "urgency",
    "confidential",
    "name",
    "phone",
    "person_key",
]
REQUIRED: frozenset[FieldName] = frozenset({"number", "received_at", "title", "content"})
PERSONAL: frozenset[FieldName] = frozenset({"name", "phone", "person_key"})


class BadRow(Exception):
    """A row that cannot become a work order: a stable code and words for the person who imports."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


class Times(BaseModel):
    """How the file writes times (strptime formats, tried in order), and in which zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str = "Asia/Shanghai"
    formats: tuple[str, ...] = Field(min_length=1)

    def read(self, text: str) -> datetime:
        """The instant; raises `BadRow`."""
        for format in self.formats:
            try:
                return datetime.strptime(text, format).replace(tzinfo=ZoneInfo(self.zone))
            except ValueError:
                continue
        raise BadRow("bad_time", "时间无法读取")


class Profile(BaseModel):
    """列对应关系. `columns`: field → heading; `constants`: fields that no column has; `ignore`: headings left out.

    Headings that are neither named nor ignored are kept with the row, for the vault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    columns: dict[FieldName, str]
    constants: dict[FieldName, str] = {}
    ignore: tuple[str, ...] = ()
    time: Times

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := REQUIRED - self.columns.keys() - self.constants.keys():
            raise ValueError(f"缺少必需的列: {', '.join(sorted(missing))}")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a profile; raises `ValidationError`."""
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def check_headings(self, headings: list[str]) -> list[str]:
        """The headings that the profile names and the file lacks."""
        return [heading for heading in self.columns.values() if heading not in headings]

    def order(self, row: dict[str, str]) -> dict[str, Any]:
        """The work order in a row; raises `BadRow`. A number of another source can never be taken for this one's."""
        values: dict[FieldName, str] = dict(self.constants)
        values |= {field: row.get(heading, "").strip() for field, heading in self.columns.items()}
        values = {field: text for field, text in values.items() if text}
        if missing := sorted(REQUIRED - values.keys()):
            raise BadRow("missing", f"缺少 {'、'.join(missing)}")
        order: dict[str, Any] = {field: text for field, text in values.items() if field not in PERSONAL}
        order["number"] = f"{self.source}-{values['number']}"
        order["received_at"] = self.time.read(values["received_at"]).isoformat()
        if "confidential" in order:
            order["confidential"] = order["confidential"] in ("是", "true", "1", "Y", "y")
        order.setdefault("type", "COMPLAINT")
        order["channel"] = "IMPORT"
        order["complainant"] = {field: text for field, text in values.items() if field in PERSONAL}
        if "person_key" in order["complainant"]:
            order["complainant"]["person_key"] = f"{self.source}/{values['person_key']}"
        known = {*self.columns.values(), *self.ignore}
        order["extra"] = {heading: text for heading, text in row.items() if heading not in known and text}
        return order
