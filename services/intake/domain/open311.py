"""公开接口 (Open311 GeoReport v2): what is offered, what a client asks for, and what becomes of it.

Rules of the standard: http://wiki.open311.org/GeoReport_v2 (frozen 2011).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError, ValidationError

from services.intake.domain.asked import Complainant, Order, Phone, Words
from shared.events.base import Code, Line, Moment, Value
from shared.events.vocabulary import Channel, ComplaintType
from shared.rules.broken import Reason, refuse
from shared.rules.township import Latitude, Longitude, Place, Town, plain

MOST_DESCRIPTION = 4000
"""Characters of a description. Source: GeoReport v2, POST Service Request."""
LONGEST = timedelta(days=90)
"""The longest time one question may be about. Source: GeoReport v2, GET Service Requests."""
MOST_RESULTS = 1000
"""Results of one answer. Source: GeoReport v2, Response Volume."""
EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the WGS 84 ellipsoid, in metres (IUGG)."""
_BETWEEN = re.compile(r"[\s,，、;；]+")

Several = Annotated[int, Field(ge=1)]


class Datatype(StrEnum):
    """What an attribute's value is. Source: GeoReport v2, GET Service Definition."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLEVALUELIST = "singlevaluelist"
    MULTIVALUELIST = "multivaluelist"


LISTS = frozenset({Datatype.SINGLEVALUELIST, Datatype.MULTIVALUELIST})
"""Attributes whose values are chosen from a list."""


class Option(Value):
    """选项 of a list."""

    key: Code
    name: Line


class Attribute(Value):
    """附加问题 that a service asks besides. `datatype_description`: how to write the answer."""

    code: Code
    description: Line
    datatype: Datatype
    required: bool = False
    datatype_description: Line | None = None
    values: tuple[Option, ...] = ()

    @model_validator(mode="after")
    def _a_list_has_values(self) -> Self:
        if bool(self.values) != (self.datatype in LISTS):
            raise ValueError(f"{self.code}: 只有列表类附加问题才有、且必须有选项")
        return self


class PublicService(Value):
    """公开服务: what may be asked for, and which category of the town that is. `notice`: what to expect."""

    code: Annotated[Code, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    name: Line
    description: Line
    group: Line
    keywords: tuple[Line, ...] = ()
    category: Code
    type: ComplaintType
    notice: Line | None = None
    attributes: tuple[Attribute, ...] = ()

    @model_validator(mode="after")
    def _never_a_report(self) -> Self:
        if self.type is ComplaintType.REPORT:
            raise ValueError(f"{self.code}: 举报不能通过公开接口提交")
        codes = [attribute.code for attribute in self.attributes]
        if len(set(codes)) != len(codes):
            raise ValueError(f"{self.code}: 附加问题代码重复")
        return self


class Open311Terms(Value):
    """公开接口的配置.

    `url`: where clients find it, else as they asked. `contact`, `key_service`: whom to ask, and how to get a key.
    `nearest_m`: a point belongs to a named place within so many metres. `again_s`: the same content of the same client
    within so many seconds is the same request. `requests_per_minute`: of one address; `posts_per_minute`: of one key.
    """

    url: Line | None = None
    contact: Line
    key_service: Line
    nearest_m: Several
    again_s: Several
    requests_per_minute: Several
    posts_per_minute: Several
    services: tuple[PublicService, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_service_per_category(self) -> Self:
        for listed in ([service.code for service in self.services], [service.category for service in self.services]):
            if twice := {code for code in listed if listed.count(code) > 1}:
                raise ValueError(f"公开服务或其分类重复: {', '.join(sorted(twice))}")
        return self

    def service(self, code: str) -> PublicService | None:
        """The service of this code, or None."""
        return next((service for service in self.services if service.code == code), None)

    def of_category(self, category: str) -> PublicService | None:
        """The service under which complaints of this category are shown, or None: they are not shown."""
        return next((service for service in self.services if service.category == category), None)


# -- what a client asks for


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "Input should be a valid number")
    return value


_Lat = Annotated[Latitude, BeforeValidator(_number)]
_Long = Annotated[Longitude, BeforeValidator(_number)]
_Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[!-~]+$")]


class NewRequest(BaseModel):
    """服务请求 as a client sends it; fields that the standard does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    service_code: Code
    lat: _Lat | None = None
    long: _Long | None = None
    address_string: Line | None = None
    address_id: Code | None = None
    email: Line | None = None
    account_id: Line | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    phone: Phone | None = None
    description: Annotated[Words, Field(max_length=MOST_DESCRIPTION)] | None = None
    media_url: _Url | None = None


class RequestedOrder(Order):
    """A service request as an order, for the vault: with what only this door asks for."""

    email: str | None = None
    media_url: str | None = None
    address_string: str | None = None
    lat: float | None = None
    long: float | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


def requested(
    asked: NewRequest,
    answers: Mapping[str, Sequence[Any]],
    *,
    client: str,
    now: datetime,
    terms: Open311Terms,
    town: Town,
) -> RequestedOrder:
    """The order that a service request is; raises `RuleBroken`. `answers`: attribute code → what was answered."""
    service = terms.service(asked.service_code)
    point = (asked.long, asked.lat) if asked.long is not None and asked.lat is not None else None
    refuse(
        service is None and Reason("unknown_service", "没有这项服务", "/service_code"),
        (asked.lat is None) != (asked.long is None) and Reason("half_a_point", "经度和纬度须同时填写", "/lat"),
        all(part is None for part in (asked.lat, asked.long, asked.address_string, asked.address_id))
        and Reason("location_missing", "须填写位置：经纬度、地址或地点代码", "/address_string"),
        asked.address_id is not None
        and town.place(asked.address_id) is None
        and Reason("unknown_address", "没有这个地点代码", "/address_id"),
        *(_wrong_answers(service, answers) if service else ()),
    )
    assert service is not None
    place = town.place(asked.address_id) or named(town, asked.address_string) or nearest(town, point, terms.nearest_m)
    return RequestedOrder(
        channel=Channel.WEB,
        type=service.type,
        received_at=now,
        title=service.name,
        content=asked.description or service.name,
        community=place.community if place else None,
        category=service.category,
        place=place.code if place else None,
        complainant=Complainant(name=_name(asked), phone=asked.phone, person_key=_person_key(asked, client)),
        email=asked.email,
        media_url=asked.media_url,
        address_string=asked.address_string,
        lat=asked.lat,
        long=asked.long,
        attributes={
            attribute.code: list(answers[attribute.code])
            for attribute in service.attributes
            if answers.get(attribute.code)
        },
    )


def window(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime | None]:
    """The time a question is about: at most 90 days. Without a start, the 90 days up to the end; without an end, up to
    now (then None) or to the 90th day."""
    first = start or (end or now) - LONGEST
    last = end or (first + LONGEST if first + LONGEST < now else None)
    refuse(
        last is not None and last < first and Reason("ends_before_start", "结束时间早于开始时间", "/end_date"),
        last is not None and last - first > LONGEST and Reason("span_too_long", "时间范围不得超过 90 天", "/end_date"),
    )
    return first, last


def named(town: Town, address: str | None) -> Place | None:
    """The one place that an address names, as a whole or between its commas and spaces; never a part of a word."""
    if address is None:
        return None
    words = {plain(address), *(plain(word) for word in _BETWEEN.split(address))}
    found = {place.code: place for word in words for place in town.places_called.get(word, ())}
    return next(iter(found.values())) if len(found) == 1 else None


def nearest(town: Town, point: tuple[float, float] | None, within_m: float) -> Place | None:
    """The nearest place to a point (longitude, latitude), but none that is farther away than this."""
    if point is None:
        return None
    near = [
        (metres, place.code, place)
        for place in town.places
        if place.position is not None and (metres := distance_m(place.position, point)) <= within_m
    ]
    return min(near)[2] if near else None


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two points (longitude, latitude in degrees) on the sphere: the haversine formula."""
    (a, b), (c, d) = (map(math.radians, point) for point in (one, other))
    half = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def _wrong_answers(service: PublicService, answers: Mapping[str, Sequence[Any]]) -> Iterable[Reason | None]:
    for attribute in service.attributes:
        given, pointer = answers.get(attribute.code, ()), f"/attribute/{attribute.code}"
        if attribute.required and not given:
            yield Reason("attribute_missing", f"须填写：{attribute.description}", pointer)
        if len(given) > 1 and attribute.datatype is not Datatype.MULTIVALUELIST:
            yield Reason("attribute_repeated", f"只能填写一项：{attribute.description}", pointer)
        elif not all(_fits(attribute, value) for value in given):
            yield Reason("attribute_invalid", f"填写有误：{attribute.description}", pointer)


_NUMBER = TypeAdapter(Annotated[float, Field(allow_inf_nan=False)])
_KINDS: Mapping[Datatype, TypeAdapter[Any]] = {
    Datatype.STRING: TypeAdapter(Line),
    Datatype.NUMBER: _NUMBER,
    Datatype.DATETIME: TypeAdapter(Moment),
    Datatype.TEXT: TypeAdapter(Annotated[Words, Field(max_length=MOST_DESCRIPTION)]),
}


def _fits(attribute: Attribute, value: object) -> bool:
    if attribute.datatype in LISTS:
        return value in [option.key for option in attribute.values]
    if isinstance(value, bool):
        return False
    try:
        _KINDS[attribute.datatype].validate_python(value)
    except ValidationError:
        return False
    return True


def _name(asked: NewRequest) -> str | None:
    """The family name comes first, but not in Latin letters."""
    parts = [part for part in (asked.last_name, asked.first_name) if part]
    name = " ".join(reversed(parts)) if any(part.isascii() for part in parts) else "".join(parts)
    return name[:200] or None


def _person_key(asked: NewRequest, client: str) -> str | None:
    """How people without a telephone are told apart. An account is known to its own client only."""
    if asked.email:
        return f"email {plain(asked.email)}"[:200]
    return f"{client} {asked.account_id}"[:200] if asked.account_id else None
