"""筛选: what the boards have in common: what may be chosen, lists read to their end, and what figures mean."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from services.dashboard.pages.asking import Told, ask
from services.dashboard.terms import DashboardTerms
from shared.events.base import Code
from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Service

Nothing = Literal[""]
"""A form sends what nobody chose as an empty text."""
Chosen = Code | Nothing | None
"""代码 of what was chosen, if anything was."""
LARGEST_PAGE = 200
"""So many entries are asked for at once: as many as a list gives."""
MOST_PAGES = 10
"""So many pages of a list are read for one page here [D]."""


def made(told: Told, make: Callable[[Any], Any]) -> Told:
    """What was told, as a page shows it; nothing is made of nothing."""
    return told if told.missing else replace(told, found=make(told.found))


async def ask_list(request: AnyRequest, service: str, path: str, **query: object) -> Told:
    """清单 read to its end: `{"items": [...], "whole": whether that is all}`."""
    items: list[Any] = []
    after = None
    for _ in range(MOST_PAGES):
        told = await ask(request, service, path, **query, limit=LARGEST_PAGE, after=after)
        if told.missing:
            return told
        items += told.found["items"]
        after = told.found["next"]
        if after is None:
            break
    return Told(service, {"items": items, "whole": after is None})


def meanings(told: Told) -> Told:
    """指标定义 by figure: what each is called, and what it means."""
    return made(
        told,
        lambda found: {
            one.get("figure") or one["code"]: {
                "name": one["name"],
                "unit": one.get("unit"),
                "definition": one.get("definition") or one["words"],
            }
            for one in found
        },
    )


def communities(service: Service[DashboardTerms], caller: Person) -> dict[str, str]:
    """社区（村） that somebody may choose, by code."""
    return {
        one.code: one.name
        for one in service.town.communities
        if caller.reach is not Reach.COMMUNITY or one.code in caller.communities
    }


def must_be(chosen: str | None, choices: dict[str, str]) -> str | None:
    """What was chosen; raises `NotFound` when there is no such thing to choose."""
    if chosen and chosen not in choices:
        raise NotFound("no such choice")
    return chosen or None
