"""通知: what is told, by which template, when it may go out, and what a service must know to tell it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, TypeAdapter, model_validator

from shared.events.base import Fact, Line, Value, derived
from shared.plumbing.database import Connection, Pool
from shared.plumbing.settings import read_yaml
from shared.rules import township
from shared.rules.township import SHANGHAI

TOWN_NAME = "town"
"""Every template may name the town."""
SMS_PART = 70
"""So many characters fit into one short message in UCS-2 (3GPP TS 23.040)."""
Pause = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=365))]


class NoticeState(StrEnum):
    """通知状态: waiting, taken by the gateway, on the phone, given up, not sent for a reason."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class Suppressed(StrEnum):
    """Why somebody is not told: no contact, personal data erased, told us not to, the template is gone."""

    NO_CONTACT = "NO_CONTACT"
    ERASED = "ERASED"
    UNWANTED = "UNWANTED"
    NO_TEMPLATE = "NO_TEMPLATE"


EXPIRED = "EXPIRED"
"""The reason of a notice that could not be sent while it was news."""
UNREADABLE = "UNREADABLE"
"""The reason of a notice whose contact could not be read, though it is there."""


class QuietHours(Value):
    """安静时段 (Asia/Shanghai), usually over midnight; `start` equal to `end`: there are none."""

    start: time
    end: time

    def over(self, moment: datetime) -> datetime:
        """The first moment from this one on that is not quiet."""
        local = moment.astimezone(SHANGHAI)
        at, across = local.time(), self.start > self.end
        if not (at >= self.start or at < self.end if across else self.start <= at < self.end):
            return moment
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=self.end.second, microsecond=0)
        return end + timedelta(days=1) if across and at >= self.start else end


class NoticeTerms(township.Terms):
    """通知的时限与数值: section `notices` of `config/township.yaml`.

    `pauses`: before the second, third … attempt, the last one again and again; `call`: how long one call to the
    gateway may take; `stale`: older news is not told any more; `keep`: what is over is forgotten then.
    """

    attempts: Annotated[int, Field(ge=1, le=100)]
    pauses: Annotated[tuple[Pause, ...], Field(min_length=1)]
    call: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(seconds=60))]
    quiet: QuietHours
    stale: Pause
    keep: Pause

    @model_validator(mode="after")
    def _told_once(self) -> Self:
        if self.keep <= self.stale:
            raise ValueError("通知的保存时间须长于其有效时间")
        return self

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts."""
        return self.pauses[min(attempts, len(self.pauses)) - 1]

    def allowed(self, moment: datetime, *, critical: bool) -> datetime:
        """When a notice may go out that is ready now: not in the quiet hours, unless life or limb depend on it."""
        return moment if critical else self.quiet.over(moment)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is to be told. `parameters`: public words only; `once`: the cause, for which nobody is told twice.

    `of`: when it happened, if that is not when it was said; `to`: which of several people in the matter is meant, by the
    owner of the contact, whose key in the vault is theirs.
    """

    template: str
    parameters: Mapping[str, str]
    once: str
    of: datetime | None = None
    to: UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of the journal that somebody may have to be told of; `name`: `kind/uuid/version`."""

    position: int
    kind: str
    owner: UUID
    name: str
    fact: Fact
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose matter it is (`subject`: their key in the vault), what the rule must know of it, whether it is critical."""

    subject: UUID | None
    matter: Any
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody can be reached: `to` in E.164, or why not."""

    to: str | None = None
    why: Suppressed = Suppressed.NO_CONTACT


@dataclass(frozen=True)
class Teller:
    """What a service knows of telling people.

    `templates`: name → the parameters it may use; `facts`: of which it tells; `look(con, owners)`: whose they are, in
    bulk; `tell(told, addressee)`: what is said, or None; `contacts(con, owners)`: read from the vault, for sending.
    """

    templates: Mapping[str, frozenset[str]]
    facts: Sequence[type[Fact]]
    look: Callable[[Connection, Sequence[UUID]], Awaitable[Mapping[UUID, Addressee]]]
    tell: Callable[[Told, Addressee], Message | None]
    contacts: Callable[[Pool, Sequence[UUID]], Awaitable[Mapping[UUID, Contact]]]


@dataclass(frozen=True)
class Templates:
    """The texts of one service, checked: a template that is not there is a notice that does not go out."""

    town: str
    texts: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.texts

    def render(self, name: str, parameters: Mapping[str, str]) -> str | None:
        """The text; None if there is no such template any more, or it wants what this notice does not have."""
        try:
            return self.texts[name].format(**{TOWN_NAME: self.town} | dict(parameters))
        except KeyError:
            return None

    @classmethod
    def load(cls, path: Path, service: str, town: str, known: Mapping[str, frozenset[str]]) -> Self:
        """This service's part of `notices.yaml`; a wrong template stops the service, with all reasons."""
        texts = TypeAdapter(dict[str, dict[str, Line]]).validate_python(read_yaml(path))[service]
        if wrong := [reason for name, text in texts.items() for reason in _wrong(name, text, known)]:
            raise ValueError(f"{path.name}: {'; '.join(wrong)}")
        return cls(town, texts)


def _wrong(name: str, text: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    if name not in known:
        return [f"{name}: 没有这个通知"]
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return [f"{name}: 括号不成对"]
    offered = known[name] | {TOWN_NAME}
    return [
        f"{name}: 不能使用 {{{f}}}" for _, f, form, as_ in parts if f is not None and (f not in offered or form or as_)
    ]


def notice_id(owner: UUID, message: Message) -> UUID:
    """The same owner, template and cause give the same notice, however often they are met."""
    return derived("notice", owner, message.template, message.once)


def day(moment: datetime | date) -> str:
    """`2月8日`."""
    local = moment.astimezone(SHANGHAI) if isinstance(moment, datetime) else moment
    return f"{local.month}月{local.day}日"


def hour(moment: datetime) -> str:
    """`2月8日18时`, with minutes where there are any."""
    local = moment.astimezone(SHANGHAI)
    return f"{day(local)}{local.hour}时" + (f"{local.minute}分" if local.minute else "")
