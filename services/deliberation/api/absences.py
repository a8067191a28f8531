"""无故缺席通报: who is told, and what the superior answers."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.deliberation import views
from services.deliberation.api.door import Answer, Here, answered
from services.deliberation.domain.absence import Absence, absence_id, answer_absence
from services.deliberation.domain.asked import AnswerAbsence, NameSuperior
from services.deliberation.domain.platform import Platform, platform_id, standing
from services.deliberation.store import ABSENCE_REPORTS, PLATFORMS
from services.deliberation.telling import SUPERIOR
from shared.plumbing.audit import audited
from shared.plumbing.caller import Scope
from shared.plumbing.change import together
from shared.plumbing.database import Connection
from shared.plumbing.notices.doors import record_delivery
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


@get("/absences")
async def list_absences(service: Here, ask: Asking, community: FromQuery[str | None] = None) -> views.Rows:
    """无故缺席通报: who was reported, how often, whether the superior was told and has answered."""
    return await views.absences(service.pool, views.reach_of(ask.caller), community)


@post("/platforms/{community:str}/superiors", status_code=200)
async def name_superior(community: FromPath[str], data: JSONBody[NameSuperior], service: Here, ask: Asking) -> Answer:
    """登记上级联系人 of a seat or unit: name and number lie in the vault, and are used for notices alone."""
    owner = absence_id(community, data.party)

    async def prepare(con: Connection, work: Work) -> None:
        key = await service.vault.own_key(con, owner)

        async def write(con: Connection) -> None:
            await service.vault.put(con, key, owner, owner, SUPERIOR, data.reachable.model_dump_json())
            await audited(con, work.actor, "vault.superior", f"absence/{owner}", data.party)

        work.besides.append(write)

    def decide(_: Work, held: Held[Platform]) -> Answer:
        standing(held.state)
        return {"party": data.party, "registered": True}

    return await together(service.base, [(PLATFORMS, platform_id(community))], ask, decide, prepare)


@post("/platforms/{community:str}/absence-answers", status_code=200)
async def answer_absence_report(
    community: FromPath[str], data: JSONBody[AnswerAbsence], service: Here, ask: Asking
) -> Answer:
    """缺席整改答复."""
    ask.caller.must_reach(Scope(community))

    def decide(_: Work, held: Held[Absence]) -> Answer:
        held.change(answer_absence, data)
        return answered(held)

    return await together(service.base, [(ABSENCE_REPORTS, absence_id(community, data.party))], ask, decide)


ROUTES: list[Any] = [list_absences, name_superior, answer_absence_report, record_delivery]
