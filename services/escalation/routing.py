"""分办建议: the rules of `config/whistles.yaml`, applied to issues, with who led before."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from services.escalation.domain.issue import ENDED, SOLVED, Issue, IssueState
from services.escalation.domain.routing import (
    NO_PRECEDENTS,
    Led,
    Matter,
    Near,
    Precedents,
    Proposal,
    Tried,
    WhistleRules,
    propose,
)
from services.escalation.domain.terms import Terms
from services.escalation.store import ISSUES
from shared.plumbing.caller import Person
from shared.plumbing.database import Connection, Pool
from shared.plumbing.searching import Search
from shared.plumbing.service import Service
from shared.plumbing.settings import read_yaml
from shared.rules.routing import check_all
from shared.rules.township import Dated

LAST = 20
"""So many earlier whistles at most are looked at."""
_LED = """
with past as (
    select id, lead, state, requested_at, case when place = $3 then 0 when community = $2 then 1 else 2 end as distance
    from issues where category = $1 and id <> $4 and caller is not null
), nearest as (
    select * from past where distance = (select min(distance) from past) order by requested_at desc, id limit $6
)
select distance, lead, count(*) as issues, count(*) filter (where state = any($5::text[])) as solved,
    max(requested_at) as latest
from nearest group by distance, lead order by issues desc, latest desc, lead
"""
_WITHOUT = "select department from duties where issue = $1 and state in ('OBJECTED', 'EXCUSED')"


@lru_cache(maxsize=16)
def read_rules(path: Path) -> Dated[WhistleRules]:
    """The rules in a file, read once; raises `ValidationError`."""
    return Dated[WhistleRules].model_validate(read_yaml(path))


def rules_of(service: Service[Terms]) -> Dated[WhistleRules]:
    """All versions of the town's rules."""
    return read_rules(service.settings.config / "whistles.yaml")


def begin_routing(service: Service[Terms]) -> None:
    """The rules are read, and everything that they name exists; raises `RuleBroken` otherwise."""
    check_all(rules_of(service).versions, service.town)


def matter(of: Issue) -> Matter:
    """What the rules see of an issue."""
    return Matter(of.community, of.category, of.place)


def by_rules(
    service: Service[Terms],
    looked_at: Matter,
    moment: datetime,
    rules: WhistleRules | None = None,
    precedents: Precedents = NO_PRECEDENTS,
    without: Sequence[str] = (),
) -> Proposal | None:
    """分办建议 at this moment, by these rules or by those in force then."""
    return propose(
        looked_at,
        moment,
        rules or rules_of(service).on(moment),
        service.calendar,
        service.town,
        precedents=precedents,
        without=without,
    )


async def proposal_for(service: Service[Terms], id: UUID, issue: Issue) -> tuple[Proposal | None, Precedents]:
    """分办建议 for an issue, by the rules in force now, and who led before."""
    async with service.pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        precedents = await precedents_of(con, id, matter(issue))
        without = [row["department"] for row in await con.fetch(_WITHOUT, id)]
    return by_rules(service, matter(issue), service.now(), precedents=precedents, without=without), precedents


async def precedents_of(con: Connection, id: UUID, looked_at: Matter) -> Precedents:
    """谁主责过: the last whistles of this category at the same place; where there are none, in the same community; then
    in the town.
    """
    solved = [*SOLVED, IssueState.CLOSED]
    rows = await con.fetch(_LED, looked_at.category, looked_at.community, looked_at.place, id, solved, LAST)
    if not rows:
        return Precedents()
    led = [Led(row["lead"], row["issues"], row["solved"], row["latest"]) for row in rows]
    return Precedents(tuple(Near)[rows[0]["distance"]], led)


async def try_out(service: Service[Terms], pool: Pool, caller: Person, candidate: WhistleRules) -> list[Tried]:
    """试算: every open issue that the caller may see, by these rules and by those in force."""
    wanted, moment = Search(), service.now()
    wanted.within_reach(caller, None)
    wanted.where("not state = any(?::text[])", [*ENDED, *SOLVED])
    tried = []
    for row in await wanted.rows(pool, ISSUES, "requested_at, id", 100_000):
        issue = ISSUES.stored(row)
        now, before = (by_rules(service, matter(issue), moment, rules) for rules in (candidate, None))
        tried.append(Tried(str(row["id"]), issue.public_title, now, before, issue.lead))
    return tried
