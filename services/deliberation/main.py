"""The deliberation service, wired by hand."""

from services.deliberation.api import ROUTES
from services.deliberation.applying import tidy
from services.deliberation.domain.platform import found, platform_id
from services.deliberation.domain.terms import Terms
from services.deliberation.handlers import listen
from services.deliberation.schedule import ring
from services.deliberation.store import KINDS, PLATFORMS
from services.deliberation.telling import teller
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, change
from shared.plumbing.service import Plan, Service, run
from shared.rules.township import Role

FOUNDER = Person("deliberation", Role.SERVICE, Reach.TOWN)
"""Who founds the platforms that the configuration names and that do not stand yet."""


async def begin(service: Service[Terms]) -> None:
    """Found one platform for every community that has none."""
    for community in service.town.communities:
        await change(
            service.base,
            PLATFORMS,
            platform_id(community.code),
            Ask(FOUNDER),
            found,
            community,
            now=service.now(),
            terms=service.today,
        )


PLAN = Plan(
    "deliberation",
    Terms,
    kinds=KINDS,
    topics=("intake.events", "escalation.events", "projects.events"),
    routes=ROUTES,
    listen=listen,
    publishes=True,
    ring=ring,
    begin=begin,
    tells=teller,
    tidy=tidy,
    attachments=True,
)

if __name__ == "__main__":
    run(PLAN)
