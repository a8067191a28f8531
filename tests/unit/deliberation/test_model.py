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

from services.deliberation.domain import asked as ask
from services.deliberation.domain import (
    assembly,
    concluding,
    demand,
    heard,
    implementation,
    meeting,
    minutes,
    notice,
    review,
    sitting,
    topic,
    undertaking,
)
from services.deliberation.domain.conclusion import ConcludeTopic, HoldMeeting
from services.deliberation.domain.platform import Platform
from services.deliberation.domain.platform import evolve as evolve_platform
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import ConclusionKind, SeatFilled, TopicScope
from shared.events.escalation import WhistleRejected
from shared.events.intake import HotspotDetected, HotspotRule
from shared.events.projects import ProjectCancelled, ProjectEvaluated
from shared.events.vocabulary import CommunityKind, TopicOrigin
from shared.rules.broken import RuleBroken
from tests.support.disagreement import Disagreement, compared, wander
from tests.unit.deliberation.builders import CALENDAR, MEMBER, TERMS, TOWN, platform
from tests.unit.deliberation.model import DECIDED, FILLED, RESIDENTIAL, UNITS, VACANT, Book
from tests.unit.intake.model import BEIJING, DAY, HOUR, Refused

SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "6000"))
LONGEST = 150
"""Steps of one community; then another one begins."""
BEGINNINGS = [
    datetime(2024, 2, 1, 9, tzinfo=BEIJING),
    datetime(2024, 4, 26, 16, 30, tzinfo=BEIJING),  # a make-up Sunday, then the May holidays
    datetime(2025, 12, 20, 10, tzinfo=BEIJING),  # the organic laws change
]
STREAMS = {"topic", "meeting", "assembly", "undertaking"}
FACTS = {fact.__name__ for fact in Fact.known.values() if fact.said_by == "deliberation" and fact.kind in STREAMS}
ELSEWHERE = {"TopicProgressed", "RecorderNamed", "MinutesPublished", "MinutesCorrected"}
"""Said of nothing that moves a topic or a meeting on; their own tests show them."""
PARTIES = (
    *FILLED,
    *VACANT,
    "member/1",
    "member/2",
    "unit/district-housing",
    "guest/1",
    "post/secretary",
    "post/recorder-1",
)
NUMBERS = (1, 2, 3)
CONCLUSIONS = tuple(ConclusionKind)
PLATFORM = platform()
WITH_COMPANY = evolve_platform(PLATFORM, SeatFilled(community="dahuichang", seat=3, holder="金鹏顺发物业"))


def party(name: str) -> str:
    """`member/1`, `guest/2` with the ids of the program."""
    kind, _, number = name.partition("/")
    if kind == "member":
        return MEMBER if number == "1" else f"member/{derived('member', number)}"
    return f"guest/{applicant(int(number))}" if kind == "guest" else name


def applicant(number: int) -> UUID:
    return derived("applicant", number)


def topic_id(number: int) -> UUID:
    return derived("model topic", number)


def promises(due: Sequence[datetime]) -> tuple[ask.Promise, ...]:
    return tuple(ask.Promise(owner="两委", task="落实", due_at=at) for at in due)


def conclusion(kind: str, a: dict[str, Any]) -> dict[str, Any]:
    """One of the seven as the door reads it."""
    match kind:
        case "SETTLED" | "AGREED":
            said: dict[str, Any] = {"promises": promises(a["promises"]), "review_on": a["review"]}
        case "REFERRED_TO_ASSEMBLY":
            said = {"forum": a["forum"], "matter": a["matter"]}
        case "REPORTED_UPWARD":
            explained = "已向各方说明" if a["explained"] else None
            said = {"reason": "POLICY", "reported_to": a["to"], "explanation": explained, "review_on": a["review"]}
        case "NEEDS_DEPARTMENTS":
            said = {"lead": a["lead"], "due_at": a["due"]}
        case "NEEDS_PROJECT":
            finding = "会议认定为共性诉求" if a["finding"] else None
            tags = ("SAFETY",) if a["tags"] else ()
            said = {"project_category": "TRAVEL", "tags": tags, "common": a["common"], "finding": finding}
        case _:
            said = {"reason": "再议"}
    return {"conclusion": kind, **said}


class Program:
    """The rules of the program, put together as its doors do it."""

    def __init__(self, place: Platform) -> None:
        self.platform = place
        self.topics: dict[UUID, topic.Topic] = {}
        self.meetings: dict[int, meeting.Meeting] = {}
        self.assemblies: dict[UUID, assembly.Assembly] = {}
        self.tasks: dict[UUID, undertaking.Undertaking] = {}
        self.numbers: dict[int, UUID] = {}
        self.last = 0
        self.journal: list[Fact] = []

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        """The names of the facts; nothing has happened where it is refused."""
        kept = [dict(state) for state in (self.topics, self.meetings, self.assemblies, self.tasks, self.numbers)]
        said = len(self.journal)
        command: Callable[..., None] = getattr(self, name)
        try:
            command(now, **asked)
        except RuleBroken:
            self.topics, self.meetings, self.assemblies, self.tasks, self.numbers = kept  # type: ignore[assignment]
            del self.journal[said:]
            raise
        return [type(fact).__name__ for fact in self.journal[said:]]

    def _say(self, states: dict[Any, Any], id: Any, evolve: Any, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        facts = list(rule(states.get(id), *asked, **named))
        for fact in facts:
            again = type(fact).read(fact.model_dump_json())
            states[id] = evolve(states.get(id), again)
        self.journal += facts
        return facts

    def _topic(self, number: int, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.topics, topic_id(number), topic.evolve, rule, *asked, **named)

    def _meeting(self, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.meetings, self.last, meeting.evolve, rule, *asked, **named)

    def _on_notice(self) -> dict[UUID, topic.Topic]:
        it = self.meetings.get(self.last)
        return {id: self.topics[id] for id in (it.topics if it else ()) if id in self.topics}

    @property
    def meeting_id(self) -> UUID:
        return derived("model meeting", self.last)

    # -- topics

    def propose(self, now: datetime, topic: int, hot: bool, people: int | None) -> None:
        if hot:
            detected = HotspotDetected(
                category="PROPERTY_VACANCY", community="dahuichang", place="dahuichang-estate", people=8, complaints=9,
                rule=HotspotRule.DISTINCT_PEOPLE, since=now,
            )  # fmt: skip
            names = {"place_name": "大灰厂小区", "category_name": "无物业"}
            self._topic(
                topic, heard.propose_from_hotspot, detected, hotspot=derived("hot", topic), latest=None, **names
            )
            return
        wanted = ask.ProposeTopic(
            community="dahuichang", category="WASTE", public_title="清运", origin=TopicOrigin.RESIDENT, people=people
        )
        self._topic(topic, _topics.propose, wanted, known=(), town=TOWN)

    def accept(self, now: datetime, topic: int, scope: str) -> None:
        self._topic(topic, _topics.accept, ask.AcceptTopic(scope=TopicScope(scope)))

    def reject(self, now: datetime, topic: int) -> None:
        self._topic(topic, _topics.reject, ask.RejectTopic(reason="不在范围"))

    def merge(self, now: datetime, topic: int, into: int) -> None:
        this, other = topic_id(topic), self.topics.get(topic_id(into))
        if self._topic(topic, _topics.merge, ask.MergeTopics(into=topic_id(into)), topic=this, other=other):
            self._topic(into, _topics.enlarge, merged=this, other=self.topics[this])

    def background(self, now: datetime, topic: int) -> None:
        self._topic(topic, _topics.distribute_background, ask.DistributeBackground(title="说明"), kept=())

    def answer_upward(self, now: datetime, topic: int, cleared: bool) -> None:
        answer = ask.AnswerUpward(outcome="CLEARED" if cleared else "RETURNED", answer="答复")
        self._topic(topic, _topics.answer_upward, answer)

    def review(self, now: datetime, topic: int, worked: bool | None, next_on: date | None) -> None:
        self._topic(topic, review.review, ask.ReviewTopic(finding="查看", worked=worked, next_on=next_on), now=now)

    def demand(self, now: datetime, topic: int, **asked: Any) -> None:
        self._topic(topic, demand.demand, ask.DemandAssembly(**asked), now=now, town=TOWN)

    def disclose(self, now: datetime, topic: int, result: str) -> None:
        tasks = self._tasks(topic_id(topic))
        self._topic(topic, implementation.disclose, ask.DiscloseTopic(result=result), undertakings=tasks)

    def close(self, now: datetime, topic: int) -> None:
        self._topic(topic, implementation.close, undertakings=self._tasks(topic_id(topic)))

    def _tasks(self, topic: UUID) -> list[undertaking.Undertaking]:
        return [task for task in self.tasks.values() if task.topic == topic]

    def elsewhere(self, now: datetime, topic: int, end: str) -> None:
        id = derived("elsewhere", topic)
        match end:
            case "issue closed":
                self._topic(topic, heard.departments_done, issue=id)
            case "whistle rejected":
                self._topic(topic, heard.departments_refused, WhistleRejected(reason="不属实"), issue=id)
            case "project closed":
                self._topic(topic, heard.project_done, project=id)
            case "project cancelled":
                cancelled = ProjectCancelled.model_construct(reason="取消")
                self._topic(topic, heard.project_refused, cancelled, project=id)
            case _:
                evaluated = ProjectEvaluated.model_construct(failed=True)
                self._topic(topic, heard.effect_failed, evaluated, project=id)

    # -- meetings

    def plan(
        self, now: datetime, number: int, starts: datetime, urgent: bool, because: bool, topics: tuple[int, ...],
        form: bool, recorder: bool,
    ) -> None:  # fmt: skip
        wanted = ask.ScheduleMeeting(
            community="dahuichang",
            starts_at=starts,
            urgent=urgent,
            urgent_because="供水中断" if because else None,
            topics=tuple(map(topic_id, topics)),
            form="CONVENED" if form else None,
            moderator="secretary",
            recorder="recorder-1" if recorder else None,
        )
        before, self.last = self.last, number
        try:
            self._meeting(notice.schedule_meeting, wanted, platform=self.platform, now=now)
        except RuleBroken:
            self.last = before
            raise

    def notice(self, now: datetime, participants: tuple[str, ...]) -> None:
        wanted = ask.PublishNotice(participants=tuple(map(party, participants)))
        named = {"platform": self.platform, "now": now, "terms": TERMS, "calendar": CALENDAR}
        self._meeting(notice.publish_notice, wanted, topics=self._on_notice(), **named)
        it = self.meetings[self.last]
        for id in it.topics:
            self._say(self.topics, id, topic.evolve, topic.schedule, meeting=self.meeting_id, starts_at=it.starts_at)

    def agenda(self, now: datetime, topics: tuple[int, ...]) -> None:
        self._meeting(notice.order_agenda, ask.OrderAgenda(topics=tuple(map(topic_id, topics))))

    def invite(self, now: datetime, parties: tuple[str, ...]) -> None:
        invitees = tuple(ask.Invitee(party=party(name)) for name in parties)
        self._meeting(notice.invite, ask.Invite(invitees=invitees), platform=self.platform, town=TOWN)

    def reply(self, now: datetime, party: str, answer: str) -> None:
        name = _party(party)
        if answer == "ACCEPTED":
            self._meeting(notice.accept_invitation, ask.AcceptInvitation(party=name))
        else:
            self._meeting(notice.excuse_absence, ask.ExcuseAbsence(party=name, reason="外出"))

    def join(self, now: datetime, applicant: int) -> None:
        wanted = ask.RequestJoin(applicant_kind="RESIDENT")
        self._meeting(notice.request_join, wanted, applicant=_applicant(applicant), now=now)

    def answer_join(self, now: datetime, applicant: int, answer: str) -> None:
        if answer == "ADMITTED":
            self._meeting(notice.admit, ask.AdmitApplicant(applicant=_applicant(applicant)))
        else:
            self._meeting(notice.decline, ask.DeclineApplicant(applicant=_applicant(applicant), reason="场地有限"))

    def postpone(self, now: datetime, starts: datetime) -> None:
        self._meeting(notice.postpone, ask.PostponeMeeting(starts_at=starts, reason="材料未齐"), now=now)
        self._release()

    def cancel(self, now: datetime) -> None:
        if self._meeting(notice.cancel, ask.CancelMeeting(reason="另行安排")):
            self._release()

    def _release(self) -> None:
        for id in self.meetings[self.last].topics:
            self._say(self.topics, id, topic.evolve, topic.unschedule, meeting=self.meeting_id, reason="会议变更")

    def attend(self, now: datetime, present: tuple[str, ...], absent: tuple[str, ...]) -> None:
        wanted = ask.RecordAttendance(present=tuple(map(party, present)), absent=tuple(map(party, absent)))
        self._meeting(sitting.record_attendance, wanted)

    def check_in(self, now: datetime, party: str, right: bool) -> None:
        named = {"code_fits": right, "now": now, "terms": TERMS, "calendar": CALENDAR}
        self._meeting(sitting.check_in, ask.CheckIn(party=_party(party), code="?"), **named)

    def open(self, now: datetime) -> None:
        listed = self._on_notice()
        self._meeting(sitting.open_meeting, topics=listed, platform=self.platform, now=now, terms=TERMS)
        for id in self.meetings[self.last].topics:
            self._say(self.topics, id, topic.evolve, topic.open_topic, meeting=self.meeting_id)

    def problem(self, now: datetime, party: str) -> None:
        wanted = ask.RaiseProblem(party=_party(party), category="WASTE", public_title="清运")
        self._meeting(sitting.raise_problem, wanted, town=TOWN)

    def no_problem(self, now: datetime) -> None:
        self._meeting(sitting.report_no_problem)

    def speak(self, now: datetime, party: str, topic: int | None) -> None:
        about = None if topic is None else topic_id(topic)
        self._meeting(sitting.record_statement, ask.RecordStatement(party=_party(party), topic=about))

    def position(self, now: datetime, party: str, topic: int, position: str) -> None:
        wanted = ask.RecordPosition(party=_party(party), topic=topic_id(topic), position=position)
        self._meeting(sitting.record_position, wanted)

    def hold(
        self, now: datetime, none: bool, conclusions: list[tuple[int, str, dict[str, Any]]], tasks: list[int]
    ) -> None:
        entries = [
            ConcludeTopic.model_validate({"topic": topic_id(number), "conclusion": conclusion(kind, a)})
            for number, kind, a in conclusions
        ]
        named: dict[str, Any] = {"now": now, "terms": TERMS, "town": TOWN}
        self._meeting(
            sitting.hold,
            HoldMeeting(conclusions=tuple(entries), no_problems=none),
            topics=self._on_notice(),
            platform=self.platform,
            earlier_absences={},
            calendar=CALENDAR,
            **named,
        )
        it, left = self.meetings[self.last], iter(tasks)
        for entry, (_, kind, a) in zip(entries, conclusions, strict=True):
            self._say(
                self.topics, entry.topic, topic.evolve, concluding.conclude, entry.conclusion,
                topic=entry.topic, meeting=self.meeting_id, tally=sitting.tally(it, entry.topic),
                community_kind=CommunityKind.RESIDENTIAL, **named,
            )  # fmt: skip
            if kind in ("SETTLED", "AGREED"):
                self._assign(entry.topic, a["promises"], ref("meeting", self.meeting_id), left, now)

    def _assign(self, topic: UUID, due: Sequence[datetime], by: str, left: Any, now: datetime) -> None:
        made = promises(due)
        for id, promise in zip(undertaking.undertaking_ids(topic, by, made), made, strict=True):
            self.numbers[next(left)] = id
            self._task(id, undertaking.assign, promise, topic=topic, community="dahuichang", decided_by=by, now=now)

    def _task(self, id: UUID, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.tasks, id, undertaking.evolve, rule, *asked, **named)

    # -- assemblies and undertakings

    def _assembly(self, number: int, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        known = self.topics.get(topic_id(number))
        id = assembly.assembly_id(topic_id(number), known.referrals if known else 0)
        return self._say(self.assemblies, id, assembly.evolve, rule, *asked, **named)

    def call(self, now: datetime, topic: int) -> None:
        id = topic_id(topic)
        self._assembly(topic, assembly.call, topic=id, referred=self.topics.get(id), now=now)

    def announce(self, now: datetime, topic: int, starts: datetime) -> None:
        self._assembly(
            topic, assembly.give_notice, ask.NoticeAssembly(starts_at=starts, venue="议事厅", form="会议"), now=now
        )

    def decide(
        self, now: datetime, topic: int, counts: dict[str, tuple[int, int, int]], promises: list[datetime],
        review: date | None, tasks: list[int],
    ) -> None:  # fmt: skip
        counted = [
            ask.Counted(base=base, entitled=all_, taking_part=part, agreeing=agree)
            for base, (all_, part, agree) in counts.items()
        ]
        made = _promises(promises)
        wanted = ask.DecideAssembly(held_at=now, counts=tuple(counted), promises=made, review_on=review)
        facts = self._assembly(topic, assembly.decide, wanted, now=now, town=TOWN)
        id = topic_id(topic)
        held = assembly.assembly_id(id, self.topics[id].referrals)
        for fact in facts:
            if type(fact).__name__ == "AssemblyDecided":
                adopted: bool = fact.adopted  # type: ignore[attr-defined]
                ids = undertaking.undertaking_ids(id, ref("assembly", held), made if adopted else ())
                self._topic(
                    topic, _topics.decided_at_assembly, adopted=adopted, assembly=held, undertakings=ids,
                    review_on=review,
                )  # fmt: skip
                if adopted:
                    self._assign(id, promises, ref("assembly", held), iter(tasks), now)

    def publish(self, now: datetime, topic: int) -> None:
        self._assembly(topic, assembly.publish_decision, ask.PublishDecision(text="公布"), now=now, calendar=CALENDAR)

    def assign(self, now: datetime, topic: int, due: datetime, task: int) -> None:
        self.numbers[task] = derived("later", task)
        agreed = self.topics.get(topic_id(topic))
        (wanted,) = promises([due])
        self._task(
            self.numbers[task], implementation.assign_later, wanted, topic=topic_id(topic), agreed=agreed, now=now,
            town=TOWN,
        )  # fmt: skip

    def report(self, now: datetime, task: int, note: bool) -> None:
        wanted = ask.ReportUndertaking(note="进行中" if note else None)
        self._task(self._numbered(task), undertaking.report, wanted, kept=())

    def finish(self, now: datetime, task: int, finished: datetime) -> None:
        wanted = ask.FinishUndertaking(finished_at=finished)
        self._ended(task, now, self._task(self._numbered(task), undertaking.finish, wanted, kept=(), now=now))

    def excuse(self, now: datetime, task: int) -> None:
        wanted = ask.ExcuseUndertaking(reason="不再需要")
        self._ended(task, now, self._task(self._numbered(task), undertaking.excuse, wanted))

    def _numbered(self, task: int) -> UUID:
        return self.numbers.get(task, derived("nothing", task))

    def _ended(self, task: int, now: datetime, anew: list[Fact]) -> None:
        if anew:
            id = self.tasks[self.numbers[task]].topic
            self._say(
                self.topics, id, topic.evolve, implementation.carried_out, undertakings=self._tasks(id), now=now,
                terms=TERMS, calendar=CALENDAR,
            )  # fmt: skip

    # -- time

    def due(self, now: datetime) -> list[tuple[datetime, str]]:
        """Every timer that is due rings, once."""
        found: list[tuple[datetime, str]] = []

        def ring(states: dict[Any, Any], id: Any, evolve: Any, watches: Any, rules: dict[str, Any]) -> None:
            for name, watch in watches(states[id]).items():
                if watch.due_at <= now:
                    timer = {"due_at": watch.due_at, "version": watch.version, "now": now}
                    facts = self._say(states, id, evolve, rules[name], **timer)
                    assert not self._say(states, id, evolve, rules[name], **timer), f"{name} rings twice"
                    found.extend((watch.due_at, type(fact).__name__) for fact in facts)

        for id in list(self.topics):
            still = sum(task.open for task in self._tasks(id))

            def disclosure(before: Any, *, _open: int = still, **timer: Any) -> list[Any]:
                return implementation.disclosure_overdue(before, undertakings_open=_open, **timer)

            rules = {topic.UPWARD_REVIEW: topic.review_upward, topic.DECISION_REVIEW: review.review_due}
            ring(self.topics, id, topic.evolve, topic.watches, {**rules, topic.DISCLOSURE: disclosure})
        if self.last in self.meetings:
            ring(
                self.meetings, self.last, meeting.evolve, meeting.watches,
                {meeting.MINUTES_OVERDUE: minutes.minutes_overdue},
            )  # fmt: skip
        for id in list(self.assemblies):
            overdue = {assembly.PUBLICATION_OVERDUE: assembly.publication_overdue}
            ring(self.assemblies, id, assembly.evolve, assembly.watches, overdue)
        for id in list(self.tasks):
            ring(self.tasks, id, undertaking.evolve, undertaking.watches, {undertaking.OVERDUE: undertaking.overdue})
        return sorted(found)


_topics, _party, _applicant, _promises = topic, party, applicant, promises


# ---------------------------------------------------------------------------------------------- what is asked


class Wish:
    """What somebody asks next: mostly what would move the town on, sometimes anything."""

    def __init__(self, random: Random, book: Book, now: datetime, tasks: int) -> None:
        self.random, self.book, self.now, self.tasks = random, book, now, tasks

    def likely(self, share: float = 0.85) -> bool:
        return self.random.random() < share

    def soon(self, hours: int = 0) -> datetime:
        return self.now + self.random.choice((-1, 1, 1, 1, 2, 5)) * DAY + timedelta(hours=hours)

    def day(self) -> date | None:
        return self.random.choice((None, None, self.now.date(), self.now.date() + self.random.choice((1, 3, 9)) * DAY))

    def next(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        match random.randrange(10):
            case 0 | 1 | 2:
                return self.for_topic(random.choice(NUMBERS))
            case 3:
                return self.for_task()
            case 4:
                return self.for_assembly(self.waiting())
            case _:
                return self.for_meeting()

    def waiting(self) -> int:
        """A topic that goes to an assembly, if there is one."""
        there = [number for number, topic in self.book.topics.items() if topic.phase == "AT_ASSEMBLY"]
        return self.random.choice(there if there and self.likely() else NUMBERS)

    def for_topic(self, number: int) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.topics.get(number)
        a: dict[str, Any] = {"topic": number}
        phase = it.phase if it and self.likely(0.75) else "?"
        if it is None and self.likely():
            return "propose", a | {"hot": self.likely(0.4), "people": self.random.choice((None, 2, 3))}
        scope = random.choice(("PUBLIC_AFFAIRS", "PROPERTY_MANAGEMENT"))
        review = random.choice((True, True, False, None)), self.day()
        match phase:
            case "PROPOSED":
                return ("accept", a | {"scope": scope}) if self.likely(0.95) else ("reject", a)
            case "ACCEPTED" | "SCHEDULED" if it and not it.background:
                return "background", a
            case "REPORTED" if self.likely(0.6):
                return "answer_upward", a | {"cleared": self.likely(0.5)}
            case "ESCALATED" | "POOLED":
                kinds = (
                    ("issue closed", "whistle rejected")
                    if phase == "ESCALATED"
                    else ("project closed", "project cancelled")
                )
                return "elsewhere", a | {"end": random.choice(kinds)}
            case "IMPLEMENTING" if self.likely(0.5):
                return "disclose", a | {"result": random.choice("甲乙")}
            case "DISCLOSED" if self.likely(0.6):
                return "close", a
            case state if state in (*DECIDED, "REPORTED") and self.likely(0.7):
                return "review", a | {"worked": review[0], "next_on": review[1]}
        forum, entitled = (
            random.choice((*RESIDENTIAL, "VILLAGERS", "VILLAGER_REPRESENTATIVES")),
            random.choice((10, 30, 59)),
        )
        if phase == "ACCEPTED" and self.likely(0.3):
            forum, base, matter = random.choice(
                (("OWNERS", "OWNERS", "HIRE_PROPERTY_COMPANY"), ("RESIDENTS", "ADULTS", "OTHER"))
            )
            counted = {"base": base, "demanding": random.choice((11, 12)), "entitled": 59}
            return "demand", a | {"forum": forum, "matter": matter} | counted
        anything: list[tuple[str, dict[str, Any]]] = [
            ("propose", a | {"hot": self.likely(0.4), "people": random.choice((None, 2, 3))}),
            ("propose", a | {"hot": self.likely(0.4), "people": random.choice((None, 2, 3))}),
            ("accept", a | {"scope": scope}),
            ("reject", a),
            ("merge", a | {"into": random.choice((*NUMBERS, 9))}),
            ("background", a),
            ("answer_upward", a | {"cleared": True}),
            ("review", a | {"worked": review[0], "next_on": review[1]}),
            ("disclose", a | {"result": "甲"}),
            ("close", a),
            (
                "elsewhere",
                a | {"end": random.choice(("issue closed", "whistle rejected", "project closed", "effect failed"))},
            ),
            (
                "demand",
                a
                | {
                    "forum": forum,
                    "matter": random.choice(("OTHER", "OTHER", "HIRE_PROPERTY_COMPANY", "COLLECTIVE_INCOME")),
                    "base": random.choice(("ADULTS", "HOUSEHOLDS", "GROUPS", "REPRESENTATIVES", "OWNERS")),
                    "demanding": random.choice((1, 3, 6, 12, 20, 20)),
                    "entitled": entitled,
                },
            ),
        ]
        return random.choice(anything)

    def for_task(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        a = {"task": random.choice([*self.book.tasks, self.tasks + 5][-6:])}
        anything: list[tuple[str, dict[str, Any]]] = [
            ("report", a | {"note": self.likely()}),
            ("finish", a | {"finished": self.now + random.choice((-HOUR, -HOUR, HOUR))}),
            ("finish", a | {"finished": self.now}),
            ("excuse", a),
            ("assign", {"topic": random.choice((1, 2)), "due": self.soon(), "task": self.tasks}),
        ]
        return random.choice(anything)

    def for_assembly(self, number: int) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.topics.get(number)
        key = number, it.referrals if it else 0
        known = self.book.assemblies.get(key)
        starts = self.now + random.choice((1, 10, 15, 15, 16)) * DAY
        wanted = {None: "call", "CALLED": "announce", "NOTICED": "decide", "INQUORATE": "call"}.get(
            known.phase if known else None, "publish"
        )
        name = (
            wanted
            if self.likely(0.4 if wanted == "publish" else 0.85)
            else random.choice(("call", "announce", "decide", "publish"))
        )
        a: dict[str, Any] = {"topic": number}
        if name == "announce":
            return name, a | {"starts": starts}
        if name == "decide":
            due = [self.soon() for _ in range(random.randrange(3))]
            forum = known.forum if known and self.likely(0.9) else random.choice(RESIDENTIAL)
            counts = self.counts(forum)
            return name, a | {"counts": counts, "promises": due, "review": self.day(), "tasks": self.fresh(len(due))}
        return name, a

    def fresh(self, count: int) -> list[int]:
        return [self.tasks + number for number in range(count)]

    def counts(self, forum: str) -> dict[str, tuple[int, int, int]]:
        random = self.random
        bases = {
            "RESIDENTS": random.choice((("ADULTS",), ("HOUSEHOLDS",), ("ADULTS", "HOUSEHOLDS"))),
            "RESIDENT_REPRESENTATIVES": ("REPRESENTATIVES",),
            "OWNERS": random.choice((("OWNERS", "AREA"), ("OWNERS", "AREA"), ("OWNERS",))),
            "PROPERTY_COMMITTEE": ("COMMITTEE_MEMBERS", "COMMITTEE_OWNERS"),
        }[forum]
        found = {}
        for base in bases:
            entitled = random.choice((7, 9, 9, 6, 5)) if base.startswith("COMMITTEE") else random.choice((9, 30, 60))
            part = round(entitled * random.choice((0.4, 0.5, 2 / 3, 2 / 3, 0.9, 1)))
            agree = round(part * random.choice((0.3, 0.5, 0.6, 0.8, 1)))
            found[base] = entitled, part, agree + (random.random() < 0.03) * entitled
        return found

    def for_meeting(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.meeting
        if it is None or (it.phase in ("HELD", "CANCELLED") and self.likely(0.9)):
            return self.plan() if self.ready() or self.likely(0.2) else self.for_topic(random.choice(NUMBERS))
        steps = {"SCHEDULED": self.before_notice, "NOTICED": self.before_opening, "OPEN": self.at_the_table}
        if it.phase in steps and self.likely(0.8):
            return steps[it.phase]()
        return random.choice((self.before_notice, self.before_opening, self.at_the_table))()

    def ready(self) -> tuple[int, ...]:
        return tuple(
            number for number, topic in self.book.topics.items() if topic.phase == "ACCEPTED" and topic.background
        )

    def plan(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        topics = self.ready() if self.likely() else random.choice(((), (1,), (2, 1), (1, 1), (3,)))
        urgent, number = self.likely(0.3), (self.book.meeting.number if self.book.meeting else 0) + 1
        because = urgent if self.likely() else not urgent
        starts = self.now + random.choice((-HOUR, 3 * HOUR, 2 * DAY, 4 * DAY, 4 * DAY, 5 * DAY))
        return "plan", {
            "number": number, "starts": starts, "urgent": urgent, "because": because, "topics": topics,
            "form": self.likely(0.9), "recorder": self.likely(0.9),
        }  # fmt: skip

    def before_notice(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        participants = (
            (*self.book.filled, "member/1") if self.likely() else tuple(random.sample(PARTIES, random.randrange(4)))
        )
        it = self.book.meeting
        if it and it.starts < self.now + (2 * HOUR if it.urgent else 3 * DAY) and self.likely(0.4):
            return "postpone", {"starts": self.now + 4 * DAY}
        if self.likely(0.8):
            return "notice", {"participants": participants}
        return random.choice((("postpone", {"starts": self.soon(5)}), ("cancel", {}), self.agenda(), ("open", {})))

    def agenda(self) -> tuple[str, dict[str, Any]]:
        topics = list(self.book.meeting.topics) if self.book.meeting else []
        self.random.shuffle(topics)
        wanted = tuple(topics) if topics and self.likely() else self.random.choice(((1,), (1, 1), (2, 3)))
        return "agenda", {"topics": wanted}

    def before_opening(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.meeting
        everybody = (*self.book.filled, "member/1")
        person = random.choice((1, 1, 2))
        if it and it.phase == "NOTICED" and not it.applied and self.likely(0.15):
            return "join", {"applicant": person}
        if it and "OPEN" in it.applied.values() and self.likely(0.4):
            return "answer_join", {"applicant": person, "answer": random.choice(("ADMITTED", "DECLINED"))}
        if it and not set(self.book.filled) <= it.invited.keys() and self.likely(0.6):
            return "invite", {"parties": (*everybody, *random.sample(("unit/district-housing", "seat/4"), 1))}
        if it and it.phase == "NOTICED" and it.starts <= self.now and self.likely(0.8):
            here = (*everybody, "post/secretary", *(("post/recorder-1",) if it.recorder else ()))
            if not it.present and self.likely(0.3):
                return "check_in", {"party": random.choice(everybody), "right": True}
            if not set(here) <= it.present and self.likely(0.7):
                away = random.choice((None, None, None, *here))
                return "attend", {"present": tuple(one for one in here if one != away), "absent": ()}
            return "open", {}
        anything: list[tuple[str, dict[str, Any]]] = [
            ("invite", {"parties": tuple(random.sample(PARTIES, 2))}),
            ("reply", {"party": random.choice(PARTIES), "answer": random.choice(("ACCEPTED", "EXCUSED"))}),
            ("reply", {"party": random.choice(everybody), "answer": random.choice(("ACCEPTED", "EXCUSED"))}),
            ("join", {"applicant": person}),
            ("answer_join", {"applicant": person, "answer": random.choice(("ADMITTED", "DECLINED"))}),
            ("answer_join", {"applicant": 1, "answer": "ADMITTED"}),
            ("attend", {"present": tuple(random.sample(PARTIES, 2)), "absent": tuple(random.sample(PARTIES, 1))}),
            ("check_in", {"party": random.choice(PARTIES), "right": self.likely()}),
            ("open", {}),
            self.agenda(),
        ]
        if self.likely(0.05):
            return random.choice((("postpone", {"starts": self.soon(5)}), ("cancel", {})))
        return random.choice(anything)

    def at_the_table(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.meeting
        here = sorted(it.present) if it and it.present and self.likely() else list(PARTIES)
        who = random.choice(here)
        about = random.choice(it.topics) if it and it.topics and self.likely() else random.choice((1, 2))
        if it and not (it.problems or it.none) and self.likely(0.6):
            return ("problem", {"party": who}) if self.likely(0.7) else ("no_problem", {})
        if self.likely(0.4):
            return self.hold()
        if it and it.used and self.likely(0.3):
            card = random.choice(sorted(it.used))
            absent = ("attend", {"present": (), "absent": (card,)})
            return absent if card in it.present else ("check_in", {"party": card, "right": True})
        stance = random.choice(("SUPPORT", "SUPPORT", "SUPPORT", "SUPPORT", "ABSTAIN", "OPPOSE", "FORMAL_OBJECTION"))
        anything: list[tuple[str, dict[str, Any]]] = [
            ("position", {"party": who, "topic": about, "position": stance}),
            ("position", {"party": who, "topic": about, "position": stance}),
            ("speak", {"party": who, "topic": random.choice((None, about))}),
            ("attend", {"present": (), "absent": (who,)}),
            ("check_in", {"party": random.choice(PARTIES), "right": self.likely()}),
            ("problem", {"party": who}),
            ("no_problem", {}),
        ]
        return random.choice(anything)

    def hold(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.meeting
        topics = list(it.topics) if it and self.likely(0.92) else random.choice(([1], [1, 1], [2, 1], []))
        concluded = [(number, *self.conclusion(number)) for number in topics]
        due = sum(len(a["promises"]) for _, kind, a in concluded if kind in ("SETTLED", "AGREED"))
        return "hold", {"none": self.likely(0.7), "conclusions": concluded, "tasks": self.fresh(due)}

    def conclusion(self, number: int) -> tuple[str, dict[str, Any]]:
        random, topic = self.random, self.book.topics.get(number)
        kind = random.choice((*CONCLUSIONS, "DEFERRED"))
        if topic and topic.deferrals >= 2 and self.likely(0.6):
            kind = "REFERRED_TO_ASSEMBLY"
        matter = random.choice(("HIRE_PROPERTY_COMPANY", "OTHER", "OTHER", "COLLECTIVE_INCOME"))
        forums = (
            ("OWNERS",)
            if matter == "HIRE_PROPERTY_COMPANY" and self.likely()
            else (*RESIDENTIAL, "VILLAGER_REPRESENTATIVES")
        )
        return kind, {
            "promises": [self.soon() for _ in range(random.choice((0, 1, 1, 2)))],
            "review": self.day() if kind in ("SETTLED", "AGREED") else self.now.date() + random.choice((0, 3, 5)) * DAY,
            "forum": random.choice(forums),
            "matter": matter,
            "to": random.choice((*UNITS, "nobody", None)),
            "explained": self.likely(0.9),
            "lead": random.choice((*UNITS, *UNITS, "nobody", None)),
            "due": random.choice((self.soon(), self.soon(), None)),
            "tags": self.likely(),
            "common": random.choice(("HOTSPOT", "PEOPLE", "MEETING_FINDING")),
            "finding": self.likely(0.6),
        }


# ---------------------------------------------------------------------------------------------- side by side


def same_state(book: Book, real: Program) -> None:
    """What both know, of everything."""
    pairs: dict[str, tuple[Any, Any]] = {}
    for number, it in book.topics.items():
        state = real.topics[topic_id(number)]
        pairs[f"topic {number}"] = (
            (it.phase, it.scope, it.background, it.rounds, it.deferrals, it.referrals, it.forum, it.matter, it.reopened),
            (state.state, state.scope, state.background, state.rounds, state.deferrals, state.referrals, state.forum,
             state.matter, state.reopened),
        )  # fmt: skip
        pairs[f"topic {number}, later"] = (
            (it.review, it.review_said, it.disclose_by, it.disclosure_said, it.people),
            (state.review_on, state.review_due, state.disclose_by, state.disclosure_overdue, state.people),
        )
        held = state.meeting and next(n for n in real.meetings if derived("model meeting", n) == state.meeting)
        if it.phase in ("SCHEDULED", "ACCEPTED"):
            pairs[f"topic {number}, where"] = (it.meeting, held)
    if sitting_now := book.meeting:
        met = real.meetings[sitting_now.number]
        pairs["meeting"] = (
            (sitting_now.phase, sitting_now.starts, tuple(map(topic_id, sitting_now.topics)), sitting_now.problems,
             sitting_now.none, sitting_now.minutes_due, sitting_now.minutes_said),
            (met.state, met.starts_at, met.topics, met.problems, met.no_problems, met.minutes_due_at, met.minutes_overdue),
        )  # fmt: skip
        pairs["parties"] = (
            ({party(name): answer for name, answer in sitting_now.invited.items()}, {party(n) for n in sitting_now.present},
             {applicant(n): answer for n, answer in sitting_now.applied.items()}),
            ({name: str(invited.answer) for name, invited in met.invited.items()}, set(met.present),
             {id: str(answer) for id, answer in met.applicants.items()}),
        )  # fmt: skip
    for (number, referral), one in book.assemblies.items():
        kept = real.assemblies[assembly.assembly_id(topic_id(number), referral)]
        pairs[f"assembly {number}/{referral}"] = (
            (one.phase, one.forum, one.calls, one.publish_by, one.published, one.said),
            (kept.state, kept.forum, kept.calls, kept.publish_by, kept.published, kept.publication_overdue),
        )
    for number, task in book.tasks.items():
        done = real.tasks[real.numbers[number]]
        pairs[f"task {number}"] = (task.phase, task.due, task.said), (done.state, done.due_at, done.overdue)
    if wrong := [f"{name}: {model} is not {program}" for name, (model, program) in pairs.items() if model != program]:
        raise Disagreement("after it: " + "; ".join(wrong))


def live(beginning: int, steps: Sequence[int], seen: Counter[str]) -> None:
    """One community's life. Raises `Disagreement`."""
    random = Random(beginning)
    now, tasks = random.choice(BEGINNINGS), 1
    book, real = (Book("seat/3"), Program(WITH_COMPANY)) if random.random() < 0.3 else (Book(), Program(PLATFORM))
    for index, step in enumerate(steps, 1):
        chance = Random(step)
        met = book.meeting
        jumps = [timedelta(0)] * 6 + [HOUR, 5 * HOUR, DAY, 4 * DAY]
        if met and met.phase == "NOTICED" and met.starts > now and len(met.invited) > 3 and chance.random() < 0.5:
            jumps = [met.starts - now]
        elif chance.random() < 0.3 and (
            waits := [one.starts for one in book.assemblies.values() if one.phase == "NOTICED"]
        ):
            jumps = [max(timedelta(0), min(at for at in waits if at) - now)]
        now += chance.choice(jumps)
        when = f"step {index}, {now:%Y-%m-%d %H:%M}"
        compared(f"{when} timers", lambda: book.due(now), lambda: real.due(now), seen, Refused)  # noqa: B023
        name, asked = Wish(chance, book, now, tasks).next()
        compared(
            f"{when} {name} {asked}",
            lambda: book.do(name, now, **asked),  # noqa: B023
            lambda: real.do(name, now, **asked),  # noqa: B023
            seen,
            Refused,
        )
        tasks = max([*book.tasks, tasks]) + 1
        same_state(book, real)


def test_the_program_says_what_the_rule_book_says_and_every_fact_is_seen() -> None:
    seen = wander(live, LONGEST, SEED, STEPS)
    refused = seen.pop("refused")
    print(f"seed {SEED}: {STEPS} steps, {refused} refusals, {seen.total()} facts: {dict(sorted(seen.items()))}")
    assert FACTS - ELSEWHERE - seen.keys() == set()
    assert refused > STEPS / 10


def test_a_wrong_rule_is_found_and_the_way_to_it_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wanderer can fail: a notice that is never too short."""
    publish = notice.publish_notice

    def whenever(before: meeting.Meeting, asked: ask.PublishNotice, **rules: Any) -> list[Any]:
        return publish(before, asked, **rules | {"now": rules["now"] - 9 * DAY})

    monkeypatch.setattr(notice, "publish_notice", whenever)
    with pytest.raises(pytest.fail.Exception, match=r"shortest: live\(\d+, \[(\d+(, )?){1,12}\]"):
        wander(live, LONGEST, SEED, STEPS)
