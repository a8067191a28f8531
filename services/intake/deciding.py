"""How a door changes a complaint: whom the caller speaks for, and what of a confidential one goes to the vault."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol, TypeVarTuple, runtime_checkable
from uuid import UUID

from services.intake.counting import arm_figures
from services.intake.domain.complaint import Complaint
from services.intake.domain.rates import ended
from services.intake.domain.terms import Terms
from services.intake.public_texts import refuse_personal
from services.intake.registering import ORDER, IntakeService
from services.intake.store import COMPLAINTS
from shared.events.base import Asked, Fact
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, change, together
from shared.plumbing.database import Connection
from shared.plumbing.work import Held, Wanted, Work
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar

Asks = TypeVarTuple("Asks")

SAID = "said"
"""The vault's field for what staff wrote about a confidential complaint: `said/` and the version it led to."""


@runtime_checkable
class ForUnit(Protocol):
    """A request made for a unit."""

    @property
    def unit(self) -> str:
        """The unit's code."""
        ...


class Timed(Protocol[*Asks]):
    """A rule that needs the time, the terms and the calendar."""

    def __call__(
        self, before: Complaint | None, /, *asked: *Asks, now: datetime, terms: Terms, calendar: Calendar
    ) -> Iterable[Fact]:
        """What happens then."""
        ...


def timed(service: IntakeService, rule: Timed[*Asks], *asked: *Asks) -> Callable[[Complaint | None], Iterable[Fact]]:
    """That rule at the moment it is tried."""
    return lambda was: rule(was, *asked, now=service.now(), terms=service.today, calendar=service.calendar)


def speaks_for(caller: Person, unit: str) -> None:
    """A department speaks for itself, a community for itself, the town for everybody; raises `RuleBroken`."""
    match caller.reach:
        case Reach.DEPARTMENT:
            own = unit == caller.department
        case Reach.COMMUNITY:
            own = unit in caller.communities
        case Reach.TOWN:
            own = True
    refuse(not own and Reason("not_your_unit", "只能代表本单位办理", "/unit"))


class _Late(Exception):
    """The month of this complaint is over: what moves its figures has them counted again, in the same transaction."""


def _in_time(
    service: IntakeService, rule: Callable[..., Iterable[Fact]]
) -> Callable[[Complaint | None], Iterable[Fact]]:
    """That rule, as long as no figure is published that it may move: then the complaint alone is written."""

    def decided(was: Complaint | None) -> Iterable[Fact]:
        if was is not None and ended(was.received_at, service.now(), terms=service.terms):
            raise _Late
        return rule(was)

    return decided


def handles(caller: Person, complaint: Complaint) -> bool:
    """The request centre and the units that handle it; a village where it merely happened may be whom it is about."""
    return _is_one_of(caller, {complaint.lead, *complaint.support})


def leads(caller: Person, complaint: Complaint) -> bool:
    """The request centre and the unit that leads."""
    return _is_one_of(caller, {complaint.lead})


def _is_one_of(caller: Person, units: set[str | None]) -> bool:
    match caller.reach:
        case Reach.TOWN:
            return True
        case Reach.DEPARTMENT:
            return caller.department is not None and caller.department in units
        case Reach.COMMUNITY:
            return not units.isdisjoint(caller.communities)


async def decide(
    service: IntakeService,
    ask: Ask,
    id: UUID,
    rule: Callable[..., Iterable[Fact]],
    said: Asked | None = None,
    *,
    along: Sequence[Wanted] = (),
    then: Callable[[Work, Held[Complaint]], None] | None = None,
) -> dict[str, Any]:
    """Change one complaint by `rule(state, *along)`; `then(work, complaint)` follows in the same transaction.

    What was said of a confidential complaint stands in no fact: it is kept in the vault, under its person's key. What
    becomes public is looked through for personal data first.
    """
    if isinstance(said, ForUnit):
        speaks_for(ask.caller, said.unit)
    person = None if said is None else await whose_words(service, ask.caller, id, said)
    if person is None and not along and then is None:
        with suppress(_Late):
            return await change(service.base, COMPLAINTS, id, ask, _in_time(service, rule))
    keys: dict[UUID, bytes] = {}

    async def prepare(con: Connection, _: Work) -> None:
        if person is not None:
            keys.update(await service.vault.unlock(con, [person]))

    def run(work: Work, held: Held[Complaint], *others: Any) -> dict[str, Any]:
        facts = held.change(rule, *others)
        if facts and said is not None and person in keys:
            service.vault.keep(work, keys, id, person, {f"{SAID}/{held.version}": said.model_dump_json()})
        if facts:
            arm_figures(work, service.terms, held.before, held.state, work.now)
        if then is not None:
            then(work, held)
        return answer(held)

    return await together(service.base, [(COMPLAINTS, id), *along], ask, run, prepare)


async def whose_words(service: IntakeService, caller: Person, id: UUID, said: Asked) -> UUID | None:
    """The person under whose key the words about a confidential complaint are kept; those about any other are refused
    with `RuleBroken` where they are personal.

    A complaint that is none of the caller's business is not compared with: the refusal would tell that there is one.
    """
    row = await service.pool.fetchrow(_WHOSE, id, ORDER)
    if row is None or not caller.reaches(COMPLAINTS.scope(COMPLAINTS.stored(row))):
        return None
    if row["confidential"] and row["subject"]:
        person: UUID = row["subject"]
        return person
    await refuse_personal(service, id, said)
    return None


_WHOSE = "select c.*, v.subject from complaints c left join vault v on v.owner = c.id and v.field = $2 where c.id = $1"


def answer(held: Held[Any]) -> dict[str, Any]:
    """What a door answers."""
    return {"id": str(held.id), "version": held.version}
