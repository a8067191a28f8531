"""A second, plain telling of deliberation: written from the tables of the rule book, not from the program.

It shares no code with the program: its own words, its own arithmetic. A command is a name with plain arguments; the book
answers which facts follow, in order, or which reasons refuse it. One residential community whose seats 1, 4 and 5 are
filled, and in some lives seat 3; three topics, one meeting after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.unit.intake.model import BEIJING, DAY, HOUR, Days, later, refuse

FILLED, VACANT = ("seat/1", "seat/4", "seat/5"), ("seat/2", "seat/3")
UNITS = ("district-housing", "town-community-office")
DECIDED = ("IMPLEMENTING", "DISCLOSED", "CLOSED")
RESIDENTIAL = ("RESIDENTS", "RESIDENT_REPRESENTATIVES", "OWNERS", "PROPERTY_COMMITTEE")
GIVEN = {"HIRE_PROPERTY_COMPANY": ("OWNERS",), "COLLECTIVE_INCOME": (), "OTHER": RESIDENTIAL}
"""Which forums of a residential community decide what; the last matter is none that the law gives to them."""
NOTICE_DAYS = {"OWNERS": 15, "VILLAGERS": 10}
PUBLISHED_IN = {"OWNERS": 3, "PROPERTY_COMMITTEE": 3}
DEMANDS = {
    ("VILLAGERS", "ADULTS"): 10,
    ("VILLAGERS", "REPRESENTATIVES"): 3,
    ("VILLAGER_REPRESENTATIVES", "REPRESENTATIVES"): 5,
    ("RESIDENTS", "ADULTS"): 5,
    ("RESIDENTS", "HOUSEHOLDS"): 5,
    ("RESIDENTS", "GROUPS"): 3,
    ("RESIDENT_REPRESENTATIVES", "REPRESENTATIVES"): 5,
    ("OWNERS", "OWNERS"): 5,
}
"""One in so many may demand it."""
Counts = dict[str, tuple[int, int, int]]
"""base → entitled, taking part, agreeing."""


@dataclass
class Topic:
    phase: str = "PROPOSED"
    scope: str | None = None
    hot: bool = False
    people: int | None = None
    background: bool = False
    meeting: int | None = None
    rounds: int = 0
    deferrals: int = 0
    forum: str | None = None
    matter: str | None = None
    referrals: int = 0
    review: date | None = None
    review_said: bool = False
    result: str | None = None
    into: int | None = None
    reopened: int = 0
    disclose_by: datetime | None = None
    disclosure_said: bool = False


@dataclass
class Meeting:
    number: int
    starts: datetime
    urgent: bool
    topics: tuple[int, ...]
    form: bool
    recorder: bool
    phase: str = "SCHEDULED"
    invited: dict[str, str] = field(default_factory=dict)
    applied: dict[int, str] = field(default_factory=dict)
    there: dict[str, bool] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    problems: int = 0
    none: bool = False
    positions: dict[tuple[int, str], str] = field(default_factory=dict)
    minutes_due: datetime | None = None
    minutes_said: bool = False
    until: datetime | None = None

    @property
    def present(self) -> set[str]:
        return {party for party, there in self.there.items() if there}

    def belongs(self, party: str) -> bool:
        if party.startswith("guest/"):
            return self.applied.get(int(party[6:])) == "ADMITTED"
        return party in self.invited or party in ("post/secretary", *(("post/recorder-1",) if self.recorder else ()))


@dataclass
class Assembly:
    topic: int
    forum: str
    matter: str
    phase: str = "CALLED"
    calls: int = 1
    starts: datetime | None = None
    publish_by: datetime | None = None
    published: bool = False
    said: bool = False


@dataclass
class Task:
    topic: int
    due: datetime
    phase: str = "ASSIGNED"
    said: bool = False


def _turnout(base: str, counts: Counts, least: tuple[int, int], strictly: bool) -> bool:
    entitled, part, _ = counts[base]
    return part * least[1] > entitled * least[0] if strictly else part * least[1] >= entitled * least[0]


def vote(forum: str, counts: Counts) -> str:
    """MISSING, INQUORATE, ADOPTED or REJECTED."""
    half, most = (1, 2), (2, 3)
    heads = {
        "RESIDENTS": [("ADULTS", half, True), ("HOUSEHOLDS", half, True), ("GROUP_REPRESENTATIVES", half, True)],
        "RESIDENT_REPRESENTATIVES": [("REPRESENTATIVES", most, False)],
    }
    if forum in heads:
        ways = [way for way in heads[forum] if way[0] in counts]
        if not ways:
            return "MISSING"
        base = next((way[0] for way in ways if _turnout(way[0], counts, way[1], way[2])), None)
        if base is None:
            return "INQUORATE"
        return "ADOPTED" if counts[base][2] * 2 > counts[base][1] else "REJECTED"
    both = ("AREA", "OWNERS") if forum == "OWNERS" else ("COMMITTEE_MEMBERS", "COMMITTEE_OWNERS")
    if any(base not in counts for base in both):
        return "MISSING"
    if forum == "OWNERS":
        if not all(_turnout(base, counts, most, False) for base in both):
            return "INQUORATE"
        return "ADOPTED" if all(counts[base][2] * 2 > counts[base][1] for base in both) else "REJECTED"
    if not all(_turnout(base, counts, half, True) for base in both):
        return "INQUORATE"
    entitled, _, agreeing = counts["COMMITTEE_MEMBERS"]
    return "ADOPTED" if agreeing * 2 > entitled else "REJECTED"


class Book:
    """What the rule book says of one community."""

    def __init__(self, *more: str) -> None:
        self.filled = tuple(sorted((*FILLED, *more)))
        self.days = Days()
        self.topics: dict[int, Topic] = {}
        self.meeting: Meeting | None = None
        self.assemblies: dict[tuple[int, int], Assembly] = {}
        self.tasks: dict[int, Task] = {}

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        command: Callable[..., list[str]] = getattr(self, name)
        return command(now, **asked)

    def of(self, topic: int) -> Topic:
        refuse(topic not in self.topics and "not_found")
        return self.topics[topic]

    def open_tasks(self, topic: int) -> bool:
        return any(task.phase == "ASSIGNED" for task in self.tasks.values() if task.topic == topic)

    # -- topics

    def propose(self, now: datetime, topic: int, hot: bool, people: int | None) -> list[str]:
        if topic in self.topics:
            return []
        self.topics[topic] = Topic(hot=hot, people=8 if hot else people)
        return ["TopicProposed"]

    def accept(self, now: datetime, topic: int, scope: str) -> list[str]:
        it = self.of(topic)
        if (it.phase, it.scope) == ("ACCEPTED", scope):
            return []
        refuse(it.phase != "PROPOSED" and "wrong_state")
        it.phase, it.scope = "ACCEPTED", scope
        return ["TopicAccepted"]

    def reject(self, now: datetime, topic: int) -> list[str]:
        it = self.of(topic)
        if it.phase == "REJECTED":
            return []
        refuse(it.phase != "PROPOSED" and "wrong_state")
        it.phase = "REJECTED"
        return ["TopicRejected"]

    def merge(self, now: datetime, topic: int, into: int) -> list[str]:
        it, other = self.of(topic), self.topics.get(into)
        if it.phase == "MERGED" and it.into == into:
            return []
        refuse(
            it.phase != "ACCEPTED" and "wrong_state",
            topic == into and "same_topic",
            other is None and "target_not_found",
            other is not None and other.phase not in ("ACCEPTED", "SCHEDULED") and "target_not_open",
        )
        assert other is not None
        it.phase, it.into = "MERGED", into
        other.hot = other.hot or it.hot
        other.people = max((n for n in (it.people, other.people) if n is not None), default=None)
        return ["TopicsMerged", "TopicEnlarged"]

    def background(self, now: datetime, topic: int) -> list[str]:
        it = self.of(topic)
        refuse(it.phase not in ("ACCEPTED", "SCHEDULED") and "wrong_state")
        it.background = True
        return ["BackgroundDistributed"]

    def answer_upward(self, now: datetime, topic: int, cleared: bool) -> list[str]:
        it = self.of(topic)
        refuse(it.phase != "REPORTED" and "wrong_state")
        it.phase, it.review, it.review_said = "IMPLEMENTING" if cleared else "ACCEPTED", None, False
        return ["UpwardAnswered"]

    def review(self, now: datetime, topic: int, worked: bool | None, next_on: date | None) -> list[str]:
        it = self.of(topic)
        waiting = it.phase == "REPORTED"
        refuse(
            not waiting and it.phase not in DECIDED and "wrong_state",
            not waiting and worked is None and "outcome_missing",
            waiting and worked is not None and "not_answered",
            waiting and next_on is None and "next_review_missing",
            worked is False and next_on is not None and "nothing_to_review",
            next_on is not None and next_on <= now.astimezone(BEIJING).date() and "review_in_the_past",
        )
        it.review, it.review_said = next_on, False
        if worked is False:
            return ["TopicReviewed", *self._reopen(it)]
        return ["TopicReviewed"]

    def _reopen(self, it: Topic) -> list[str]:
        it.phase, it.background, it.rounds, it.deferrals = "ACCEPTED", False, 0, 0
        it.forum = it.matter = it.review = it.disclose_by = None
        it.review_said = it.disclosure_said = False
        it.reopened += 1
        return ["TopicReopened"]

    def demand(
        self, now: datetime, topic: int, forum: str, matter: str, base: str, demanding: int, entitled: int
    ) -> list[str]:
        it = self.of(topic)
        one_in = DEMANDS.get((forum, base))
        refuse(
            it.phase != "ACCEPTED" and "wrong_state",
            forum not in GIVEN[matter] and "wrong_forum",
            forum == "VILLAGER_REPRESENTATIVES" and "not_authorised",
            one_in is None and "wrong_base",
            demanding > entitled and "counts_inconsistent",
            one_in is not None and demanding * one_in < entitled and "demand_too_small",
        )
        it.phase, it.forum, it.matter = "AT_ASSEMBLY", forum, matter
        it.referrals += 1
        return ["AssemblyDemanded"]

    def disclose(self, now: datetime, topic: int, result: str) -> list[str]:
        it = self.of(topic)
        if (it.phase, it.result) == ("DISCLOSED", result):
            return []
        refuse(it.phase != "IMPLEMENTING" and "wrong_state", self.open_tasks(topic) and "undertakings_open")
        it.phase, it.result = "DISCLOSED", result
        return ["TopicDisclosed"]

    def close(self, now: datetime, topic: int) -> list[str]:
        it = self.of(topic)
        if it.phase == "CLOSED":
            return []
        refuse(it.phase != "DISCLOSED" and "not_disclosed", self.open_tasks(topic) and "undertakings_open")
        it.phase = "CLOSED"
        return ["TopicClosed"]

    def elsewhere(self, now: datetime, topic: int, end: str) -> list[str]:
        """Another service's last word: nobody is refused."""
        it = self.topics.get(topic)
        if it is None:
            return []
        match end:
            case "issue closed" if it.phase == "ESCALATED":
                it.phase, it.review, it.review_said = "IMPLEMENTING", None, False
                return ["TopicImplementing"]
            case "project closed" if it.phase == "POOLED":
                it.phase, it.review, it.review_said = "IMPLEMENTING", None, False
                return ["TopicImplementing"]
            case "whistle rejected" if it.phase == "ESCALATED":
                return self._reopen(it)
            case "project cancelled" if it.phase == "POOLED":
                return self._reopen(it)
            case "effect failed" if it.phase in DECIDED:
                return self._reopen(it)
        return []

    # -- before the meeting

    def plan(
        self, now: datetime, number: int, starts: datetime, urgent: bool, because: bool, topics: tuple[int, ...],
        form: bool, recorder: bool,
    ) -> list[str]:  # fmt: skip
        refuse(
            starts <= now and "starts_in_the_past",
            len(set(topics)) < len(topics) and "topic_twice",
            urgent and not because and "urgent_reason_missing",
            because and not urgent and "not_urgent",
        )
        self.meeting = Meeting(number, starts, urgent, topics, form, recorder)
        return ["MeetingScheduled"]

    def _met(self, *phases: str) -> Meeting:
        refuse(self.meeting is None and "not_found")
        assert self.meeting is not None
        return self.meeting

    def _stranger(self, party: str) -> str | None:
        if party.startswith("seat/"):
            return None if party in self.filled else "seat_vacant"
        if party.startswith("member/"):
            return None if party == "member/1" else "member_unknown"
        return None if party.startswith("unit/") else "not_invitable"

    def notice(self, now: datetime, participants: tuple[str, ...]) -> list[str]:
        it = self._met()
        enough = 2 * HOUR if it.urgent else 3 * DAY
        refuse(
            it.phase != "SCHEDULED" and "wrong_state",
            not it.topics and "notice_item_missing",
            not participants and "notice_item_missing",
            not it.form and "notice_item_missing",
            it.starts < now + enough and "notice_too_short",
            *(
                "topic_unknown" if topic not in self.topics else "topic_not_accepted"
                for topic in it.topics
                if topic not in self.topics or self.topics[topic].phase != "ACCEPTED"
            ),
            *(self._stranger(party) for party in participants),
        )
        it.phase, it.until = "NOTICED", it.starts
        for topic in it.topics:
            self.topics[topic].phase, self.topics[topic].meeting = "SCHEDULED", it.number
        return ["NoticePublished", *["TopicScheduled"] * len(it.topics)]

    def agenda(self, now: datetime, topics: tuple[int, ...]) -> list[str]:
        it = self._met()
        if it.topics == topics:
            return []
        refuse(
            it.phase not in ("SCHEDULED", "NOTICED") and "wrong_state",
            len(set(topics)) < len(topics) and "topic_twice",
            set(topics) != set(it.topics) and "agenda_differs",
        )
        it.topics = topics
        return ["AgendaOrdered"]

    def invite(self, now: datetime, parties: tuple[str, ...]) -> list[str]:
        it = self._met()
        refuse(it.phase != "NOTICED" and "wrong_state", *(self._stranger(party) for party in parties))
        fresh = [party for party in dict.fromkeys(parties) if party not in it.invited]
        it.invited |= dict.fromkeys(fresh, "NONE")
        return ["MeetingInvited"] * len(fresh)

    def reply(self, now: datetime, party: str, answer: str) -> list[str]:
        it = self._met()
        if it.invited.get(party) == answer:
            return []
        refuse(it.phase != "NOTICED" and "wrong_state", party not in it.invited and "not_invited")
        it.invited[party] = answer
        return ["InvitationAccepted" if answer == "ACCEPTED" else "InvitationExcused"]

    def join(self, now: datetime, applicant: int) -> list[str]:
        it = self._met()
        if applicant in it.applied:
            return []
        refuse(it.phase != "NOTICED" and "wrong_state", it.until is not None and now >= it.until and "notice_over")
        it.applied[applicant] = "OPEN"
        return ["JoinRequested"]

    def answer_join(self, now: datetime, applicant: int, answer: str) -> list[str]:
        it = self._met()
        if it.applied.get(applicant) == answer:
            return []
        refuse(
            it.phase not in ("SCHEDULED", "NOTICED") and "wrong_state",
            applicant not in it.applied and "applicant_unknown",
            it.applied.get(applicant, "OPEN") != "OPEN" and "already_answered",
        )
        it.applied[applicant] = answer
        return ["JoinAdmitted" if answer == "ADMITTED" else "JoinDeclined"]

    def postpone(self, now: datetime, starts: datetime) -> list[str]:
        it = self._met()
        refuse(it.phase not in ("SCHEDULED", "NOTICED") and "wrong_state", starts <= now and "starts_in_the_past")
        it.phase, it.starts, it.invited, it.there, it.used = "SCHEDULED", starts, {}, {}, set()
        it.until = None
        return ["MeetingPostponed", *self._released(it)]

    def cancel(self, now: datetime) -> list[str]:
        it = self._met()
        if it.phase == "CANCELLED":
            return []
        refuse(it.phase not in ("SCHEDULED", "NOTICED") and "wrong_state")
        waiting = [applicant for applicant, answer in it.applied.items() if answer == "OPEN"]
        it.phase = "CANCELLED"
        it.applied |= dict.fromkeys(waiting, "DECLINED")
        return [*["JoinDeclined"] * len(waiting), "MeetingCancelled", *self._released(it)]

    def _released(self, it: Meeting) -> list[str]:
        facts = []
        for number in it.topics:
            topic = self.topics.get(number)
            if topic and topic.phase == "SCHEDULED" and topic.meeting == it.number:
                topic.phase, topic.meeting = "ACCEPTED", None
                facts.append("TopicUnscheduled")
        return facts

    # -- the meeting

    def attend(self, now: datetime, present: tuple[str, ...], absent: tuple[str, ...]) -> list[str]:
        it = self._met()
        refuse(
            it.phase not in ("NOTICED", "OPEN") and "wrong_state",
            *("not_taking_part" for party in (*present, *absent) if not it.belongs(party)),
            bool(set(present) & set(absent)) and "present_and_absent",
        )
        wanted = dict.fromkeys(present, True) | dict.fromkeys(absent, False)
        changed = {party: there for party, there in wanted.items() if it.there.get(party) is not there}
        it.there |= changed
        return ["AttendanceRecorded"] * len(changed)

    def check_in(self, now: datetime, party: str, right: bool) -> list[str]:
        it = self._met()
        refuse(
            it.phase not in ("NOTICED", "OPEN") and "wrong_state",
            not it.belongs(party) and "not_taking_part",
            not right and "wrong_code",
            it.starts > now + 2 * HOUR and "too_early",
            party in it.used and party not in it.present and "code_used",
        )
        if party in it.present:
            return []
        it.there[party] = True
        it.used.add(party)
        return ["AttendanceRecorded"]

    def open(self, now: datetime) -> list[str]:
        it = self._met()
        refuse(it.phase not in ("SCHEDULED", "NOTICED") and "wrong_state")
        here = it.present
        refuse(
            it.phase == "SCHEDULED" and "notice_missing",
            it.phase == "NOTICED" and now < it.starts and "notice_period_not_over",
            *(
                "background_missing"
                for topic in it.topics
                if topic in self.topics and not self.topics[topic].background
            ),
            *("seat_not_invited" for seat in self.filled if seat not in it.invited),
            "OPEN" in it.applied.values() and "application_unanswered",
            not it.recorder and "recorder_missing",
            "post/secretary" not in here and "convener_absent",
            it.recorder and "post/recorder-1" not in here and "recorder_absent",
            "seat/1" not in here and "two_committees_absent",
            len(here & set(self.filled)) * 2 <= len(self.filled) and "seats_short",
            "member/1" not in here and "members_short",
        )
        it.phase = "OPEN"
        for number in it.topics:
            self.topics[number].phase = "IN_DELIBERATION"
            self.topics[number].rounds += 1
        return ["MeetingOpened", *["TopicOpened"] * len(it.topics)]

    def problem(self, now: datetime, party: str) -> list[str]:
        it = self._met()
        refuse(it.phase != "OPEN" and "wrong_state", party not in it.present and "not_present")
        it.problems += 1
        return ["ProblemRaised"]

    def no_problem(self, now: datetime) -> list[str]:
        it = self._met()
        if it.none:
            return []
        refuse(it.phase != "OPEN" and "wrong_state", it.problems > 0 and "problems_raised")
        it.none = True
        return ["NoProblemRaised"]

    def speak(self, now: datetime, party: str, topic: int | None) -> list[str]:
        it = self._met()
        refuse(
            it.phase != "OPEN" and "wrong_state",
            topic is not None and not (it.problems or it.none) and "problems_not_exchanged",
            party not in it.present and "not_present",
            topic is not None and topic not in it.topics and "topic_not_on_notice",
        )
        return ["StatementRecorded"]

    def position(self, now: datetime, party: str, topic: int, position: str) -> list[str]:
        it = self._met()
        if it.positions.get((topic, party)) == position:
            return []
        refuse(
            it.phase != "OPEN" and "wrong_state",
            not (it.problems or it.none) and "problems_not_exchanged",
            party not in it.present and "not_present",
            topic not in it.topics and "topic_not_on_notice",
            party.startswith("post/") and "post_has_no_position",
        )
        it.positions[topic, party] = position
        return ["PositionRecorded"]

    def counted(self, it: Meeting, topic: int) -> tuple[int, int, int, bool]:
        """Support, against, all, and whether a seat objects formally."""
        said = [
            (party, position)
            for (about, party), position in it.positions.items()
            if about == topic and party.startswith(("seat/", "member/"))
        ]
        against = sum(position in ("OPPOSE", "FORMAL_OBJECTION") for _, position in said)
        objects = any(party.startswith("seat/") and position == "FORMAL_OBJECTION" for party, position in said)
        return sum(position == "SUPPORT" for _, position in said), against, len(said), objects

    def against(self, now: datetime, it: Meeting, number: int, kind: str, a: dict[str, Any]) -> list[str | bool]:
        topic, today = self.topics[number], now.astimezone(BEIJING).date()
        support, against, all_, objects = self.counted(it, number)
        forced = topic.deferrals >= 2 or objects or (against > 0 and against * 3 >= all_)
        found: list[str | bool] = [forced and kind != "REFERRED_TO_ASSEMBLY" and "assembly_needed"]
        match kind:
            case "SETTLED" | "AGREED":
                found += [not a["promises"] and "promises_missing", all_ > 0 and support * 2 <= all_ and "no_majority"]
                found += [due <= now and "due_in_the_past" for due in a["promises"]]
                found += [a["review"] is not None and a["review"] <= today and "review_in_the_past"]
            case "REFERRED_TO_ASSEMBLY":
                found += [a["matter"] == "OTHER" and not forced and "assembly_not_open"]
                found += [a["forum"] not in GIVEN[a["matter"]] and "wrong_forum"]
                found += [a["forum"] == "VILLAGER_REPRESENTATIVES" and "not_authorised"]
            case "REPORTED_UPWARD":
                found += [a["to"] is None and "report_missing", not a["explained"] and "explanation_missing"]
                found += [a["to"] is not None and a["to"] not in UNITS and "unknown_unit"]
                found += [a["review"] <= today and "review_in_the_past"]
            case "NEEDS_DEPARTMENTS":
                found += [a["lead"] is None and "lead_missing", a["due"] is None and "due_missing"]
                found += [a["lead"] is not None and a["lead"] not in UNITS and "unknown_unit"]
                found += [a["due"] is not None and a["due"] <= now and "due_in_the_past"]
            case "NEEDS_PROJECT":
                common = {
                    "HOTSPOT": topic.hot,
                    "PEOPLE": topic.people is not None and topic.people >= 3,
                    "MEETING_FINDING": a["finding"],
                }
                found += [not a["tags"] and "tags_missing", not common[a["common"]] and "not_common"]
        return found

    def hold(
        self, now: datetime, none: bool, conclusions: list[tuple[int, str, dict[str, Any]]], tasks: list[int]
    ) -> list[str]:
        it = self._met()
        refuse(it.phase != "OPEN" and "wrong_state")
        named = [number for number, _, _ in conclusions]
        exchanged = bool(it.problems or it.none)
        refuse(
            not exchanged and not none and "problems_not_exchanged",
            *("conclusion_missing" for number in it.topics if number not in named),
            *("concluded_twice" for n, number in enumerate(named) if number in named[:n]),
            *("topic_not_on_notice" for number in named if number not in it.topics),
            *(
                reason
                for number, kind, a in conclusions
                if number in it.topics
                for reason in self.against(now, it, number, kind, a)
            ),
        )
        facts = [] if exchanged else ["NoProblemRaised"]
        it.none = it.none or not exchanged
        facts += [
            "AbsenceUnexcused"
            for party, answer in it.invited.items()
            if (party in self.filled or party.startswith("unit/")) and party not in it.present and answer != "EXCUSED"
        ]
        it.phase, it.minutes_due = "HELD", later(now, "3WD", self.days)
        facts.append("MeetingHeld")
        left = iter(tasks)
        for number, kind, a in conclusions:
            facts += self._concluded(self.topics[number], kind, a)
            if kind in ("SETTLED", "AGREED"):
                facts += self._assigned(number, a["promises"], left)
        return facts

    def _concluded(self, topic: Topic, kind: str, a: dict[str, Any]) -> list[str]:
        topic.meeting = None
        match kind:
            case "SETTLED" | "AGREED":
                topic.phase, topic.review, topic.review_said = "IMPLEMENTING", a["review"], False
                return ["TopicSettled" if kind == "SETTLED" else "TopicAgreed"]
            case "REFERRED_TO_ASSEMBLY":
                topic.phase, topic.forum, topic.matter = "AT_ASSEMBLY", a["forum"], a["matter"]
                topic.referrals += 1
                return ["TopicReferredToAssembly"]
            case "REPORTED_UPWARD":
                topic.phase, topic.review, topic.review_said = "REPORTED", a["review"], False
                return ["TopicReportedUpward"]
            case "NEEDS_DEPARTMENTS":
                topic.phase = "ESCALATED"
                return ["TopicNeedsDepartments"]
            case "NEEDS_PROJECT":
                topic.phase = "POOLED"
                return ["TopicNeedsProject"]
        topic.phase = "ACCEPTED"
        topic.deferrals += 1
        return ["TopicDeferred"]

    def _assigned(self, number: int, promises: list[datetime], ids: Any) -> list[str]:
        for due in promises:
            self.tasks[next(ids)] = Task(number, due)
        return ["UndertakingAssigned"] * len(promises)

    # -- assemblies and undertakings

    def call(self, now: datetime, topic: int) -> list[str]:
        known = self.topics.get(topic)
        key = topic, known.referrals if known else 0
        it = self.assemblies.get(key)
        if it and it.phase in ("CALLED", "NOTICED"):
            return []
        refuse(known is None and "not_found")
        assert known is not None
        refuse(
            known.phase != "AT_ASSEMBLY" and "wrong_state",
            it is not None and it.phase != "INQUORATE" and "already_decided",
        )
        assert known.forum and known.matter
        calls = it.calls + 1 if it else 1
        self.assemblies[key] = Assembly(topic, known.forum, known.matter, calls=calls)
        return ["AssemblyCalled"]

    def _called(self, topic: int) -> Assembly:
        known = self.topics.get(topic)
        it = self.assemblies.get((topic, known.referrals if known else 0))
        refuse(it is None and "not_found")
        assert it is not None
        return it

    def announce(self, now: datetime, topic: int, starts: datetime) -> list[str]:
        it = self._called(topic)
        refuse(
            it.phase not in ("CALLED", "NOTICED") and "wrong_state",
            starts <= now and "starts_in_the_past",
            starts < now + timedelta(days=NOTICE_DAYS.get(it.forum, 0)) and "notice_too_short",
        )
        it.phase, it.starts = "NOTICED", starts
        return ["AssemblyNoticed"]

    def decide(
        self, now: datetime, topic: int, counts: Counts, promises: list[datetime], review: date | None, tasks: list[int]
    ) -> list[str]:
        it = self._called(topic)
        refuse(it.phase != "NOTICED" and "wrong_state")
        assert it.starts is not None
        outcome = vote(it.forum, counts)
        refuse(
            not it.starts <= now and "wrong_time",
            outcome == "MISSING" and "counts_missing",
            *("counts_inconsistent" for all_, part, agree in counts.values() if not agree <= part <= all_),
            *(due <= now and "due_in_the_past" for due in promises),
            review is not None and review <= now.astimezone(BEIJING).date() and "review_in_the_past",
            *self._committee(it.forum, counts),
        )
        if outcome == "INQUORATE":
            it.phase = "INQUORATE"
            return ["AssemblyInquorate"]
        it.phase, days = outcome, PUBLISHED_IN.get(it.forum)
        it.publish_by = now + timedelta(days=days) if days else None
        known = self.topics[topic]
        if known.phase != "AT_ASSEMBLY":
            raise AssertionError("its assembly waits for nothing")
        if outcome == "REJECTED":
            return ["AssemblyDecided", *self._reopen(known)]
        known.phase, known.review, known.review_said = "IMPLEMENTING", review, False
        return ["AssemblyDecided", "TopicImplementing", *self._assigned(topic, promises, iter(tasks))]

    def _committee(self, forum: str, counts: Counts) -> list[str | bool]:
        if forum != "PROPERTY_COMMITTEE" or not {"COMMITTEE_MEMBERS", "COMMITTEE_OWNERS"} <= counts.keys():
            return []
        (members, there, _), (owners, owners_there, _) = counts["COMMITTEE_MEMBERS"], counts["COMMITTEE_OWNERS"]
        return [
            members < 7 and "committee_too_small",
            members % 2 == 0 and "committee_even",
            owners * 2 < members and "committee_owners_short",
            (owners > members or owners_there > there) and "counts_inconsistent",
        ]

    def publish(self, now: datetime, topic: int) -> list[str]:
        it = self._called(topic)
        if it.published:
            return []
        refuse(it.phase not in ("ADOPTED", "REJECTED") and "wrong_state")
        it.published = True
        return ["AssemblyPublished"]

    def assign(self, now: datetime, topic: int, due: datetime, task: int) -> list[str]:
        it = self.of(topic)
        refuse(it.phase != "IMPLEMENTING" and "wrong_state")
        refuse(due <= now and "due_in_the_past")
        self.tasks[task] = Task(topic, due)
        return ["UndertakingAssigned"]

    def report(self, now: datetime, task: int, note: bool) -> list[str]:
        refuse(task not in self.tasks and "not_found")
        refuse(self.tasks[task].phase != "ASSIGNED" and "undertaking_ended", not note and "empty_report")
        return ["UndertakingReported"]

    def finish(self, now: datetime, task: int, finished: datetime) -> list[str]:
        return self._ended(now, task, "DONE", finished > now and "finished_in_the_future")

    def excuse(self, now: datetime, task: int) -> list[str]:
        return self._ended(now, task, "EXCUSED", False)

    def _ended(self, now: datetime, task: int, phase: str, wrong: str | bool) -> list[str]:
        refuse(task not in self.tasks and "not_found")
        it = self.tasks[task]
        if it.phase == phase:
            return []
        refuse(it.phase != "ASSIGNED" and "undertaking_ended", wrong)
        it.phase = phase
        facts = ["UndertakingDone" if phase == "DONE" else "UndertakingExcused"]
        topic = self.topics[it.topic]
        if topic.phase == "IMPLEMENTING" and not self.open_tasks(it.topic):
            topic.disclose_by, topic.disclosure_said = later(now, "5WD", self.days), False
            facts.append("TopicCarriedOut")
        return facts

    # -- time

    def due(self, now: datetime) -> list[tuple[datetime, str]]:
        """What is to be said because its time has come, with the moment; said once each."""
        found: list[tuple[datetime, str]] = []
        for number, topic in self.topics.items():
            if topic.review and not topic.review_said and topic.phase in ("REPORTED", *DECIDED):
                at = datetime(topic.review.year, topic.review.month, topic.review.day, tzinfo=BEIJING)
                if at <= now:
                    topic.review_said = True
                    found.append((at, "UpwardReviewDue" if topic.phase == "REPORTED" else "TopicReviewDue"))
            late = topic.phase == "IMPLEMENTING" and topic.disclose_by is not None and topic.disclose_by <= now
            if late and not topic.disclosure_said and not self.open_tasks(number):
                assert topic.disclose_by is not None
                topic.disclosure_said = True
                found.append((topic.disclose_by, "TopicDisclosureOverdue"))
        it = self.meeting
        if it and it.phase == "HELD" and it.minutes_due and it.minutes_due <= now and not it.minutes_said:
            it.minutes_said = True
            found.append((it.minutes_due, "MinutesOverdue"))
        for assembly in self.assemblies.values():
            by = assembly.publish_by
            if by and by <= now and not assembly.published and not assembly.said:
                assembly.said = True
                found.append((by, "AssemblyPublicationOverdue"))
        for task in self.tasks.values():
            if task.phase == "ASSIGNED" and task.due <= now and not task.said:
                task.said = True
                found.append((task.due, "UndertakingOverdue"))
        return sorted(found)
