"""The program against a second telling of the same tables, over thousands of steps that nobody thought of.

Each step is a number; with what stands it decides which command is asked and when. A run that fails is cut down to the
steps it needs. `FIVEPLUSN_MODEL_SEED` and `FIVEPLUSN_MODEL_STEPS` look elsewhere, and longer.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.projects.api.door import every_reason
from services.projects.domain import (
    accepting,
    approving,
    asked,
    batch,
    carrying_out,
    disclosing,
    effect,
    fund_raising,
    project,
    proposing,
    suggesting,
    suggestion,
)
from services.projects.domain.terms import Terms
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import AssemblyCalled, AssemblyDecided, TopicNeedsProject
from shared.events.intake import ComplaintRouted
from shared.events.projects import AcceptanceGroup, BudgetReserved, PlannedMilestone, WorkDone
from shared.events.vocabulary import DisclosureStage, Quantity
from shared.rules.broken import RuleBroken
from tests.support.disagreement import Disagreement, shrunk
from tests.unit.deliberation.test_model import compared
from tests.unit.intake.model import BEIJING, DAY, HOUR
from tests.unit.projects.builders import CALENDAR, TERMS, TOWN
from tests.unit.projects.model import ESTATE, PLACES, STAGES, UNFINISHED, UNITS, VILLAGE, Book, kind, today

SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "6000"))
LONGEST = 150
"""Steps of one pool; then another one begins."""
BEGINNINGS = [
    datetime(2024, 2, 1, 9, tzinfo=BEIJING),
    datetime(2024, 12, 20, 23, 30, tzinfo=BEIJING),  # the end of the year is near
    datetime(2025, 6, 30, 0, tzinfo=BEIJING),
]
FACTS = {fact.__name__ for fact in Fact.known.values() if fact.said_by == "projects"}
VOTING = Terms.model_validate(TERMS.model_dump() | {"voting": True})
SOURCES = ("topic/1", "route/1", "hotspot/1", "inspection/1", "topic/2", "route/2")
NUMBERS = (1, 2, 3)
"""Suggestions, batches, and the first projects: 1 and 2 proposed by hand, 3 by a meeting, 10 and more by suggestions."""


def stream(name: str) -> str:
    """`topic/1` as the program calls it."""
    of, _, number = name.partition("/")
    ids = {"suggestion": suggestion_id, "project": project_id}
    return ref(of, ids[of](int(number)) if of in ids else derived("model", name))


def suggestion_id(number: int) -> UUID:
    return derived("model suggestion", number)


def project_id(number: int) -> UUID:
    return derived("project", ref("suggestion", suggestion_id(number - 10))) if number > 9 else derived("model", number)


def batch_id(number: int) -> UUID:
    return derived("model batch", number)


def works(amount: int) -> tuple[WorkDone, ...]:
    return (WorkDone(quantity=Quantity.METRES, amount=amount, work="护栏"),) if amount else ()


class Program:
    """The rules of the program, put together as its doors do it."""

    def __init__(self, voting: bool) -> None:
        self.terms = VOTING if voting else TERMS
        self.suggestions: dict[UUID, suggestion.Suggestion] = {}
        self.projects: dict[UUID, project.Project] = {}
        self.batches: dict[UUID, batch.Batch] = {}
        self.decisions: dict[UUID, fund_raising.Decision] = {}
        self.demand: dict[tuple[str, date], int] = {}
        self.journal: list[Fact] = []

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        """The names of the facts; nothing has happened where it is refused."""
        kept = [dict(state) for state in (self.suggestions, self.projects, self.batches)]
        said = len(self.journal)
        command: Callable[..., None] = getattr(self, name)
        try:
            command(now, **asked)
        except RuleBroken:
            self.suggestions, self.projects, self.batches = kept  # type: ignore[assignment]
            del self.journal[said:]
            raise
        return [type(fact).__name__ for fact in self.journal[said:]]

    def _say(self, states: dict[Any, Any], id: Any, evolve: Any, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        facts = list(rule(states.get(id), *asked, **named))
        for fact in facts:
            states[id] = evolve(states.get(id), type(fact).read(fact.model_dump_json()))
        self.journal += facts
        return facts

    def _suggestion(self, number: int, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.suggestions, suggestion_id(number), suggestion.evolve, rule, *asked, **named)

    def _project(self, number: int, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.projects, project_id(number), project.evolve, rule, *asked, **named)

    def _batch(self, number: int, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.batches, batch_id(number), batch.evolve, rule, *asked, **named)

    def _stage(self, number: int, stage: str, rule: Any, *asked: Any, **named: Any) -> None:
        if self._project(number, rule, *asked, **named):
            self._disclose(number, stage)

    def _disclose(self, number: int, stage: str) -> None:
        self._project(number, disclosing.disclose, asked.Disclose(stage=DisclosureStage(stage)))

    # -- suggestions

    def collect(
        self, now: datetime, number: int, origin: str, community: str | None, place: str | None, sources: tuple[str, ...]
    ) -> None:
        wish = asked.CollectSuggestion(
            origin=origin, community=community, category="parking", place=place, public_title="护栏",
            sources=tuple(map(stream, sources)),
        )  # fmt: skip
        self._suggestion(number, suggesting.collect, wish, now=now, terms=self.terms, calendar=CALENDAR, town=TOWN)

    def route(self, now: datetime, number: int, wanted: str, known: bool, community: str | None) -> None:
        heard = ComplaintRouted(
            complaint=stream("complaint/1"), community=community, category="parking", place=None, wanted=wanted,
            target=stream("topic/1") if known else None,
        )  # fmt: skip
        named = {"route": stream(f"route/{number}"), "now": now, "terms": self.terms, "calendar": CALENDAR}
        self._suggestion(number, suggesting.collect_from_route, heard, **named)

    def review(self, now: datetime, number: int, unit: str, community: str, place: str | None) -> None:
        wish = asked.ReviewSuggestion(
            unit=unit, community=community, category="parking", place=place, public_title="设护栏"
        )
        self._suggestion(number, suggesting.review, wish, town=TOWN)

    def convert(self, now: datetime, number: int, tags: bool) -> None:
        wish = asked.ConvertSuggestion(project_category="TRAVEL", tags=("SAFETY",) if tags else ())
        id, collected = ref("suggestion", suggestion_id(number)), self.suggestions.get(suggestion_id(number))
        every_reason(
            lambda: self._suggestion(number, suggesting.convert, wish, project=ref("project", project_id(10 + number))),
            lambda: self._project(
                10 + number, proposing.propose_from_suggestion, wish, suggestion=id, collected=collected, now=now
            ),
        )

    def merge_suggestion(self, now: datetime, number: int, into: int) -> None:
        wish = asked.MergeSuggestion(into=suggestion_id(into), reason="同类")
        id, before = ref("suggestion", suggestion_id(number)), self.suggestions.get(suggestion_id(number))
        other = self.suggestions.get(suggestion_id(into))
        self._suggestion(number, suggesting.merge, wish, suggestion=id, into=other)
        self._suggestion(into, suggesting.absorb, suggestion=id, merged=before)

    def decide(self, now: datetime, number: int, outcome: str, unit: str) -> None:
        match outcome:
            case "HANDLED_DIRECTLY":
                direct = asked.HandleDirectly(unit=unit, measure="安排")
                self._suggestion(number, suggesting.handle_directly, direct, town=TOWN)
            case "REFERRED":
                referred = asked.ReferSuggestion(unit=unit, reason="职责")
                self._suggestion(number, suggesting.refer, referred, town=TOWN)
            case _:
                self._suggestion(number, suggesting.decline, asked.Because(reason="不具备条件"))

    def answer(self, now: datetime, number: int) -> None:
        self._suggestion(number, suggesting.answer, asked.AnswerSuggestion(answer="答复"))

    # -- the pool

    def propose(
        self, now: datetime, number: int, community: str, place: str | None, tags: bool, sources: tuple[str, ...]
    ) -> None:
        wish = asked.ProposeProject(
            community=community, category="parking", place=place, public_title="护栏", project_category="TRAVEL",
            tags=("SAFETY",) if tags else (), sources=tuple(map(stream, sources)),
        )  # fmt: skip
        self._project(number, proposing.propose, wish, now=now, town=TOWN)

    def needed(self, now: datetime, number: int) -> None:
        heard = TopicNeedsProject(
            meeting=stream("meeting/1"), community=VILLAGE, category="parking", place="zgz-road", public_title="护栏",
            project_category="TRAVEL", tags=("SAFETY",), common="MEETING_FINDING", sources=(stream(f"route/{number}"),),
        )  # fmt: skip
        self._project(number, proposing.propose_from_topic, heard, topic=stream(f"topic/{number}"), now=now)

    def pool(self, now: datetime, number: int) -> None:
        self._stage(number, "POOLED", proposing.pool, asked.PoolProject(finding="具备条件"))

    def reject(self, now: datetime, number: int) -> None:
        self._project(number, proposing.reject, asked.Because(reason="不具备条件"))

    def merge(self, now: datetime, number: int, into: int) -> None:
        wish = asked.MergeProject(into=project_id(into), reason="同类")
        name, before = ref("project", project_id(number)), self.projects.get(project_id(number))
        self._project(number, proposing.merge, wish, project=name, into=self.projects.get(project_id(into)))
        self._project(into, proposing.absorb, project=name, merged=before)

    def unmerge(self, now: datetime, number: int) -> None:
        merged = self.projects.get(project_id(number))
        into = next((id for id in self.projects if merged and ref("project", id) == merged.merged_into), None)
        keeper = self.projects[into] if into else None
        if self._project(number, proposing.unmerge, asked.Because(reason="有误"), into=keeper):
            name = ref("project", project_id(number))
            self._say(self.projects, into, project.evolve, proposing.release, project=name)

    def rate(self, now: datetime, number: int, cost: int, **measured: int) -> None:
        self._project(number, approving.score, asked.ScoreProject(cost_yuan=cost, **measured), terms=self.terms)

    def ballot(self, now: datetime, number: int, held: date, yes: int, no: int, neither: int) -> None:
        wish = asked.RecordVote(held_on=held, in_favour=yes, against=no, abstained=neither)
        self._project(number, approving.vote, wish, now=now, terms=self.terms)

    # -- money

    def open_batch(self, now: datetime, batch: int) -> None:
        self._batch(batch, _batch.open_batch, asked.OpenBatch(year=2024, quarter=batch, public_title="批次"))

    def fund(self, now: datetime, batch: int, yuan: int) -> None:
        self._batch(batch, _batch.set_budget, asked.SetPoolBudget(budget_yuan=yuan))

    def close_batch(self, now: datetime, batch: int) -> None:
        self._batch(batch, _batch.close_batch)

    def assembly(self, now: datetime, assembly: int, community: str, welfare: bool, adopted: bool | None) -> None:
        id = derived("model", f"assembly/{assembly}")
        named = {"authorised": False, "call": 1, "law": "CN-2018", "legal_check_due": False}
        matter = "PUBLIC_WELFARE_UNDERTAKING" if welfare else "LAND_AND_HOMESTEADS"
        heard: list[AssemblyCalled | AssemblyDecided] = [
            AssemblyCalled(
                topic=stream("topic/1"), community=community, public_title="筹资", forum="VILLAGERS", matter=matter,
                **named,
            )
        ]  # fmt: skip
        if adopted is not None:
            decided = {"counts": (), "law": "CN-2018", "legal_check_due": False, "publish_by": None}
            heard.append(AssemblyDecided(held_at=now, adopted=adopted, **decided))
        known: fund_raising.Decision | None = None
        for fact in heard:
            known = fund_raising.noted(known, fact)
        assert known is not None
        self.decisions[id] = known

    def approve(self, now: datetime, number: int, batch: int, **plan: Any) -> None:
        named = derived("model", f"assembly/{plan['assembly']}") if plan["assembly"] else None
        wish = asked.ApproveProject(
            batch=batch_id(batch), unit=plan["unit"], post="主任", budget_yuan=plan["yuan"], raised_yuan=plan["raised"],
            assembly=named, start_on=plan["start"], finish_on=plan["finish"],
            milestones=tuple(PlannedMilestone(public_title="里程碑", due_on=day) for day in plan["steps"]),
        )  # fmt: skip
        decision = self.decisions.get(named) if named else None
        rules = {"decision": decision, "now": now, "terms": self.terms, "town": TOWN}
        facts, _ = every_reason(
            lambda: self._project(number, approving.approve, wish, **rules),
            lambda: self._batch(batch, _batch.reserve, wish, project=ref("project", project_id(number))),
        )
        if facts:
            self._disclose(number, "APPROVED")

    # -- carried out

    def start(self, now: datetime, number: int, day: date) -> None:
        self._stage(number, "STARTED", carrying_out.start, asked.StartProject(started_on=day), now=now)

    def milestone(self, now: datetime, number: int, step: int, day: date) -> None:
        wish = asked.ReachMilestone(number=step, reached_on=day)
        self._project(number, carrying_out.reach_milestone, wish, now=now)

    def report(self, now: datetime, number: int, percent: int, spent: int, work: int, note: bool) -> None:
        wish = asked.ReportProgress(
            percent=percent, spent_yuan=spent, done=works(work), note="更正" if note else None
        )
        self._project(number, carrying_out.progress, wish)

    def delay(self, now: datetime, number: int, day: date) -> None:
        wish = asked.DelayProject(reason="汛期", finish_on=day)
        self._project(number, carrying_out.delay, wish, now=now, terms=self.terms)

    def suspend(self, now: datetime, number: int) -> None:
        self._project(number, carrying_out.suspend, asked.Because(reason="汛期"))

    def resume(self, now: datetime, number: int, day: date) -> None:
        self._project(number, carrying_out.resume, asked.ResumeProject(finish_on=day), now=now, terms=self.terms)

    def cancel(self, now: datetime, number: int) -> None:
        if self._project(number, carrying_out.cancel, asked.Because(reason="不再需要")):
            it = self.projects[project_id(number)]
            money = next(id for id in self.batches if ref("batch", id) == it.batch)
            name = ref("project", project_id(number))
            self._say(self.batches, money, batch.evolve, batch.release, project=name, spent_yuan=it.spent_yuan)

    def carry(self, now: datetime, number: int, day: date, batch: int) -> None:
        wish = asked.CarryOver(finish_on=day, batch=batch_id(batch))
        into = self.batches.get(batch_id(batch))
        self._project(number, carrying_out.carry_over, wish, batch=into, now=now, terms=self.terms)

    def complete(self, now: datetime, number: int, day: date, spent: int, work: int) -> None:
        wish = asked.CompleteProject(completed_on=day, spent_yuan=spent, done=works(work))
        self._stage(number, "COMPLETED", carrying_out.complete, wish, now=now)

    def accept(self, now: datetime, number: int, held: datetime, **group: Any) -> None:
        self._stage(number, "ACCEPTED", accepting.accept, inspected(held, **group), now=now, terms=self.terms)

    def rectify(self, now: datetime, number: int, held: datetime, **group: Any) -> None:
        wish = asked.Rectify(**inspected(held, **group).model_dump(), reason="松动")
        named = {"now": now, "terms": self.terms, "calendar": CALENDAR}
        self._project(number, accepting.order_rectification, wish, **named)

    def maintain(self, now: datetime, number: int, owner: str, maintainer: str) -> None:
        wish = asked.AssignMaintainer(owner=owner, maintainer=maintainer, duties="巡查", manner="自管", funding="集体")
        self._project(number, accepting.assign_maintainer, wish, town=TOWN)

    def tell(self, now: datetime, number: int, source: str, stage: str, by: str) -> None:
        wish = asked.TellSource(source=stream(source), stage=DisclosureStage(stage), by=by)
        self._project(number, disclosing.tell, wish, town=TOWN)

    def told(self, now: datetime, number: int, source: str, stage: str) -> None:
        self._project(number, disclosing.told, source=stream(source), stage=DisclosureStage(stage))

    def close(self, now: datetime, number: int) -> None:
        self._project(number, accepting.close)

    def count(self, now: datetime, place: str, day: date, complaints: int) -> None:
        self.demand[place, day] = complaints

    # -- time

    def due(self, now: datetime) -> list[tuple[datetime, str]]:
        """Every timer that is due rings, once; what it sets anew may be due, too."""
        found: list[tuple[datetime, str]] = []
        rules = {"review": suggesting.review_missed, "answer": suggesting.answer_missed}
        for id in list(self.suggestions):
            found += self._ring(self.suggestions, id, suggestion.evolve, suggestion.watches, rules, now)
        rules = {
            "near": carrying_out.finish_near, "finish": carrying_out.finish_missed, "year_end": carrying_out.year_ended,
        }  # fmt: skip
        for id, state in list(self.projects.items()):
            more = {"effect": self._effect(state)}
            found += self._ring(self.projects, id, project.evolve, project.watches, rules | more, now)
        return sorted(found)

    def _ring(
        self, states: dict[Any, Any], id: UUID, evolve: Any, watches: Any, rules: dict[str, Any], now: datetime
    ) -> list[tuple[datetime, str]]:
        found, rung = list[tuple[datetime, str]](), set[tuple[str, Any]]()
        while waiting := [one for one in watches(states[id]).items() if one[1].due_at <= now and one not in rung]:
            name, watch = waiting[0]
            rung.add((name, watch))
            timer = {"due_at": watch.due_at, "version": watch.version, "now": now}
            facts = self._say(states, id, evolve, rules[name], **timer)
            assert not self._say(states, id, evolve, rules[name], **timer), f"{name} rings twice"
            found += [(watch.due_at, type(fact).__name__) for fact in facts]
        return found

    def _effect(self, state: project.Project) -> Callable[..., Any]:
        """As the timer's door counts it."""

        def rule(before: Any, **timer: Any) -> list[Any]:
            both = effect.windows(state)
            assert both is not None
            places = {place for _, place in effect.anchors(state)}
            early, late = (
                {day: n for (place, day), n in self.demand.items() if place in places and of.first <= day < of.after}
                if places
                else {}
                for of in both
            )
            counted = {place for place in places}
            assert counted <= set(PLACES)
            sums = [
                sum(n for (place, day), n in self.demand.items() if place in places and of.first <= day < of.after)
                for of in both
            ]
            days = [day for day, n in late.items() if n]
            assert len(early) >= 0
            return list(
                effect.evaluate(
                    before, demand_before=sums[0], demand_after=sums[1], recurred_on=min(days, default=None),
                    terms=self.terms, **timer,
                )
            )  # fmt: skip

        return rule


_batch = batch


def inspected(
    held: datetime, residents: int, unit: str, committee: bool, builder: bool, asked: int, satisfied: int
) -> asked.Inspection:
    group = AcceptanceGroup(residents=residents, unit=unit, supervisor=committee)
    return _asked.Inspection(held_at=held, group=group, builder_present=builder, asked=asked, satisfied=satisfied)


_asked = asked
