"""协商平台: seats, members, guidance, the monthly duty."""

from uuid import uuid4

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from services.deliberation import history, views
from services.deliberation.api.door import Answer, Here, answered
from services.deliberation.domain.asked import (
    AdoptRules,
    AppointConvener,
    AppointMember,
    FillSeat,
    FixPlace,
    GiveGuidance,
    RemoveMember,
    RenewMember,
    VacateSeat,
)
from services.deliberation.domain.platform import (
    Platform,
    adopt_rules,
    appoint_convener,
    appoint_member,
    fill_seat,
    fix_place,
    give_guidance,
    platform_id,
    remove_member,
    renew_member,
    vacate_seat,
)
from services.deliberation.members import MEMBER, forget, members_of
from services.deliberation.store import PLATFORMS
from shared.events.base import Why
from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound, Scope
from shared.plumbing.change import change, together
from shared.plumbing.histories import Told
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


@get("/platforms")
async def list_platforms(service: Here, ask: Asking) -> views.Rows:
    """各社区（村）协商平台."""
    return await views.platforms(service.pool, views.reach_of(ask.caller))


@get("/platforms/{community:str}")
async def show_platform(community: FromPath[str], service: Here, ask: Asking) -> Answer:
    """一个协商平台."""
    found = await views.one(service.pool, PLATFORMS, platform_id(community), views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    return found


@post("/platforms/{community:str}/rules", status_code=200)
async def adopt_platform_rules(
    community: FromPath[str],
    data: JSONBody[AdoptRules],
    service: Here,
    ask: Asking,
) -> Answer:
    """通过工作方案和议事规则."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, adopt_rules, data)


@post("/platforms/{community:str}/convener", status_code=200)
async def appoint_platform_convener(
    community: FromPath[str],
    data: JSONBody[AppointConvener],
    service: Here,
    ask: Asking,
) -> Answer:
    """确定召集人."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, appoint_convener, data)


@post("/platforms/{community:str}/place", status_code=200)
async def fix_platform_place(
    community: FromPath[str],
    data: JSONBody[FixPlace],
    service: Here,
    ask: Asking,
) -> Answer:
    """确定议事场所."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, fix_place, data)


@post("/platforms/{community:str}/seats", status_code=200)
async def fill_platform_seat(
    community: FromPath[str],
    data: JSONBody[FillSeat],
    service: Here,
    ask: Asking,
) -> Answer:
    """席位到位."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, fill_seat, data, town=service.town)


@post("/platforms/{community:str}/vacancies", status_code=200)
async def vacate_platform_seat(
    community: FromPath[str],
    data: JSONBody[VacateSeat],
    service: Here,
    ask: Asking,
) -> Answer:
    """席位空缺."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, vacate_seat, data)


@post("/platforms/{community:str}/members")
async def appoint_platform_member(
    community: FromPath[str],
    data: JSONBody[AppointMember],
    service: Here,
    ask: Asking,
) -> Answer:
    """N 方代表进入; answers the member's new id. Name and number lie in the vault until the member leaves."""
    member, id = uuid4(), platform_id(community)

    def decide(work: Work, held: Held[Platform]) -> Answer:
        held.change(appoint_member, data, member=member, now=work.now, terms=service.today)
        if data.reachable:
            service.vault.keep(work, {}, id, member, {f"{MEMBER}/{member}": data.reachable.model_dump_json()})
        return answered(held) | {"member": str(member)}

    return await together(service.base, [(PLATFORMS, id)], ask, decide)


@post("/platforms/{community:str}/renewals", status_code=200)
async def renew_platform_member(
    community: FromPath[str],
    data: JSONBody[RenewMember],
    service: Here,
    ask: Asking,
) -> Answer:
    """N 方代表连任."""
    id, now, terms = platform_id(community), service.now(), service.today
    return await change(service.base, PLATFORMS, id, ask, renew_member, data, now=now, terms=terms)


@get("/platforms/{community:str}/members")
async def list_platform_members(
    community: FromPath[str],
    service: Here,
    ask: Asking,
    reason: FromQuery[Why | None] = None,
) -> views.Rows:
    """N 方代表名单: kind and term; with a `reason`, which is kept, name and number too."""
    ask.caller.must_reach(Scope(community))
    id = platform_id(community)
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(PLATFORMS.read_sql, id)
        if row is None:
            raise NotFound(community)
        platform: Platform = PLATFORMS.stored(row)
        if reason is not None:
            await audited(con, ask.caller, "vault.members", f"platform/{id}", reason)
        return await members_of(con, service.vault, id, platform, opened=reason is not None)


@get("/platforms/{community:str}/history")
async def read_platform_history(community: FromPath[str], service: Here, ask: Asking) -> Told:
    """平台沿革: every fact in order, the town's guidance among them."""
    ask.caller.must_reach(Scope(community))
    return await history.of(service.pool, platform_id(community))


@post("/platforms/{community:str}/departures", status_code=200)
async def remove_platform_member(
    community: FromPath[str],
    data: JSONBody[RemoveMember],
    service: Here,
    ask: Asking,
) -> Answer:
    """N 方代表退出; who it was is forgotten."""

    def decide(work: Work, held: Held[Platform]) -> Answer:
        forget(work, held.change(remove_member, data))
        return answered(held)

    return await together(service.base, [(PLATFORMS, platform_id(community))], ask, decide)


@post("/platforms/{community:str}/guidance", status_code=200)
async def guide_platform(
    community: FromPath[str],
    data: JSONBody[GiveGuidance],
    service: Here,
    ask: Asking,
) -> Answer:
    """镇级指导."""
    known = await views.guided(service.pool, community, data.about)
    id, town = platform_id(community), service.town
    return await change(service.base, PLATFORMS, id, ask, give_guidance, data, known=known, town=town)


ROUTES = [
    list_platforms,
    show_platform,
    adopt_platform_rules,
    appoint_platform_convener,
    fix_platform_place,
    fill_platform_seat,
    vacate_platform_seat,
    appoint_platform_member,
    renew_platform_member,
    list_platform_members,
    read_platform_history,
    remove_platform_member,
    guide_platform,
]
