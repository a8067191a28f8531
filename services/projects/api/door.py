"""What the doors share: the service, what is answered, and steps that disclose."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from services.projects.domain import disclosing
from services.projects.domain.asked import Disclose
from services.projects.domain.project import Project
from services.projects.domain.terms import Terms
from services.projects.store import PROJECTS
from shared.events.vocabulary import DisclosureStage
from shared.plumbing.change import Ask, together
from shared.plumbing.service import Service
from shared.plumbing.work import Held, Work

ProjectsService = Service[Terms]
Here = NamedDependency[ProjectsService]
Answer = dict[str, Any]


def answered(held: Held[Any]) -> Answer:
    """What every writing door answers."""
    return {"id": str(held.id), "version": held.version}


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
