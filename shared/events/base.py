"""What a fact is, and the few types that facts and requests are made of.

A fact is something that happened. Its class is the contract between the services: the producer owns the
module, contracts only grow, and nothing personal ever stands in one (no name, no contact, no free text of a
resident, no id that links one person's complaints).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

TOWN = UUID("5e0b1f0a-2024-5201-8a16-5f1e0c0de001")
"""Namespace of every id that is derived (uuid5) rather than drawn: the same cause gives the same id everywhere."""


def derived(*parts: object) -> UUID:
    """The id that follows from its parts, the same in every service and at every replay."""
    return uuid5(TOWN, "\n".join(str(part) for part in parts))


_CODE_SIGN = "!-~\u3014\u3015\u3400-\u4dbf\u4e00-\u9fff"
_CODE = re.compile(f"[{_CODE_SIGN}]([ {_CODE_SIGN}]*[{_CODE_SIGN}])?")
_DAY = (
    "((20[0-9]{2}|2100)-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))|20([02468][048]|[13579][26])-02-29)"
)
_DATE = re.compile(_DAY)
_MOMENT = re.compile(
    f"{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{{1,6}})?)?(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
)
_SEEN = r"[^\s\x00-\x1f\x7f-\x9f]"
_ANY = r"[^\x00-\x1f\x7f-\x9f]*"
_REASON = re.compile(f"{_ANY}{_SEEN}{_ANY}{_SEEN}{_ANY}")
_UNCLEAN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_REF = r"^[a-z][a-z-]*/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def _moment(value: Any) -> Any:
    """A number would be read as seconds since 1970 and a date without an offset as UTC: both are refused."""
    if isinstance(value, str) and not _MOMENT.fullmatch(value):
        raise ValueError("时间须写成带时区的 ISO 8601，例如 2024-02-01T09:30:00+08:00")
    if not isinstance(value, str | datetime):
        raise ValueError("时间须写成带时区的 ISO 8601，例如 2024-02-01T09:30:00+08:00")
    return value


def _day(value: Any) -> Any:
    """A number would be read as seconds since 1970."""
    if (isinstance(value, str) and not _DATE.fullmatch(value)) or not isinstance(value, str | date):
        raise ValueError("日期须写成 ISO 8601，例如 2024-02-01，在 2000 年至 2100 年之间")
    return value


def _whole(value: Any) -> Any:
    """Not what merely looks like a number: `"5"`, `true`. JSON does not tell 5.0 from 5."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("须为整数")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("时间须带时区")
    if not 2000 <= value.year <= 2100:
        raise ValueError("时间须在 2000 年至 2100 年之间")
    return value


def clean(text: str) -> str:
    """Control characters (but newline and tab) never belong to a text; PostgreSQL cannot even store a NUL."""
    if found := _UNCLEAN.search(text):
        raise ValueError("文本含有不完整的字符" if found[0] >= "\ud800" else "文本含有控制字符")
    return text


def _code(text: str) -> str:
    """Codes are compared by machines: ASCII, Chinese characters and 〔〕, which have no look-alikes and no other form."""
    if not _CODE.fullmatch(text):
        raise ValueError("代码只能用半角字母、数字、符号和汉字，首尾不能是空格")
    return text


def _a_reason(text: str) -> str:
    if not _REASON.fullmatch(text):
        raise ValueError("理由至少 2 个字，写成一行")
    return text


WRITTEN: Mapping[Callable[..., Any], str] = {
    _moment: f"^{_MOMENT.pattern}$",
    _day: f"^{_DATE.pattern}$",
    clean: r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$",
    _code: f"^{_CODE.pattern}$",
}
"""How a text is written that these let pass, as JSON Schema patterns: for the documents of doors."""

Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_aware)]
"""时间: an aware instant; in JSON ISO 8601 with an offset."""
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31)), BeforeValidator(_day)]
"""日期: a calendar day in Asia/Shanghai."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_code)]
"""代码: a community, place, category or unit of `config/township.yaml`."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean)]
"""One line written by staff for the public (a title, a reason). Never a resident's own words."""
Prose = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(clean)]
"""A longer text written by staff for the public (a notice, minutes, an explanation)."""
Why = Annotated[Line, AfterValidator(_a_reason), Field(json_schema_extra={"pattern": f"^{_REASON.pattern}$"})]
"""Why somebody looks at, takes out or changes personal data: the auditor reads it."""
Flag = Annotated[bool, Field(strict=True)]
"""是/否: `true` or `false`, and nothing that merely looks like it."""
WHOLE = BeforeValidator(_whole)
"""Marks a whole number that somebody sends: a text is none."""
Ref = Annotated[str, Field(pattern=_REF, json_schema_extra={"link": "from"})]
"""`kind/uuid` of another stream that this one **comes from**. Journeys are drawn from `Ref` and `Target` alone."""
Target = Annotated[str, Field(pattern=_REF, json_schema_extra={"link": "to"})]
"""`kind/uuid` of another stream that this one **leads to**."""
Mention = Annotated[str, Field(pattern=_REF)]
"""`kind/uuid` of another stream that is merely mentioned: no step of a journey."""


def ref(kind: str, id: UUID) -> str:
    """`kind/uuid`, the name of a stream."""
    return f"{kind}/{id}"


def ref_id(name: str) -> UUID:
    """The uuid in the name of a stream."""
    return UUID(name.rpartition("/")[2])


def ref_kind(name: str) -> str:
    """The kind in the name of a stream."""
    return name.partition("/")[0]


class Value(BaseModel):
    """A part of a fact or of a request: frozen, and open to fields that a newer producer has added."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Asked(BaseModel):
    """What somebody asks for through a door: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Kept(Asked):
    """What is asked for to be kept in the vault alone: who somebody is, and how to reach them."""


class Fact(Value):
    """Something that happened, said once by one service and kept for ever.

    `said_by`: the service; `kind`: the kind of stream it belongs to; `revision`: the major version of the contract.
    The stream's id, the time and the actor are on the envelope, not in here.
    """

    said_by: ClassVar[str] = ""
    kind: ClassVar[str] = ""
    revision: ClassVar[int] = 1
    wire_type: ClassVar[str] = ""
    known: ClassVar[dict[str, type["Fact"]]] = {}

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        """`abstract=True` marks a class that only gathers what its facts share."""
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if abstract:
            return
        cls.wire_type = f"fiveplusn.{cls.said_by}.{cls.__name__}.v{cls.revision}"
        if cls.wire_type in Fact.known:
            raise TypeError(f"two facts are called {cls.wire_type}")
        Fact.known[cls.wire_type] = cls

    @classmethod
    def read(cls, data: str | bytes) -> Self:
        """The fact in these JSON bytes; raises `ValidationError`."""
        return cls.model_validate_json(data)
