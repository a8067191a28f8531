"""The same wandering through the real doors, on a real database: what is answered and said is as the rule book says.

Nothing is ever an error of ours; at the end the journals, read from their beginning, give the tables.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import reduce
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from services.projects.main import PLAN
from services.projects.store import BATCHES, PROJECTS, SUGGESTIONS
from shared.events.base import Fact, derived
from shared.events.deliberation import AssemblyCalled, AssemblyDecided, TopicNeedsProject, TopicProgressed
from shared.events.intake import ComplaintProgressed, ComplaintRouted, DemandCounted
from shared.events.vocabulary import ProgressStep
from tests.integration.projects.test_doors import SUPERVISOR
from tests.support.running import OPERATOR, Running, running
from tests.support.servers import Server
from tests.unit.intake.model import DAY, HOUR, Refused
from tests.unit.projects.model import PLACES, Book, kind
from tests.unit.projects.test_model import BEGINNINGS, Wish

SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "1000"))
REAL = {"zgz-road": "zhangguozhuang-road", "dhc-estate": "dahuichang-estate", "planning": "town-planning-office"}
"""What the town's configuration calls the book's places and its unit."""
NUMBERS = range(1, 10)
HEARD = ("route", "needed", "assembly", "told", "count")
FINISHED = {"work": "护栏", "quantity": "METRES"}
UPKEEP = {"duties": "巡查", "manner": "自管", "funding": "村集体"}
DIRECT, REFER, DECLINE = ("direct", "measure"), ("refer", "reason"), ("decline", "reason")
OUTCOMES = {"HANDLED_DIRECTLY": DIRECT, "REFERRED": REFER, "DECLINED": DECLINE}
_SAID = """
select position, kind, split_part(type, '.', 3) as word from journal where position > $1 order by position
"""
_OF = "select type, data::text as data from journal where stream = $1 order by version"


def called(name: Any) -> Any:
    return REAL.get(name, name)


class Doors:
    """The service as people and the other services reach it, with the numbers of the book."""

    def __init__(self, here: Running) -> None:
        self.here = here
        self.suggestions: dict[int, str] = {}
        self.projects: dict[int, str] = {}
        self.versions: Counter[str] = Counter()
        self.position = 0

    async def said(self) -> list[str]:
        """The names of the facts since the last look."""
        rows = await self.here.service.pool.fetch(_SAID, self.position)
        self.position = max([row["position"] for row in rows], default=self.position)
        return [row["word"] for row in rows]

    def stream(self, name: str) -> str:
        of, _, number = name.partition("/")
        known = {"suggestion": self.suggestions, "project": self.projects}.get(of)
        nobody = str(derived("nothing", name))
        return f"{of}/{known.get(int(number), nobody) if known is not None else derived('model', name)}"

    def id(self, of: str, number: int) -> str:
        return str(derived("batch", 2024, number)) if of == "batch" else self.stream(f"{of}/{number}").partition("/")[2]

    async def do(self, name: str, **asked: Any) -> list[str]:
        """The names of the facts, or `refused` and all reasons."""
        if name in HEARD:
            await getattr(self, name)(**asked)
            return await self.said()
        path, body = getattr(self, name)(**asked)
        answer = await self.here.call("POST", path, SUPERVISOR, body)
        assert answer.status_code in (200, 201, 404, 409), f"{path} {body}: {answer.status_code} {answer.text}"
        if answer.status_code > 201:
            assert await self.said() == [], "a refusal has said something"
            return ["refused", *sorted(reason["code"] for reason in answer.json()["errors"])]
        self.born(name, asked, answer.json())
        return await self.said()

    def born(self, name: str, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if name == "collect":
            self.suggestions[asked["number"]] = answer["id"]
        if name == "propose":
            self.projects[asked["number"]] = answer["id"]
        if name == "convert":
            self.projects[10 + asked["number"]] = answer["project"]

    # -- suggestions

    def collect(self, number: int, place: str | None, sources: tuple[str, ...], **wish: Any) -> tuple[str, Any]:
        named = {"place": called(place), "sources": list(map(self.stream, sources))}
        return "/suggestions", wish | named | {"public_title": "护栏", "category": "PARKING"}

    def review(self, number: int, unit: str, community: str, place: str | None) -> tuple[str, Any]:
        found = {"unit": called(unit), "community": community, "place": called(place)}
        body = found | {"category": "PARKING", "public_title": "设护栏"}
        return f"/suggestions/{self.id('suggestion', number)}/review", body

    def convert(self, number: int, tags: bool) -> tuple[str, Any]:
        body = {"project_category": "TRAVEL", "tags": ["SAFETY"] if tags else []}
        return f"/suggestions/{self.id('suggestion', number)}/convert", body

    def merge_suggestion(self, number: int, into: int) -> tuple[str, Any]:
        body = {"into": self.id("suggestion", into), "reason": "同类"}
        return f"/suggestions/{self.id('suggestion', number)}/merge", body

    def decide(self, number: int, outcome: str, unit: str) -> tuple[str, Any]:
        word, why = OUTCOMES[outcome]
        body = {why: "按规定"} | ({} if outcome == "DECLINED" else {"unit": called(unit)})
        return f"/suggestions/{self.id('suggestion', number)}/{word}", body

    def answer(self, number: int) -> tuple[str, Any]:
        return f"/suggestions/{self.id('suggestion', number)}/answer", {"answer": "答复"}

    # -- the pool and its money

    def propose(
        self, number: int, community: str, place: str | None, tags: bool, sources: tuple[str, ...]
    ) -> tuple[str, Any]:
        where = {"community": community, "place": called(place), "category": "PARKING"}
        what = {"public_title": "护栏", "project_category": "TRAVEL", "tags": ["SAFETY"] if tags else []}
        return "/projects", where | what | {"sources": list(map(self.stream, sources))}

    def _project(self, number: int, word: str, body: dict[str, Any]) -> tuple[str, Any]:
        return f"/projects/{self.id('project', number)}/{word}", body

    def pool(self, number: int) -> tuple[str, Any]:
        return self._project(number, "pool", {"finding": "具备条件"})

    def reject(self, number: int) -> tuple[str, Any]:
        return self._project(number, "reject", {"reason": "不具备条件"})

    def merge(self, number: int, into: int) -> tuple[str, Any]:
        return self._project(number, "merge", {"into": self.id("project", into), "reason": "同类"})

    def unmerge(self, number: int) -> tuple[str, Any]:
        return self._project(number, "unmerge", {"reason": "有误"})

    def rate(self, number: int, cost: int, **measured: int) -> tuple[str, Any]:
        return self._project(number, "score", measured | {"cost_yuan": cost})

    def ballot(self, number: int, held: Any, yes: int, no: int, neither: int) -> tuple[str, Any]:
        body = {"held_on": held, "in_favour": yes, "against": no, "abstained": neither}
        return self._project(number, "vote", body)

    def open_batch(self, batch: int) -> tuple[str, Any]:
        return "/batches", {"year": 2024, "quarter": batch, "public_title": "批次"}

    def fund(self, batch: int, yuan: int) -> tuple[str, Any]:
        return f"/batches/{self.id('batch', batch)}/budget", {"budget_yuan": yuan}

    def close_batch(self, batch: int) -> tuple[str, Any]:
        return f"/batches/{self.id('batch', batch)}/close", {}

    def approve(self, number: int, batch: int, **plan: Any) -> tuple[str, Any]:
        body = {
            "batch": self.id("batch", batch),
            "unit": called(plan["unit"]),
            "post": "主任",
            "budget_yuan": plan["yuan"],
            "raised_yuan": plan["raised"],
            "assembly": self.id("assembly", plan["assembly"]) if plan["assembly"] else None,
            "start_on": plan["start"],
            "finish_on": plan["finish"],
            "milestones": [{"public_title": "里程碑", "due_on": day} for day in plan["steps"]],
        }
        return self._project(number, "approve", body)

    # -- carried out and accepted

    def start(self, number: int, day: Any) -> tuple[str, Any]:
        return self._project(number, "start", {"started_on": day})

    def milestone(self, number: int, step: int, day: Any) -> tuple[str, Any]:
        return self._project(number, "milestones", {"number": step, "reached_on": day})

    def report(self, number: int, percent: int, spent: int, work: int, note: bool) -> tuple[str, Any]:
        done = [FINISHED | {"amount": work}] if work else []
        body = {"percent": percent, "spent_yuan": spent, "done": done, "note": "更正" if note else None}
        return self._project(number, "progress", body)

    def delay(self, number: int, day: Any) -> tuple[str, Any]:
        return self._project(number, "delay", {"reason": "汛期", "finish_on": day})

    def suspend(self, number: int) -> tuple[str, Any]:
        return self._project(number, "suspend", {"reason": "汛期"})

    def resume(self, number: int, day: Any) -> tuple[str, Any]:
        return self._project(number, "resume", {"finish_on": day})

    def cancel(self, number: int) -> tuple[str, Any]:
        return self._project(number, "cancel", {"reason": "不再需要"})

    def carry(self, number: int, day: Any, batch: int) -> tuple[str, Any]:
        into = str(derived("batch", 2024, batch))
        return self._project(number, "carry-over", {"finish_on": day, "batch": into})

    def complete(self, number: int, day: Any, spent: int, work: int) -> tuple[str, Any]:
        done = [FINISHED | {"amount": work}] if work else []
        return self._project(number, "complete", {"completed_on": day, "spent_yuan": spent, "done": done})

    def accept(self, number: int, **group: Any) -> tuple[str, Any]:
        return self._project(number, "acceptance", _inspected(**group))

    def rectify(self, number: int, **group: Any) -> tuple[str, Any]:
        return self._project(number, "rectification", _inspected(**group) | {"reason": "松动"})

    def maintain(self, number: int, owner: str, maintainer: str) -> tuple[str, Any]:
        named = {"owner": called(owner), "maintainer": called(maintainer)}
        return self._project(number, "maintainer", named | UPKEEP)

    def tell(self, number: int, source: str, stage: str, by: str) -> tuple[str, Any]:
        body = {"source": self.stream(source), "stage": stage, "by": called(by)}
        return self._project(number, "sources", body)

    def close(self, number: int) -> tuple[str, Any]:
        return self._project(number, "close", {})

    # -- what the other services say

    async def hears(self, name: str, fact: Fact) -> None:
        stream = self.stream(name)
        self.versions[stream] += 1
        await self.here.hears(stream, self.versions[stream], fact)

    async def route(self, number: int, wanted: str, known: bool, community: str | None) -> None:
        if number in self.suggestions:
            return
        name = f"route/{number}"
        heard = ComplaintRouted(
            complaint=self.stream("complaint/1"),
            community=community,
            category="PARKING",
            place=None,
            wanted=wanted,
            target=self.stream("topic/1") if known else None,
        )
        await self.hears(name, heard)
        id = derived("suggestion", self.stream(name))
        if await self.here.said(id):
            self.suggestions[number] = str(id)

    async def needed(self, number: int) -> None:
        if number in self.projects:
            return
        heard = TopicNeedsProject(
            meeting=self.stream("meeting/1"),
            community="zhangguozhuang",
            category="PARKING",
            place=REAL["zgz-road"],
            public_title="护栏",
            project_category="TRAVEL",
            tags=("SAFETY",),
            common="MEETING_FINDING",
            sources=(self.stream(f"route/{number}"),),
        )
        await self.hears(f"topic/{number}", heard)
        topic = self.stream(f"topic/{number}")
        self.projects[number] = str(derived("project", f"{topic}/{self.versions[topic]}"))

    async def assembly(self, assembly: int, community: str, welfare: bool, adopted: bool | None) -> None:
        law = {"law": "CN-2018", "legal_check_due": False}
        called = AssemblyCalled(
            topic=self.stream("topic/1"),
            community=community,
            public_title="筹资",
            forum="VILLAGERS",
            matter="PUBLIC_WELFARE_UNDERTAKING" if welfare else "LAND_AND_HOMESTEADS",
            authorised=False,
            call=1,
            **law,
        )
        await self.hears(f"assembly/{assembly}", called)
        if adopted is not None:
            now = self.here.service.now()
            decided = AssemblyDecided(held_at=now, adopted=adopted, counts=(), publish_by=None, **law)
            await self.hears(f"assembly/{assembly}", decided)

    async def told(self, number: int, source: str, stage: str) -> None:
        step = {"step": ProgressStep.PROJECT_DISCLOSED, "cause": self.stream(f"project/{number}"), "stage": stage}
        if kind(source) == "topic":
            await self.hears(source, TopicProgressed(**step))
        else:
            await self.hears("complaint/1", ComplaintProgressed(**step, via=self.stream(source)))

    async def count(self, place: str, day: Any, complaints: int) -> None:
        where = {"category": "PARKING", "community": PLACES[place], "place": REAL[place]}
        await self.hears(f"demand/{place}", DemandCounted(**where, day=day, complaints=complaints, people=1))


def _inspected(
    held: Any, residents: int, unit: str, committee: bool, builder: bool, asked: int, satisfied: int
) -> dict[str, Any]:
    group = {"residents": residents, "unit": called(unit), "supervisor": committee}
    return {
        "held_at": held.isoformat(),
        "group": group,
        "builder_present": builder,
        "asked": asked,
        "satisfied": satisfied,
    }


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(postgres, tmp_path, PLAN, BEGINNINGS[0]) as service:
        yield service


def expected(book: Book, name: str, now: Any, asked: dict[str, Any]) -> list[str]:
    """What the rule book answers."""
    try:
        return book.do(name, now, **asked)
    except Refused as refused:
        return ["refused", *refused.codes]


@pytest.mark.timeout(300)
async def test_a_thousand_steps_through_the_doors_end_as_the_rule_book_says(here: Running) -> None:
    random, now = Random(SEED), BEGINNINGS[0]
    book, doors, seen, trail = Book(voting=False), Doors(here), Counter[str](), list[str]()
    for number in range(STEPS):
        jumps = [timedelta(0)] * 12 + [HOUR, DAY, 3 * DAY, 12 * DAY]
        if any(it.accepted and it.verdict is None for it in book.projects.values()) and random.random() < 0.1:
            jumps = [91 * DAY]
        if jump := random.choice(jumps):
            now += jump + timedelta(seconds=random.randrange(300, 900))
            await here.at(now)
            rung = sorted(word for _, word in book.due(now))
            assert sorted(await doors.said()) == rung, "\n".join([*trail[-30:], f"{now} timers"])
            seen.update(rung)
        name, asked = Wish(random, book, now, NUMBERS).next()
        known = {"collect": book.suggestions, "propose": book.projects}.get(name, {})
        if asked.get("number") in known:
            continue
        wanted = expected(book, name, now, asked)
        trail.append(f"{number}. {now:%Y-%m-%d %H:%M} {name} {asked}: {wanted}")
        assert await doors.do(name, **asked) == wanted, "\n".join(trail[-30:])
        seen.update(wanted[:1] if wanted[:1] == ["refused"] else wanted)
    print(f"seed {SEED}: {STEPS} steps, {dict(sorted(seen.items()))}")
    assert seen["refused"] > STEPS / 10
    assert {"ProjectApproved", "BudgetReleased", "SuggestionAnswered", "SourcesNotified"} <= seen.keys()
    await ended(here, book, doors)


async def ended(here: Running, book: Book, doors: Doors) -> None:
    """The tables say what the book says, and what the journals say when they are read from their beginning."""
    for number, it in book.projects.items():
        shown = await here.get(f"/projects/{doors.projects[number]}", SUPERVISOR)
        known = (
            it.phase,
            it.percent,
            it.spent,
            it.carried,
            it.verdict,
            {doors.stream(source) for source in it.sources},
        )
        told = ("state", "percent", "spent_yuan", "carried_over", "verdict")
        assert (*(shown[name] for name in told), set(shown["sources"])) == known
    for number, batch in book.batches.items():
        shown = await here.get(f"/batches/{doors.id('batch', number)}", SUPERVISOR)
        assert shown["approved_yuan"] == sum(batch.reserved.values()) <= (batch.limit or 0)
    for of in (SUGGESTIONS, PROJECTS, BATCHES):
        assert of.evolve is not None
        for row in await here.service.pool.fetch(f"select * from {of.table.name}"):
            facts = await here.service.pool.fetch(_OF, row["id"])
            start: Any = None
            folded = reduce(of.evolve, (Fact.known[fact["type"]].read(fact["data"]) for fact in facts), start)
            assert of.stored(row) == folded
    assert (await here.get("/integrity", OPERATOR))["sound"] is True
    assert await here.get("/quarantine", OPERATOR) == []
