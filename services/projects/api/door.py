"""What the doors share: the service, what is answered, and steps that disclose."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from services.projects.domain import disclosing
from services.projects.domain.asked import Disclose
from services.projects.domain.project import Project
from services.projects.domain.terms import Terms
from services.projects.store import PROJECTS
from shared.events.base import ref_id
from shared.events.vocabulary import DisclosureStage
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.store import Kind
from shared.plumbing.work import Held, Wanted, Work
from shared.rules.broken import Reason, RuleBroken, refuse

ProjectsService = Service[Terms]
Here = NamedDependency[ProjectsService]
Answer = dict[str, Any]


def answered(held: Held[Any]) -> Answer:
    """What every writing door answers."""
    return {"id": str(held.id), "version": held.version}


def every_reason(*steps: Callable[[], Any]) -> list[Any]:
    """Steps that belong together: what each answers, or all reasons of all of them. Raises `RuleBroken`."""
    answers, reasons = [], list[Reason]()
    for step in steps:
        try:
            answers.append(step())
        except RuleBroken as broken:
            reasons += broken.reasons
    refuse(*dict.fromkeys(reasons))
    return answers


def with_what_it_names(id: UUID, column: str, kind: Kind[Any]) -> Callable[[Connection, Work], Awaitable[None]]:
    """Load a project together with what this column of it names, in one go and so in one order for everybody.

    The column is read before anything is locked: where it has changed meanwhile, whoever reaches for what was not
    loaded begins again.
    """

    async def prepare(con: Connection, work: Work) -> None:
        name = await con.fetchval(f"select {column} from projects where id = $1", id)
        named: list[Wanted] = [(kind, ref_id(name))] if name else []
        await work.load(con, [(PROJECTS, id), *named])

    return prepare


async def reach_stage(
    service: ProjectsService,
    id: UUID,
    ask: Ask,
    stage: DisclosureStage,
    rule: Callable[..., Any],
    *asked: Any,
    **named: Any,
) -> Answer:
    """A step that reaches a stage discloses it at once, so that nobody forgets to tell the sources."""

    def decide(work: Work, held: Held[Project]) -> Answer:
        if held.change(rule, *asked, **named):
            held.change(disclosing.disclose, Disclose(stage=stage))
        return answered(held)

    return await together(service.base, [(PROJECTS, id)], ask, decide)
