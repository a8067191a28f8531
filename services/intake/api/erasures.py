"""Doors: a person asks to be forgotten; one asks for them, another one does it."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from services.intake import views
from services.intake.api.people import person_of
from services.intake.deciding import answer
from services.intake.domain import erasure
from services.intake.domain.asked import Because
from services.intake.domain.complaint import Complaint
from services.intake.domain.erasure import Erasure, ErasureState, RequestErasure
from services.intake.forgetting import forget_person
from services.intake.registering import ORDER, Here
from services.intake.store import COMPLAINTS, ERASURES
from shared.plumbing.audit import ASKED_TO_ERASE, NOT_ERASED, audited
from shared.plumbing.change import together
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Where, Work
from shared.rules.broken import refuse
from shared.rules.redaction import unfit_text

_SUBJECT = "select subject from vault where subject = $1 limit 1"
_ASKER = "select subject from vault where owner = $1 and field = $2"
_OWNERS = "select distinct owner from vault where subject = $1"


@post("/erasures")
async def request_erasure(data: JSONBody[RequestErasure], service: Here, ask: Asking) -> dict[str, Any]:
    """申请删除 of the person who has this number, or made this complaint."""
    refuse(unfit_text(data.reason, "/reason"))
    id, wanted = uuid4(), person_of(service, data.phone) if data.phone else None
    found: list[UUID | None] = [None]

    async def prepare(con: Connection, work: Work) -> None:
        found[0] = await con.fetchval(_SUBJECT, wanted) if wanted else await con.fetchval(_ASKER, data.complaint, ORDER)
        await work.load(con, [Where(ERASURES, "subject", found[0])] if found[0] else [])

    def decide(work: Work, held: Held[Erasure]) -> dict[str, Any]:
        person = found[0]
        waiting: list[Held[Erasure]] = work.get(Where(ERASURES, "subject", person)) if person else []
        open_one = next((one.state for one in waiting if one.state and one.state.state is ErasureState.REQUESTED), None)
        held.note(
            erasure.request(open_one, data, subject=person, by=ask.caller.subject, now=work.now),
        )
        work.besides.append(lambda con: audited(con, ask.caller, ASKED_TO_ERASE, held.ref, data.reason))
        return answer(held)

    return await together(service.base, [(ERASURES, id)], ask, decide, prepare)


@post("/erasures/{id:uuid}/execute", status_code=200)
async def execute_erasure(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """执行删除: the person's key, everything sealed with it, and what finds them are destroyed. It cannot be undone.

    The person's key is locked before the complaints, as when an order comes in: whichever is first, the other one sees.
    """
    complaints: list[UUID] = []
    addresses: list[str] = []

    async def prepare(con: Connection, work: Work) -> None:
        complaints.clear()
        person = await con.fetchval("select subject from erasures where id = $1", id)
        if person is None:
            return
        await service.vault.unlock(con, [person])
        complaints.extend(row["owner"] for row in await con.fetch(_OWNERS, person))
        await work.load(con, [(COMPLAINTS, owner) for owner in complaints])

    def decide(work: Work, held: Held[Erasure]) -> dict[str, Any]:
        theirs: list[Held[Complaint]] = [work.get((COMPLAINTS, owner)) for owner in complaints]
        done = held.note(
            erasure.execute(
                held.state,
                [one.state for one in theirs if one.state is not None],
                by=ask.caller.subject,
                now=work.now,
            )
        )
        person = done.subject
        assert person is not None

        async def forget(con: Connection) -> None:
            addresses[:] = await forget_person(con, person, ask.caller.actor, held.ref, done.reason)

        work.besides.append(forget)
        return answer(held)

    done = await together(service.base, [(ERASURES, id)], ask, decide, prepare)
    if service.attachments and addresses:
        await service.attachments.drop(addresses)
    return done


@post("/erasures/{id:uuid}/reject", status_code=200)
async def reject_erasure(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不予删除: with a reason, which the person is told."""
    refuse(unfit_text(data.reason, "/reason"))

    def decide(work: Work, held: Held[Erasure]) -> dict[str, Any]:
        held.note(erasure.reject(held.state, data.reason, by=ask.caller.subject, now=work.now))
        work.besides.append(lambda con: audited(con, ask.caller, NOT_ERASED, held.ref, data.reason))
        return answer(held)

    return await together(service.base, [(ERASURES, id)], ask, decide)


@get("/erasures")
async def list_erasures(
    service: Here, standing: Annotated[ErasureState | None, QueryParameter(name="state")] = None
) -> list[dict[str, Any]]:
    """删除申请清单, newest first: never whose."""
    return await views.erasures(service.pool, standing)


DOORS = [request_erasure, execute_erasure, reject_erasure, list_erasures]
