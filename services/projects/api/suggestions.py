"""建议: collected, reviewed, and what becomes of them."""

from uuid import UUID, uuid4

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.projects import persons
from services.projects.api.door import Answer, Here, answered, every_reason
from services.projects.domain import proposing, suggesting
from services.projects.domain.asked import (
    AnswerSuggestion,
    Because,
    CollectSuggestion,
    ConvertSuggestion,
    HandleDirectly,
    MergeSuggestion,
    ReferSuggestion,
    ReviewSuggestion,
    Suggester,
)
from services.projects.domain.project import Project
from services.projects.domain.suggestion import Suggestion
from services.projects.store import PROJECTS, SUGGESTIONS
from shared.events.base import Why, derived, ref
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


@post("/suggestions")
async def collect_suggestion(data: JSONBody[CollectSuggestion], service: Here, ask: Asking) -> Answer:
    """收集建议; who suggested it lies in the vault."""
    ask.caller.must_reach(Scope(data.community))
    persons.refuse_name(service, data, data.suggester)
    terms, calendar, town = service.today, service.calendar, service.town

    def decide(work: Work, held: Held[Suggestion]) -> Answer:
        held.change(suggesting.collect, data, now=work.now, terms=terms, calendar=calendar, town=town)
        persons.keep(service, work, held, data.suggester)
        return answered(held)

    return await together(service.base, [(SUGGESTIONS, uuid4())], ask, decide)


@get("/suggestions/{id:uuid}/suggester")
async def read_suggester(id: FromPath[UUID], service: Here, ask: Asking, reason: FromQuery[Why]) -> Answer:
    """建议人; who looked, and why, is kept."""
    return await persons.look(service, SUGGESTIONS, id, ask.caller, reason, Suggester)


@post("/suggestions/{id:uuid}/review", status_code=200)
async def review_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ReviewSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """分类研判."""
    await persons.refuse_suggester(service, id, data)
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.review, data, town=service.town)


@post("/suggestions/{id:uuid}/convert", status_code=200)
async def convert_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ConvertSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """转化为项目: the suggestion and its project, together."""
    project = derived("project", ref("suggestion", id))
    now = service.now()

    def decide(work: Work, suggestion: Held[Suggestion], held: Held[Project]) -> Answer:
        collected = suggestion.state
        every_reason(
            lambda: suggestion.change(suggesting.convert, data, project=held.ref),
            lambda: held.change(
                proposing.propose_from_suggestion, data, suggestion=suggestion.ref, collected=collected, now=now
            ),
        )
        return answered(suggestion) | {"project": str(project)}

    return await together(service.base, [(SUGGESTIONS, id), (PROJECTS, project)], ask, decide)


@post("/suggestions/{id:uuid}/merge", status_code=200)
async def merge_suggestion(
    id: FromPath[UUID],
    data: JSONBody[MergeSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """并入另一条建议."""
    await persons.refuse_suggester(service, id, data)

    def decide(work: Work, merged: Held[Suggestion], keeper: Held[Suggestion]) -> Answer:
        before = merged.state
        merged.change(suggesting.merge, data, suggestion=merged.ref, into=keeper.state)
        keeper.change(suggesting.absorb, suggestion=merged.ref, merged=before)
        return answered(merged)

    return await together(service.base, [(SUGGESTIONS, id), (SUGGESTIONS, data.into)], ask, decide)


@post("/suggestions/{id:uuid}/direct", status_code=200)
async def handle_suggestion(
    id: FromPath[UUID],
    data: JSONBody[HandleDirectly],
    service: Here,
    ask: Asking,
) -> Answer:
    """直接办理."""
    await persons.refuse_suggester(service, id, data)
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.handle_directly, data, town=service.town)


@post("/suggestions/{id:uuid}/refer", status_code=200)
async def refer_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ReferSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """转交其他单位."""
    await persons.refuse_suggester(service, id, data)
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.refer, data, town=service.town)


@post("/suggestions/{id:uuid}/decline", status_code=200)
async def decline_suggestion(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """不予采纳."""
    await persons.refuse_suggester(service, id, data)
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.decline, data)


@post("/suggestions/{id:uuid}/answer", status_code=200)
async def answer_suggestion(
    id: FromPath[UUID],
    data: JSONBody[AnswerSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """答复建议."""
    await persons.refuse_suggester(service, id, data)
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.answer, data)


ROUTES = [
    collect_suggestion,
    read_suggester,
    review_suggestion,
    convert_suggestion,
    merge_suggestion,
    handle_suggestion,
    refer_suggestion,
    decline_suggestion,
    answer_suggestion,
]
