"""The town as configured: communities, places, categories, units, and numbers that hold from a date on."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Generic, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from shared.events.base import Code, Line, Value
from shared.events.vocabulary import CommunityKind

T = TypeVar("T", bound="Terms")
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The town's time zone: days, months and working hours are counted in it; instants are stored in UTC."""


class Role(StrEnum):
    """角色. RESIDENT asks without a login; SERVICE is another service of ours."""

    FEEDER = "feeder"
    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    SECRETARY = "secretary"
    RECORDER = "recorder"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    RESIDENT = "resident"
    SERVICE = "service"


class Community(Value):
    """社区/村."""

    code: Code
    name: Line
    kind: CommunityKind


class Place(Value):
    """A named place of the gazetteer (estate, road): the anchor of a hotspot. `aliases`: how people also call it.

    `position`: longitude and latitude in degrees, WGS 84, where the town has entered it; maps need it, nothing else does.
    """

    code: Code
    name: Line
    community: Code
    aliases: tuple[Line, ...] = ()
    position: tuple[Longitude, Latitude] | None = None


class Category(Value):
    """诉求分类, second level. `sensitive`: one person is enough for a hotspot."""

    code: Code
    name: Line
    group: Line
    sensitive: bool = False


class UnitLevel(StrEnum):
    """Where a unit belongs: a community, the town, the district, or a public-service firm."""

    COMMUNITY = "COMMUNITY"
    TOWN = "TOWN"
    DISTRICT = "DISTRICT"
    FIRM = "FIRM"


class Unit(Value):
    """承办单位/部门."""

    code: Code
    name: Line
    level: UnitLevel


E = TypeVar("E", Community, Place, Category)


def plain(text: str) -> str:
    """How names are compared: whatever their width and case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _called(entries: Iterable[E]) -> dict[str, list[E]]:
    """By code, name and alias; every order asks for it."""
    found: dict[str, list[E]] = {}
    for entry in entries:
        for name in _names(entry):
            found.setdefault(name, []).append(entry)
    return found


def _names(entry: Community | Place | Category) -> set[str]:
    aliases: tuple[str, ...] = entry.aliases if isinstance(entry, Place) else ()
    return {plain(name) for name in (entry.code, entry.name, *aliases)}


class Town(Value):
    """The reference lists of `config/township.yaml`; codes are unique in each.

    `public_numbers`: telephone numbers of offices, which staff may write in public texts.
    """

    name: Line
    public_numbers: tuple[Line, ...] = ()
    communities: tuple[Community, ...]
    places: tuple[Place, ...]
    categories: tuple[Category, ...]
    units: tuple[Unit, ...]

    @model_validator(mode="after")
    def _codes_are_unique_and_known(self) -> Self:
        lists: tuple[Sequence[Community | Place | Category | Unit], ...] = (
            self.communities,
            self.places,
            self.categories,
            self.units,
        )
        for listed in lists:
            codes = [entry.code for entry in listed]
            if twice := {code for code in codes if codes.count(code) > 1}:
                raise ValueError(f"代码重复: {', '.join(sorted(twice))}")
        known = {community.code for community in self.communities}
        if strangers := [place.code for place in self.places if place.community not in known]:
            raise ValueError(f"地名所属社区不存在: {', '.join(strangers)}")
        return self

    @cached_property
    def communities_called(self) -> Mapping[str, Sequence[Community]]:
        """The communities by their names in plain writing."""
        return _called(self.communities)

    @cached_property
    def places_called(self) -> Mapping[str, Sequence[Place]]:
        """The places by their names in plain writing."""
        return _called(self.places)

    @cached_property
    def categories_called(self) -> Mapping[str, Sequence[Category]]:
        """The categories by their names in plain writing."""
        return _called(self.categories)

    def community(self, code: str | None) -> Community | None:
        """The community of this code, or None."""
        return next((entry for entry in self.communities if entry.code == code), None)

    def place(self, code: str | None) -> Place | None:
        """The place of this code, or None."""
        return next((entry for entry in self.places if entry.code == code), None)

    def category(self, code: str | None) -> Category | None:
        """The category of this code, or None."""
        return next((entry for entry in self.categories if entry.code == code), None)

    def unit(self, code: str | None) -> Unit | None:
        """The unit of this code, or None."""
        return next((entry for entry in self.units if entry.code == code), None)


class Terms(Value):
    """Our defaults [D] of one service: they hold from `effective` (00:00 Asia/Shanghai) until the next version."""

    effective: date

    @property
    def version(self) -> str:
        """The name under which a fact records what it was decided by."""
        return self.effective.isoformat()


class Dated(Value, Generic[T]):
    """All versions of a service's terms, oldest first."""

    versions: tuple[T, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [terms.effective for terms in self.versions]
        if days != sorted(set(days)):
            raise ValueError("各版本须按生效日期先后排列，且日期不得相同")
        return self

    def on(self, moment: datetime) -> T:
        """The terms in force at this moment; before the first version, the first."""
        day = moment.astimezone(SHANGHAI).date()
        return next((terms for terms in reversed(self.versions) if terms.effective <= day), self.versions[0])
