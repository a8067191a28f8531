"""未诉先办 on the dashboard: what rises and nobody has taken up, what began before a complaint, what came back."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from services.deliberation.main import PLAN as DELIBERATION
from services.projects.main import PLAN
from shared.events.base import derived, ref
from shared.events.deliberation import TopicClosed, TopicProposed
from shared.events.projects import (
    EffectVerdict,
    ProjectEvaluated,
    ProjectOrigin,
    ProjectProposed,
    SuggestionCollected,
    SuggestionOrigin,
    SuggestionReviewed,
)
from shared.events.vocabulary import ProjectCategory, TopicOrigin
from tests.integration.dashboard.beside import Beside, beside, links, table, text_of, untranslated
from tests.integration.dashboard.test_hotspots import HERE, ONE, THERE, TOPIC, counted, detected, fill
from tests.integration.dashboard.test_today import say
from tests.integration.dashboard.town import BEGIN, DAY, OTHERS, SECRETARY, WATER, proposed, routed
from tests.integration.deliberation.town import BEGIN as EIGHT
from tests.integration.deliberation.town import SECRETARY as CONVENER
from tests.integration.deliberation.town import Town
from tests.integration.projects.story import started
from tests.support.running import Running
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Running]]:
    """Projects, and the dashboard beside it; deliberation is away."""
    async with beside(Running, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def test_what_rises_is_named_until_somebody_takes_it_up(here: Beside[Running]) -> None:
    await say(here.board, (ONE, 1, detected(HERE)))
    await fill(here.board)
    found = (await here.found("/foresight"))["untaken"]
    assert ("WATER", "dahuichang-estate") in {(one["category"], one["place"]) for one in found}
    await say(here.board, (TOPIC, 1, proposed(ONE).model_copy(update={"place": HERE["place"]})))
    found = (await here.found("/foresight"))["untaken"]
    assert ("WATER", "dahuichang-estate") not in {(one["category"], one["place"]) for one in found}


async def test_it_is_the_readers_own_community(here: Beside[Running]) -> None:
    await fill(here.board)
    seen = {who.subject: (await here.found("/foresight", who))["untaken"] for who in (SECRETARY, OTHERS)}
    assert [{one["community"] for one in found} for found in seen.values()] == [{"dahuichang"}, set()]


async def test_the_shares_are_those_of_projects(here: Beside[Running]) -> None:
    await started(here.owner)
    found = await here.found("/foresight")
    told = await here.owner.get(f"/statistics?from={found['asked']['from']}&until={found['asked']['until']}")
    assert found["whole"]["found"]["total"] == told["total"]
    share = told["total"]["before_complaints"]
    assert share["denominator"] == 1
    text = text_of(await here.page("/foresight"))
    assert f"{share['numerator']} / {share['denominator']}" in text
    assert "指标怎么算" in text


async def test_who_is_away_costs_its_part_only(here: Beside[Running]) -> None:
    await fill(here.board)
    text = text_of(await here.page("/foresight"))
    assert "deliberation 服务暂时没有应答" in text
    assert "供水" in text
    here.answers(None)
    assert "projects 服务暂时没有应答" in text_of(await here.page("/foresight"))


PROJECT, SUGGESTION = ref("project", derived("test", "project")), ref("suggestion", derived("test", "suggestion"))
HOSTILE = "<img src=x onerror=alert(1)>"


def found_by(origin: TopicOrigin, where: Mapping[str, str | None], title: str = "水站停用") -> TopicProposed:
    return TopicProposed(**where, public_title=title, origin=origin, sources=())


def project(origin: ProjectOrigin) -> ProjectProposed:
    return ProjectProposed(
        **HERE,
        public_title="水站改造",
        project_category=ProjectCategory.PUBLIC_SAFETY,
        tags=("SAFETY",),
        proposed_at=BEGIN,
        origin=origin,
        sources=(ref("inspection", derived("test", "look")),),
    )


async def asked_for(here: Beside[Running], where: dict[str, str], *days: tuple[int, int]) -> None:
    """So many days ago so many complaints."""
    stream = ref("demand", derived("test", where["place"], where["category"]))
    await say(here.board, *((stream, n, counted(where, ago, many)) for n, (ago, many) in enumerate(days, 1)))


async def test_what_was_found_first_says_whether_anybody_had_asked_before(here: Beside[Running]) -> None:
    """Ninety days before count; the day itself counts as since, for nobody knows which came first."""
    await asked_for(here, HERE, (91, 7), (90, 2), (1, 1), (0, 4))
    await asked_for(here, THERE, (91, 3), (0, 2))
    nowhere = {**HERE, "place": None}
    said = [found_by(TopicOrigin.INSPECTION, HERE, HOSTILE), found_by(TopicOrigin.PROBLEM_RAISED, THERE)]
    said += [found_by(TopicOrigin.TWO_COMMITTEES, nowhere), found_by(TopicOrigin.RESIDENT, HERE)]
    said += [found_by(origin, HERE) for origin in (TopicOrigin.ROUTE, TopicOrigin.HOTSPOT)]
    for number, one in enumerate(said):
        await say(here.board, (ref("topic", derived("test", number)), 1, one))
    told = await here.found("/foresight")
    found = {one["matter"]["origin"]: (one["before"], one["since"]) for one in told["found"]}
    assert found == {"INSPECTION": (3, 4), "PROBLEM_RAISED": (0, 2), "TWO_COMMITTEES": (None, None)}
    assert {name: told["counts"][name] for name in ("found", "compared", "unasked")} == {
        "found": 3,
        "compared": 2,
        "unasked": 1,
    }
    page = await here.page("/foresight")
    assert HOSTILE in text_of(page) and "<img" not in page
    assert {line[4] for line in table(page, "found")[1:]} == {"△ 已有 3 件", "✓ 无人诉求", "○ 无地点，不能比较"}
    assert f"/journeys/{ref('topic', derived('test', 0))}" in links(page)


async def test_an_inspections_suggestion_and_project_were_found_first_and_a_residents_were_not(
    here: Beside[Running],
) -> None:
    collected = SuggestionCollected(
        origin=SuggestionOrigin.INSPECTION,
        community=None,
        category=None,
        place=None,
        public_title=None,
        review_due_at=BEGIN + DAY,
        answer_due_at=BEGIN + DAY,
    )
    classified = SuggestionReviewed(unit="town-environment", **HERE, public_title="水站漏水")
    await say(here.board, (SUGGESTION, 1, collected), (SUGGESTION, 2, classified))
    await say(here.board, (PROJECT, 1, project(ProjectOrigin.RESIDENT)))
    (one,) = (await here.found("/foresight"))["found"]
    assert (one["matter"]["stream"], one["matter"]["title"]) == (SUGGESTION, "水站漏水")
    assert (one["before"], one["since"]) == (0, 0)  # its place is known since it was classified


async def test_what_was_settled_before_and_rises_again_is_named_with_what_was_done(here: Beside[Running]) -> None:
    await fill(here.board)
    await say(here.board, (TOPIC, 1, proposed().model_copy(update={"place": HERE["place"]})))
    told = await here.found("/foresight")
    assert (told["untaken"], told["counts"]["taken"]) == ([], 1)
    await say(here.board, (TOPIC, 2, TopicClosed(result="已恢复")))
    told = await here.found("/foresight")
    (one,) = told["untaken"]
    assert (one["complaints"], one["before"], [past["stream"] for past in one["earlier"]]) == (7, 2, [TOPIC])
    assert told["counts"]["taken"] == 0
    page = await here.page("/foresight")
    assert "以前办过" in text_of(page)
    assert f"/journeys/{TOPIC}" in links(page)


async def test_two_complaints_are_no_rise_and_as_many_as_before_are_none_either(here: Beside[Running]) -> None:
    await asked_for(here, HERE, (1, 2))
    await asked_for(here, THERE, (31, 5), (1, 5))
    assert (await here.found("/foresight"))["untaken"] == []
    await asked_for(here, HERE | {"category": "LIFT"}, (1, 3))
    assert [one["category"] for one in (await here.found("/foresight"))["untaken"]] == ["LIFT"]


async def test_departments_see_no_demand(here: Beside[Running]) -> None:
    await fill(here.board)
    told = await here.found("/foresight", WATER)
    assert (told["untaken"], told["found"]) == ([], [])


async def test_the_effects_of_the_period_stand_with_before_and_after(here: Beside[Running]) -> None:
    judged = ProjectEvaluated(verdict=EffectVerdict.NOT_EFFECTIVE, before=6, after=5, failed=True, days=90)
    await say(here.board, (PROJECT, 1, project(ProjectOrigin.INSPECTION)), (PROJECT, 2, judged))
    (line,) = table(await here.page("/foresight"), "effects")[1:]
    assert line[0].startswith("水站改造") and line[2:] == ["6", "5", "90", "✕ 成效不足"]
    await here.at(BEGIN + 400 * DAY)
    told = await here.found("/foresight")
    assert (told["effects"], told["counts"]["effects"]) == ([], 0)


@pytest.mark.parametrize("each", ["quarter", "month"])
async def test_topics_are_counted_by_deliberation_and_shared_by_their_origin(
    postgres: Server, tmp_path: Path, each: str
) -> None:
    motion = {"community": "dahuichang", "category": "WATER", "public_title": "水站停用"}
    async with beside(Town, postgres, tmp_path, DELIBERATION, EIGHT) as both:
        for origin in ("TWO_COMMITTEES", "INSPECTION", "RESIDENT"):
            await both.owner.post("/topics", motion | {"origin": origin, "place": None}, CONVENER)
        await both.owner.hears(ref("route", derived("test", "route")), 1, routed(1))
        await both.owner.hears(ONE, 1, detected(THERE))
        found = await both.found(f"/foresight?each={each}")
        assert [one["topics"]["found"]["all"] for one in found["periods"]][-2:] == [0, 5]
        now = found["periods"][-1]["topics"]["found"]
        assert now["origins"] == dict.fromkeys(("TWO_COMMITTEES", "INSPECTION", "RESIDENT", "ROUTE", "HOTSPOT"), 1)
        assert now["first"] == 3  # a route and a resident come with a complaint; a hotspot is analysis
        told = await both.owner.get(
            f"/statistics?from={found['periods'][-1]['from']}&until={found['periods'][-1]['until']}"
        )
        assert now["all"] == told["total"]["topics"][0]["steps"]["PROPOSED"]
        assert "60%" in text_of(await both.page(f"/foresight?each={each}"))


async def test_in_english_no_chinese_is_left(here: Beside[Running]) -> None:
    await started(here.owner)
    await fill(here.board)
    await say(here.board, (TOPIC, 1, found_by(TopicOrigin.INSPECTION, THERE)))
    assert untranslated(await here.page("/foresight?lang=en")) == []


@pytest.mark.parametrize("query", ["each=week", "community=nowhere", "x=1"])
async def test_what_cannot_be_asked_is_refused_as_a_page(here: Beside[Running], query: str) -> None:
    await here.page(f"/foresight?{query}", status=404 if "nowhere" in query else 422)
