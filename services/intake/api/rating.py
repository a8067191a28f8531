"""Doors: the three rates, as published and as they stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from services.intake import rate_cases, rate_views
from services.intake.domain.figures import TOWN, By, Key
from services.intake.domain.rates import (
    Month,
    Window,
    definitions,
    month_at,
    month_window,
    rate_terms,
    report_day,
    rules_in_words,
)
from services.intake.publishing import verify_month
from services.intake.rate_cases import MONTH, Opened
from services.intake.registering import Here, IntakeService
from shared.events.base import Day
from shared.plumbing import query
from shared.plumbing.caller import Person
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse

MOST_MONTHS = 60
"""So many months at most in one answer."""


@asynccontextmanager
async def _one_state(service: IntakeService) -> AsyncIterator[Connection]:
    """A connection that sees one state of the database."""
    async with service.pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        yield con


def _key(caller: Person, community: str | None, unit: str | None) -> Key:
    if unit is not None:
        key, pointer = Key(By.UNIT, unit), "?unit"
    elif community is not None:
        key, pointer = Key(By.COMMUNITY, community), "?community"
    else:
        key, pointer = rate_views.own_key(caller), ""
    rate_views.may_see(caller, key, pointer)
    return key


def _window(service: IntakeService, month: Month) -> Window:
    return month_window(month, terms=service.terms)


def _head(service: IntakeService, window: Window, month: Month | None) -> dict[str, Any]:
    return {
        "month": str(month) if month else None,
        "from": window.start.isoformat(),
        "until": window.end.isoformat(),
        "closed": window.end <= service.now(),
    }


@get("/rates")
async def read_rates(
    service: Here,
    ask: Asking,
    month: Annotated[str | None, QueryParameter(pattern=MONTH)] = None,
    day: FromQuery[Day | None] = None,
    community: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
    by: FromQuery[By | None] = None,
) -> dict[str, Any]:
    """三率 of a month (2024-02: from 19 January to 19 February) or a day (from noon to noon); else of this month.

    One figure (the caller's own, a community's, a unit's) beside the town's total; `by`: one for each unit and so on.
    Of a month that is over they are as published, with their version; else they are counted now and have none.
    """
    asked: Month | None = None
    if day is not None:
        window = report_day(day, terms=service.terms)
    else:
        asked = Month.parse(month) if month else month_at(service.now(), terms=service.terms)
        window = _window(service, asked)
    key = _key(ask.caller, community, unit)
    if community is not None and unit is not None:
        rate_views.may_see(ask.caller, Key(By.COMMUNITY, community), "?community")
    async with _one_state(service) as con:
        whole = await rate_views.board(con, service, window, asked)
        if community is not None and unit is not None:
            figure = await rate_views.both(con, whole, community, unit)
        else:
            figure = rate_views.shown(whole, key, service.town)
    found = _head(service, window, asked) | figure
    found["town"] = rate_views.shown(whole, TOWN, service.town)
    if by is not None:
        found["figures"] = rate_views.listed(whole, by, ask.caller, service.town)
    return found


@get("/rates/months")
async def read_rate_months(
    service: Here,
    ask: Asking,
    from_month: Annotated[str, QueryParameter(name="from", pattern=MONTH)],
    until_month: Annotated[str, QueryParameter(name="until", pattern=MONTH)],
    community: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
) -> list[dict[str, Any]]:
    """三率 month by month, both named months included: of the caller's own, a community, or a unit."""
    month, last = Month.parse(from_month), Month.parse(until_month)
    refuse(
        last < month and Reason("wrong_order", "起始月份晚于终止月份", "?from"),
        month.later(MOST_MONTHS) <= last and Reason("too_many_months", f"一次至多 {MOST_MONTHS} 个月", "?until"),
        community is not None and unit is not None and Reason("one_of_both", "社区（村）和单位只能选一", "?unit"),
    )
    key = _key(ask.caller, community, unit)
    found = []
    async with _one_state(service) as con:
        while month <= last:
            window = _window(service, month)
            whole = await rate_views.board(con, service, window, month)
            found.append(_head(service, window, month) | rate_views.shown(whole, key, service.town))
            month = month.later()
    return found


@get("/rates/history")
async def read_rate_history(
    service: Here,
    ask: Asking,
    month: Annotated[str, QueryParameter(pattern=MONTH)],
    by: FromQuery[By] = By.TOWN,
    value: Annotated[str, QueryParameter(max_length=64)] = "",
) -> list[dict[str, Any]]:
    """公布数的各个版本, oldest first: what was published when, and which facts changed it."""
    key = Key(by, value)
    rate_views.may_see(ask.caller, key, "?value")
    async with _one_state(service) as con:
        return await rate_views.history(con, service, Month.parse(month), key)


def _opened(request: Request[Any, Any, Any]) -> Opened:
    return query.asked(request, Opened)


@get("/rates/cases", dependencies={"asked": Provide(_opened, sync_to_thread=False)}, opt={"query": Opened})
async def list_rate_cases(service: Here, ask: Asking, asked: NamedDependency[Opened]) -> dict[str, Any]:
    """三率明细: the complaints that make up one figure of a month, as it was published (or `version`), else as it stands.

    `rate`: response, resolution or satisfaction; `by` and `value` as in the history; `part`: base (the denominator), met
    (the numerator), failed (in the denominator alone), short (failed, or not wholly in the numerator) or outside. `base` =
    `met` + `failed`; `numerator`: the sum of `credit`; `outside` says why a case is in neither; `moved`: now it would count
    otherwise; `hidden`: so many of the part are none of the caller's business.
    """
    async with _one_state(service) as con:
        return await rate_cases.opened(con, service, ask.caller, asked)


@get("/rates/definitions")
async def read_rate_definitions(
    service: Here, month: Annotated[str | None, QueryParameter(pattern=MONTH)] = None
) -> dict[str, Any]:
    """指标定义 in words, made from the numbers in force for a month; else for this one.

    `targets`: what the town wants to reach, in percent, or null.
    """
    asked = Month.parse(month) if month else month_at(service.now(), terms=service.terms)
    terms = rate_terms(_window(service, asked), terms=service.terms)
    return {
        "month": str(asked),
        "terms": terms.version,
        "definitions": [asdict(one) for one in definitions(terms.rates)],
        "rules": rules_in_words(terms),
        "targets": {name: float(value) for name, value in terms.rates.targets} if terms.rates.targets else None,
    }


@get("/rates/verification", responses={409: ResponseSpec(dict[str, Any], description="与重新计算的结果不符：逐项列出")})
async def verify_rates(service: Here, month: Annotated[str, QueryParameter(pattern=MONTH)]) -> Response[dict[str, Any]]:
    """核验: every version of a month counted again from the journal alone. 409 names each figure that is another one.

    `current`: whether nothing has changed since the last version; what has is published soon.
    """
    async with _one_state(service) as con:
        found = await verify_month(con, service, Month.parse(month))
    differences = [
        {"version": one.version, "what": one.what}
        | ({"by": one.key.by, "value": one.key.value or None} if one.key else {})
        for one in found.differences
    ]
    answer = {
        "sound": not differences,
        "month": month,
        "versions": found.versions,
        "current": found.current,
        "differences": differences,
    }
    return Response(answer, status_code=409 if differences else 200)


DOORS = [read_rates, read_rate_months, read_rate_history, list_rate_cases, read_rate_definitions, verify_rates]
