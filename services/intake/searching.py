"""查找: what somebody asks for in the list of complaints, as SQL, as far as the caller reaches."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from services.intake.domain.clock import RUNNING
from services.intake.domain.complaint import ComplaintState
from services.intake.domain.wording import HEADINGS, TEXTS
from services.intake.registering import IntakeService, number_id
from shared.events.base import Asked, Code, Flag, Line, Moment
from shared.events.vocabulary import Channel, ComplaintType, Urgency
from shared.plumbing.caller import Person, Reach
from shared.plumbing.searching import Search
from shared.rules.township import Community, Place, Town, Unit, plain

HANDLES = "(lead = ?::text or support <> '[]' and support @> to_jsonb(?::text))"
"""When a department has to do with a complaint. The support units are compared where there are any: so says the index."""
_HANDLED_BY_OWN = "(not confidential or lead = any(?::text[]) or support ?| ?::text[])"
_RUNNING = "state in ({})".format(", ".join(f"'{state}'" for state in sorted(RUNNING)))
"""Where the due date runs; written out, so that the partial index is found."""
_STAFF_FIELDS = frozenset((*TEXTS, "reason"))
_STAFF_WORDS = "concat_ws(E'\\n', {})".format(", ".join(f"data->>'{field}'" for field in sorted(_STAFF_FIELDS)))
"""What staff wrote for the public, of whatever fact."""
_WRITTEN = ", ".join(
    f"'{fact.wire_type}'"
    for fact in sorted(HEADINGS, key=lambda fact: fact.wire_type)
    if _STAFF_FIELDS & fact.model_fields.keys()
)
_SAID = f"type in ({_WRITTEN}) and strpos(lower({_STAFF_WORDS}), ?) > 0"
"""Only facts that can have such words are opened."""


_WITHIN = re.compile("[1-9][0-9]{0,3}|P[1-9][0-9]{0,2}[DW]|(P[1-9][0-9]{0,2}D|P)T[1-9][0-9]{0,3}[HM]")


def _soon(value: object) -> object:
    """A bare number is hours: `due_within=24`."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _WITHIN.fullmatch(value):
        raise ValueError("须为小时数或时长，例如 24、P3D、PT90M")
    return f"PT{value}H" if value.isdecimal() else value


_ANY = r"[^\x00-\x1f\x7f-\x9f]*"
_WANTED = re.compile(rf"{_ANY}[^\s\x00-\x1f\x7f-\x9f]{_ANY}")


def _trimmed(text: str) -> str:
    if not _WANTED.fullmatch(text):
        raise ValueError("内容须为一行，不能为空白")
    return text.strip()


Within = Annotated[
    timedelta, BeforeValidator(_soon), WithJsonSchema({"type": "string", "pattern": f"^({_WITHIN.pattern})$"})
]
"""How soon: an ISO 8601 duration of weeks, days, hours or minutes, or hours."""
SearchText = Annotated[Line, AfterValidator(_trimmed), Field(json_schema_extra={"pattern": f"^{_WANTED.pattern}$"})]
"""What is looked for, without the blanks around it."""


class Filters(Asked):
    """查询条件: all of them must hold; what is left out is no condition.

    `unit`: leads or supports. `due_within`: the due date runs and comes within this time; `overdue`: it runs and is over,
    by the town's clock. `number`: of the order, or of one that urged it; with or without its `channel` it finds a
    confidential complaint too. `received_from` is included, `received_until` is not. `text`: part of the number, of the
    name of category, community, place or unit, or of what staff wrote for the public.
    """

    state: Annotated[tuple[ComplaintState, ...], Field(max_length=len(ComplaintState))] = ()
    unit: Code | None = None
    lead: Code | None = None
    due_within: Within | None = None
    overdue: Flag | None = None
    community: Code | None = None
    category: Code | None = None
    place: Code | None = None
    channel: Channel | None = None
    type: ComplaintType | None = None
    urgency: Urgency | None = None
    confidential: Flag | None = None
    supervised: Flag | None = None
    hard: Flag | None = None
    listed: Flag | None = None
    repeat: Flag | None = None
    received_from: Moment | None = None
    received_until: Moment | None = None
    number: Code | None = None
    text: SearchText | None = None

    @property
    def used(self) -> frozenset[str]:
        """The names of the conditions that are set."""
        return frozenset(self.model_dump(exclude_defaults=True))


def within_reach(caller: Person) -> Search:
    """Every complaint that is the caller's business.

    A confidential complaint is nothing to the community where it merely happened: it may be about its own people.
    """
    found = Search()
    found.within_reach(caller, HANDLES)
    if caller.reach is Reach.COMMUNITY:
        found.where(_HANDLED_BY_OWN, sorted(caller.communities))
    return found


def search(filters: Filters, caller: Person, service: IntakeService) -> Search:
    """The complaints that the caller may see and that fulfil all conditions; `text` as SQL too."""
    found = within_reach(caller)
    if filters.state:
        found.where("state = any(?::text[])", sorted(filters.state))
    found.where(HANDLES, filters.unit)
    for column in ("lead", "community", "category", "place", "type"):
        found.where(f"{column} = ?", getattr(filters, column))
    _word(found, "urgency", filters.urgency)
    for flag in ("confidential", "supervised", "hard", "repeat"):
        found.flag(flag, getattr(filters, flag))
    found.flag(f"state = '{ComplaintState.LISTED}'", filters.listed)
    found.where("received_at >= ?", filters.received_from)
    found.where("received_at < ?", filters.received_until)
    _due(found, filters, service)
    if filters.number is None:
        _word(found, "channel", filters.channel)
    else:
        ids = [str(id) for id in orders_numbered(service, filters.number, filters.channel)]
        found.where("(id = any(?::text[]::uuid[]) or urges <> '[]' and urges ?| ?::text[])", ids)
    if filters.text is not None:
        says(found, filters.text, service.town)
    return found


def _word(found: Search, column: str, word: Urgency | Channel | None) -> None:
    """A word of a closed list is written out: only then an index of the rare ones is found."""
    if word is not None:
        found.clauses.append(f"{column} = '{word}'")


def _due(found: Search, filters: Filters, service: IntakeService) -> None:
    now = service.now()
    if filters.overdue is not None:
        found.where(
            f"{_RUNNING} and due_at < ?" if filters.overdue else f"not ({_RUNNING} and coalesce(due_at < ?, false))",
            now,
        )
    if filters.due_within is not None:
        found.where(f"{_RUNNING} and due_at >= ?", now)
        found.where("due_at < ?", now + filters.due_within)


def orders_numbered(service: IntakeService, number: str, channel: Channel | None) -> list[UUID]:
    """The ids of the orders with this number, at this channel or at any."""
    return [number_id(service.keys, one, number) for one in ([channel] if channel else Channel)]


def says(found: Search, text: str, town: Town, among: Sequence[UUID] | None = None) -> None:
    """Only complaints whose number, category, community, place, unit or public texts have this text.

    `among`: only these are looked at, by way of the indices; else the whole journal is read once.
    """
    found.where("id = any(?::uuid[])", among)
    these = f"${len(found.arguments)}::uuid[]"
    streams, routed = ("true", "true") if among is None else (f"stream = any({these})", f"r.complaint = any({these})")
    wanted, either = plain(text), Search()
    either.arguments, either.clauses = found.arguments, []
    either.where("strpos(lower(number), ?) > 0", wanted)
    for column, entries in (
        ("category", town.categories),
        ("community", town.communities),
        ("place", town.places),
        ("lead", town.units),
    ):
        either.where(f"{column} = any(?::text[])", _codes(entries, wanted) or None)
    either.where(f"id in (select stream from journal where kind = 'complaint' and {streams} and {_SAID})", text.lower())
    either.where(
        f"id in (select r.complaint from routes r join journal on stream = r.id where {routed} and {_SAID})",
        text.lower(),
    )
    found.clauses.append(f"({' or '.join(either.clauses)})")


def _codes(entries: Iterable[Any], wanted: str) -> list[str]:
    """The codes of the entries in whose name or aliases this stands."""
    return [entry.code for entry in entries if any(wanted in plain(name) for name in _names(entry))]


def _names(entry: Community | Place | Unit) -> tuple[str, ...]:
    return (entry.name, *(entry.aliases if isinstance(entry, Place) else ()))
