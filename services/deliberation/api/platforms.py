"""协商平台: seats, members, guidance, the monthly duty."""

from typing import Annotated
from uuid import uuid4

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter

from services.deliberation import views
from services.deliberation.api.door import Answer, Here, answered
from services.deliberation.domain.asked import (
    AdoptRules,
    AppointConvener,
    AppointMember,
    FillSeat,
    FixPlace,
    GiveGuidance,
    RemoveMember,
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
    vacate_seat,
)
from services.deliberation.store import PLATFORMS
from shared.plumbing.change import change, together
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


@get("/duty")
async def show_duty(
    service: Here,
    ask: Asking,
    year: Annotated[int, QueryParameter(ge=2000, le=2100)],
) -> views.Rows:
    """月度协商: communities × months of a year."""
    return await views.duty(service.pool, views.reach_of(ask.caller), year)


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
    return await change(service.base, PLATFORMS, platform_id(community), ask, fill_seat, data)


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
    """N 方代表进入; answers the member's new id."""
    member = uuid4()

    def decide(_: Work, held: Held[Platform]) -> Answer:
        held.change(appoint_member, data, member=member)
        return answered(held) | {"member": str(member)}

    return await together(service.base, [(PLATFORMS, platform_id(community))], ask, decide)


@post("/platforms/{community:str}/departures", status_code=200)
async def remove_platform_member(
    community: FromPath[str],
    data: JSONBody[RemoveMember],
    service: Here,
    ask: Asking,
) -> Answer:
    """N 方代表退出."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, remove_member, data)


@post("/platforms/{community:str}/guidance", status_code=200)
async def guide_platform(
    community: FromPath[str],
    data: JSONBody[GiveGuidance],
    service: Here,
    ask: Asking,
) -> Answer:
    """镇级指导."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, give_guidance, data)


ROUTES = [
    list_platforms,
    show_platform,
    show_duty,
    adopt_platform_rules,
    appoint_platform_convener,
    fix_platform_place,
    fill_platform_seat,
    vacate_platform_seat,
    appoint_platform_member,
    remove_platform_member,
    guide_platform,
]
