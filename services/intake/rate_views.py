"""What intake shows of the three rates: as published, or counted now while a window is open. Read-only SQL."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.counting import month_id
from services.intake.domain.figures import TOWN, By, Figure, Key, figures, tally
from services.intake.domain.rates import (
    COUNTS,
    NO_RATES,
    Counts,
    Month,
    Rate,
    Window,
    credit,
    month_window,
    rate_terms,
)
from services.intake.domain.terms import Terms
from services.intake.publishing import Published, as_of, stored
from services.intake.registering import IntakeService
from services.intake.store import COMPLAINTS, RATE_FIGURES, RATES
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Connection
from shared.plumbing.searching import Search
from shared.rules.broken import Reason, refuse
from shared.rules.township import Town

UNKNOWN = "未定"
_ALL = 10_000_000
_NOTHING = Figure(Counts(), NO_RATES)
_HISTORY = f"""
select {", ".join(c.name for c in RATE_FIGURES.c)} from rate_figures where month = $1 and by = $2 and value = $3
order by version
"""


@dataclass(frozen=True, slots=True)
class Board:
    """All figures of a window. `published`: as they stand in the last version; None: counted now, up to `up_to`."""

    window: Window
    terms: Terms
    figures: Mapping[Key, Figure]
    up_to: int
    now: datetime
    published: Mapping[Key, Published] | None = None


async def board(con: Connection, service: IntakeService, window: Window, month: Month | None) -> Board:
    """The figures of a month or, without one, of a day. Needs a transaction that sees one state of the database."""
    terms = rate_terms(window, terms=service.terms)
    now = service.now()
    row = await con.fetchrow(RATES.read_sql, month_id(month)) if month else None
    if row is not None and month is not None:
        published = await as_of(con, month, row["version"])
        found = {key: one.figure for key, one in published.items() if one.figure.counts.received or key == TOWN}
        return Board(window, terms, found, row["up_to"], now, published)
    up_to = await con.fetchval("select coalesce(max(position), 0) from journal")
    search = Search()
    search.where("received_at >= ?", window.start)
    search.where("received_at < ?", window.end)
    rows = await search.rows(con, COMPLAINTS, "id", _ALL)
    found = figures(tally(COMPLAINTS.stored(row) for row in rows), numbers=terms.rates)
    return Board(window, terms, found, up_to, now)


async def both(con: Connection, whole: Board, community: str, unit: str) -> dict[str, Any]:
    """The figure of what a unit leads in a community: never published, always counted now."""
    search = Search()
    search.where("received_at >= ?", whole.window.start)
    search.where("received_at < ?", whole.window.end)
    search.where("community = ?", community)
    search.where("lead = ?", unit)
    rows = await search.rows(con, COMPLAINTS, "id", _ALL)
    found = figures(tally(COMPLAINTS.stored(row) for row in rows), numbers=whole.terms.rates)[TOWN]
    return _figure(Board(whole.window, whole.terms, {}, whole.up_to, whole.now), Key(By.TOWN), found)


def own_keys(caller: Person, by: By) -> frozenset[str] | None:
    """The values that a caller may see; None: all. A department has no community, a community is a unit too."""
    if caller.reach is Reach.TOWN or by is By.TOWN:
        return None
    own = frozenset(filter(None, (caller.department,))) if caller.reach is Reach.DEPARTMENT else caller.communities
    as_units = by in (By.UNIT, By.FIRST_HANDLER)
    return own if as_units or (by is By.COMMUNITY and caller.reach is Reach.COMMUNITY) else frozenset()


def may_see(caller: Person, key: Key, pointer: str) -> None:
    """Everybody sees the town's total and the own figures; raises `RuleBroken` for the others."""
    own = own_keys(caller, key.by)
    refuse(own is not None and key.value not in own and Reason("not_yours", "只能查看全镇合计和本单位的数", pointer))


def own_key(caller: Person) -> Key:
    """The figure that a caller who asks for nothing in particular means: the own one."""
    match caller.reach:
        case Reach.TOWN:
            return TOWN
        case Reach.DEPARTMENT:
            return Key(By.UNIT, caller.department or "")
        case Reach.COMMUNITY:
            return Key(By.COMMUNITY, min(caller.communities, default=""))


def shown(whole: Board, key: Key, town: Town) -> dict[str, Any]:
    """One figure with all that stands with it."""
    return named(key, town) | _figure(whole, key, whole.figures.get(key, _NOTHING))


def listed(whole: Board, by: By, caller: Person, town: Town) -> list[dict[str, Any]]:
    """The figures by unit, community and so on, as far as the caller may see them."""
    own = own_keys(caller, by)
    refuse(own == frozenset() and Reason("not_yours", "只能查看全镇合计和本单位的数", "?by"))
    keys = sorted(key for key in whole.figures if key.by is by and (own is None or key.value in own))
    return [shown(whole, key, town) for key in keys]


async def history(con: Connection, service: IntakeService, month: Month, key: Key) -> list[dict[str, Any]]:
    """Every version of a published figure, oldest first."""
    window = month_window(month, terms=service.terms)
    terms = rate_terms(window, terms=service.terms)
    now = service.now()
    found = []
    for row in await con.fetch(_HISTORY, str(month), key.by, key.value):
        one = stored(row)
        found.append(_figure(Board(window, terms, {}, one.up_to, now, {key: one}), key, one.figure))
    return found


def _figure(whole: Board, key: Key, figure: Figure) -> dict[str, Any]:
    numbers, counts, found = whole.terms.rates, figure.counts, figure.rates
    published = whole.published or {}
    one = published.get(key, published.get(TOWN))
    return {
        "version": one.version if one else None,
        "terms": one.terms if one else whole.terms.version,
        "up_to": whole.up_to,
        "computed_at": (one.computed_at if one else whole.now).isoformat(),
        "causes": json.loads(one.causes) if one else [],
        **{name: getattr(counts, name) for name in COUNTS},
        "base": counts.valid,
        "numerators": {
            "response": counts.contacted,
            "resolution": counts.resolved,
            "satisfaction": float(credit(counts, Rate.SATISFACTION, numbers)),
        },
        **{
            name: None if (value := getattr(found, name)) is None else float(value)
            for name in ("response", "resolution", "satisfaction", "score")
        },
    }


def named(key: Key, town: Town) -> dict[str, Any]:
    """Whose figure it is."""
    return {"by": key.by, "value": key.value or None, "name": _name(key, town)}


def _name(key: Key, town: Town) -> str:
    entry: Any = None
    match key.by:
        case By.TOWN:
            return town.name
        case By.UNIT | By.FIRST_HANDLER:
            entry = town.unit(key.value)
        case By.COMMUNITY:
            entry = town.community(key.value)
        case By.CATEGORY:
            entry = town.category(key.value)
        case By.CHANNEL | By.TYPE:
            pass
    return str(entry.name) if entry else key.value or UNKNOWN
