"""A column profile: which column of a file is which field of a work order."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ops.importing.fields import (
    COMPLAINT,
    REST,
    Shape,
    number,
    plain_heading,
    pointer,
    put,
    several,
    shapes,
    yes_or_no,
)
from services.intake.domain.asked import LONGEST_TITLE
from shared.plumbing.guard import bare
from shared.plumbing.settings import read_yaml

FOLDER = Path("config/import")
REQUIRED = frozenset({"number", "received_at", "title", "content"})
IMPORT = "IMPORT"
_ROUNDED = re.compile(r"\d(\.\d+)?e\+\d+", re.IGNORECASE)
"""How a sheet writes a number that has lost its last digits."""


@dataclass(slots=True)
class ReadRow:
    """A row as an order, as far as it is one; what is wrong with it: (JSON pointer, code, words)."""

    order: dict[str, Any] = field(default_factory=dict)
    complaint: str | None = None
    problems: list[tuple[str, str, str]] = field(default_factory=list)

    def wrong(self, field: str, code: str, words: str) -> None:
        """This field cannot be read."""
        self.problems.append((pointer(field), code, words))


class Times(BaseModel):
    """How the file writes times (strptime formats, tried in order), and in which zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str = "Asia/Shanghai"
    formats: tuple[str, ...] = ()

    def read(self, text: str) -> tuple[datetime, bool] | None:
        """The instant, and whether its zone was assumed; None when it cannot be read. ISO 8601 with a zone always can."""
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is not None:
                return found, False
        except ValueError:
            pass
        for format in self.formats:
            try:
                return datetime.strptime(text, format).replace(tzinfo=ZoneInfo(self.zone)), True
            except ValueError:
                continue
        return None


class Profile(BaseModel):
    """列对应关系. `columns`: field → heading, or several headings whose cells make up the field; `constants`: fields that
    no column has; `aliases`: heading → how it is also called; `values`: field → the file's word → ours; `ignore`:
    headings left out; `exact`: our own export, whose cells are taken as they are, without the guard; `hint`: what to do
    when columns are missing.

    Headings that are neither named nor ignored are kept with the row, for the vault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    columns: dict[str, str | tuple[str, ...]]
    constants: dict[str, str] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, str]] = {}
    ignore: tuple[str, ...] = ()
    time: Times
    exact: bool = False
    hint: str = ""

    @field_validator("columns", "constants", "values")
    @classmethod
    def _are_fields(cls, named: dict[str, Any]) -> dict[str, Any]:
        if strangers := sorted(named.keys() - shapes().keys()):
            raise ValueError(f"工单没有这些栏目: {', '.join(strangers)}")
        return named

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := REQUIRED - self.columns.keys() - self.constants.keys():
            raise ValueError(f"缺少必需的列: {', '.join(sorted(missing))}")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a profile; raises `ValidationError`."""
        return cls.model_validate(read_yaml(path))

    @property
    def wanted(self) -> frozenset[str]:
        """Every heading that the profile knows, by any of its names."""
        names = (heading for field in self.columns for heading in self._headings(field))
        return frozenset(known for name in names for known in (name, *self._other_names(name)))

    @property
    def known(self) -> frozenset[str]:
        """Every heading that the profile says anything about."""
        return self.wanted | frozenset(map(plain_heading, self.ignore))

    def check_headings(self, headings: list[str]) -> list[str]:
        """The headings that an order cannot do without and the file lacks."""
        found = {self._own_name(heading) for heading in headings}
        needed = [field for field in self.columns if field in REQUIRED or field == COMPLAINT]
        return [name for field in needed for name in self._headings(field) if name not in found]

    def field(self, heading: str) -> str | None:
        """Which field a column of the file is, or a part of."""
        own = self._own_name(heading)
        return next((name for name in self.columns if own in self._headings(name)), None)

    def row(self, cells: Mapping[str, str]) -> ReadRow:
        """The work order in a row, and all that is wrong with it."""
        named = {self._own_name(heading): text for heading, text in cells.items()}
        values = dict(self._values(named))
        read = ReadRow()
        if REST in values:
            self._read_rest(read, values.pop(REST))
        read.complaint = values.pop(COMPLAINT, None)
        for name in sorted(REQUIRED - values.keys()):
            if not (name == "number" and read.complaint):
                read.wrong(name, "missing", f"缺少{'、'.join(self._headings(name)) or name}")
        assumed = [self._read_field(read, name, text) for name, text in values.items()]
        if any(assumed):
            read.order["tz_assumed"] = True
        self._identify(read)
        known = {heading for name in self.columns for heading in self._headings(name)}
        known |= {plain_heading(heading) for heading in self.ignore}
        if extra := {heading: text for heading, text in named.items() if heading not in known and text}:
            read.order["extra"] = extra
        return read

    def _values(self, named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Each field that the row or a constant gives, as text."""
        given = dict(self.constants)
        for name in self.columns:
            cells = [self._clear(named.get(heading, "")) for heading in self._headings(name)]
            if all(cells):
                given[name] = "-".join(cells)
        if "title" in given and self.columns.get("title") == self.columns.get("content"):
            given["title"] = given["title"][:LONGEST_TITLE]  # the list has no titles; the content keeps every word
        for name, text in given.items():
            yield name, self.values.get(name, {}).get(text, text)

    def _clear(self, text: str) -> str:
        return bare(text) if self.exact else text.strip()

    def _read_rest(self, read: ReadRow, text: str) -> None:
        try:
            rest = json.loads(text)
            if not isinstance(rest, dict):
                raise ValueError
        except ValueError:
            read.problems.append(("", "bad_rest", "“其他字段”一列须为 JSON 对象"))
        else:
            read.order |= rest

    def _read_field(self, read: ReadRow, name: str, text: str) -> bool:
        """Put one field into the order; whether a zone was assumed."""
        value: object = text
        assumed = False
        match shapes()[name]:
            case Shape.MOMENT:
                moment = self.time.read(text)
                if moment is None:
                    read.wrong(name, "bad_time", "时间无法读取")
                else:
                    value, assumed = moment[0].isoformat(), moment[1]
            case Shape.YES_NO:
                value = yes_or_no(text)
                if value is None:
                    value = text
                    read.wrong(name, "bad_yes_or_no", "须为“是”或“否”")
            case Shape.NUMBER:
                value = number(text)
                if value is None:
                    value = text
                    read.wrong(name, "bad_number", "须为整数")
            case Shape.SEVERAL:
                value = several(text)
            case Shape.TEXT:
                if name == "number" and _ROUNDED.fullmatch(text):
                    read.wrong(name, "number_rounded", "工单编号在表格中存成了数字，末位已丢失，请把该列改为文本")
        put(read.order, name, value)
        return assumed

    def _identify(self, read: ReadRow) -> None:
        """A number of another source can never be taken for this one's: where a channel gives none, the source does."""
        order = read.order
        order.setdefault("type", "COMPLAINT")
        order.setdefault("channel", IMPORT)
        if "number" in order and not self.exact:
            text = unicodedata.normalize("NFKC", order["number"])
            order["number"] = f"{self.source}-{text}" if order["channel"] == IMPORT else text
        elif "number" not in order and read.complaint:
            order["number"] = read.complaint
        person = order.get("complainant", {})
        if "person_key" in person and not self.exact:
            person["person_key"] = f"{self.source}/{person['person_key']}"

    def _headings(self, name: str) -> tuple[str, ...]:
        headings = self.columns.get(name, ())
        return tuple(map(plain_heading, (headings,) if isinstance(headings, str) else headings))

    def _other_names(self, heading: str) -> Iterator[str]:
        for name, others in self.aliases.items():
            if plain_heading(name) == heading:
                yield from map(plain_heading, others)

    def _own_name(self, heading: str) -> str:
        """The heading that the profile uses for this one."""
        return next(
            (plain_heading(name) for name, others in self.aliases.items() if heading in map(plain_heading, others)),
            heading,
        )
