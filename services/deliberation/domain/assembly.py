"""提交会议决定: an assembly that decides one topic, by the rules of its forum and date."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.deliberation.domain.asked import DecideAssembly, NoticeAssembly, PublishDecision
from services.deliberation.domain.assembly_law import COMMITTEE_MEMBERS, ForumRules, rules_on
from services.deliberation.domain.concluding import review_in_the_past
from services.deliberation.domain.topic import Topic, TopicState, not_in, proposed
from services.deliberation.domain.undertaking import unfit_promises
from shared.events.base import derived, ref, ref_id
from shared.events.deliberation import (
    AssemblyCalled,
    AssemblyDecided,
    AssemblyFact,
    AssemblyForum,
    AssemblyInquorate,
    AssemblyMatter,
    AssemblyNoticed,
    AssemblyPublicationOverdue,
    AssemblyPublished,
    Count,
    CountBase,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.deadline import Watch
from shared.rules.township import SHANGHAI, Town


class AssemblyState(StrEnum):
    """会议决定状态."""

    CALLED = "CALLED"
    NOTICED = "NOTICED"
    INQUORATE = "INQUORATE"
    ADOPTED = "ADOPTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Assembly:
    """村（居）民会议、代表会议、业主大会. `calls`: how often it was called for this topic."""

    state: AssemblyState
    topic: UUID
    community: str
    public_title: str
    forum: AssemblyForum
    matter: AssemblyMatter
    authorised: bool
    calls: int
    legal_check_due: bool
    starts_at: datetime | None = None
    venue: str | None = None
    held_at: datetime | None = None
    publish_by: datetime | None = None
    published: bool = False
    publication_overdue: bool = False
    shown_until: datetime | None = None


def assembly_id(topic: UUID, referral: int) -> UUID:
    """The id of the assembly that follows from the `referral`-th referral of a topic."""
    return derived("assembly", topic, referral)


def evolve(before: Assembly | None, fact: AssemblyFact) -> Assembly:
    """The assembly after a fact."""
    match fact:
        case AssemblyCalled():
            return Assembly(
                state=AssemblyState.CALLED,
                topic=ref_id(fact.topic),
                community=fact.community,
                public_title=fact.public_title,
                forum=fact.forum,
                matter=fact.matter,
                authorised=fact.authorised,
                calls=fact.call,
                legal_check_due=fact.legal_check_due,
            )
    assert before is not None
    match fact:
        case AssemblyNoticed():
            return replace(before, state=AssemblyState.NOTICED, starts_at=fact.starts_at, venue=fact.venue)
        case AssemblyInquorate():
            return replace(before, state=AssemblyState.INQUORATE, held_at=fact.held_at)
        case AssemblyDecided():
            return replace(
                before,
                state=AssemblyState.ADOPTED if fact.adopted else AssemblyState.REJECTED,
                held_at=fact.held_at,
                publish_by=fact.publish_by,
                legal_check_due=fact.legal_check_due,
            )
        case AssemblyPublished():
            return replace(before, published=True, shown_until=fact.shown_until)
        case AssemblyPublicationOverdue():
            return replace(before, publication_overdue=True)
    raise AssertionError(fact)


PUBLICATION_OVERDUE = "publication-overdue"
"""The timer of a decision that must be public."""


def watches(state: Assembly) -> dict[str, Watch]:
    """The date by which a decision must be public, where the law names one."""
    if state.publish_by is None or state.published or state.publication_overdue:
        return {}
    return {PUBLICATION_OVERDUE: Watch(state.publish_by)}


def call(before: Assembly | None, *, topic: UUID, referred: Topic | None, now: datetime) -> list[AssemblyFact]:
    """提请召开 what the topic was referred to; again, when it was not quorate. `referred`: the state of `topic`."""
    if before and before.state in (AssemblyState.CALLED, AssemblyState.NOTICED):
        return []
    waiting = proposed(referred)
    refuse(
        waiting.state is not TopicState.AT_ASSEMBLY and not_in(TopicState.AT_ASSEMBLY),
        before is not None
        and before.state is not AssemblyState.INQUORATE
        and Reason("already_decided", "该次会议已作出决定"),
    )
    assert waiting.forum is not None
    assert waiting.matter is not None
    rules = _rules(waiting.forum, now)
    return [
        AssemblyCalled(
            topic=ref("topic", topic),
            community=waiting.community,
            public_title=waiting.public_title,
            forum=waiting.forum,
            matter=waiting.matter,
            authorised=waiting.authorised,
            call=(before.calls if before else 0) + 1,
            law=rules.law,
            legal_check_due=rules.check_due(now.astimezone(SHANGHAI).date()),
        )
    ]


def give_notice(before: Assembly | None, asked: NoticeAssembly, *, now: datetime) -> list[AssemblyFact]:
    """会议公告: as many days before as the law wants; before it is held, another day needs a new one."""
    assembly = _called(before)
    open_to_notice = (AssemblyState.CALLED, AssemblyState.NOTICED)
    rules = _rules(assembly.forum, asked.starts_at)
    refuse(
        assembly.state not in open_to_notice and Reason("wrong_state", "会议须已提请召开且尚未表决"),
        asked.starts_at <= now and Reason("starts_in_the_past", "会议时间须晚于现在", "/starts_at"),
        asked.starts_at < now + timedelta(days=rules.notice_days)
        and Reason("notice_too_short", f"须提前 {rules.notice_days} 日公告", "/starts_at"),
    )
    return [AssemblyNoticed(starts_at=asked.starts_at, venue=asked.venue, form=asked.form, text=asked.text)]


def decide(before: Assembly | None, asked: DecideAssembly, *, now: datetime, town: Town) -> list[AssemblyFact]:
    """会议表决: quorum first, then the majority; both by the law of the day. Not quorate: nothing is decided."""
    assembly = _called(before)
    refuse(assembly.state is not AssemblyState.NOTICED and Reason("wrong_state", "会议须已公告且尚未表决"))
    assert assembly.starts_at is not None
    rules = _rules(assembly.forum, asked.held_at)
    counts = {counted.base: counted.said() for counted in asked.counts}
    ways = [way for way in rules.ways_for(assembly.matter) if way.counted(counts)]
    refuse(
        not assembly.starts_at <= asked.held_at <= now
        and Reason("wrong_time", "表决时间须不早于公告的会议时间，且不晚于现在", "/held_at"),
        len(counts) < len(asked.counts) and Reason("counted_twice", "同一口径只能计票一次", "/counts"),
        not ways and Reason("counts_missing", "缺少法定计票口径", "/counts"),
        *(
            Reason("counts_inconsistent", "人数（面积）须满足：同意 ≤ 参加 ≤ 应到", f"/counts/{number}")
            for number, count in enumerate(asked.counts)
            if not count.agreeing <= count.taking_part <= count.entitled
        ),
        *(_composition(counts) if rules.committee else ()),
        *unfit_promises(asked.promises, now, town, "/promises"),
        review_in_the_past(asked.review_on, now.astimezone(SHANGHAI).date(), "/review_on"),
    )
    quorate = next((way for way in ways if way.quorate(counts)), None)
    if quorate is None:
        return [AssemblyInquorate(held_at=asked.held_at, counts=tuple(counts.values()))]
    days = rules.publish_days
    return [
        AssemblyDecided(
            held_at=asked.held_at,
            adopted=quorate.adopted(counts),
            counts=tuple(counts.values()),
            law=rules.law,
            legal_check_due=rules.check_due(asked.held_at.astimezone(SHANGHAI).date()),
            publish_by=None if days is None else asked.held_at + timedelta(days=days),
        )
    ]


def _composition(counts: Mapping[CountBase, Count]) -> list[Reason]:
    """物业管理委员会组成: seven at least, an odd number, half of them owners [L]."""
    members, owners = counts.get(CountBase.COMMITTEE_MEMBERS), counts.get(CountBase.COMMITTEE_OWNERS)
    if members is None or owners is None:
        return []
    found = (
        members.entitled < COMMITTEE_MEMBERS
        and Reason("committee_too_small", f"物业管理委员会成员不得少于 {COMMITTEE_MEMBERS} 人", "/counts"),
        members.entitled % 2 == 0 and Reason("committee_even", "物业管理委员会成员须为单数", "/counts"),
        owners.entitled * 2 < members.entitled
        and Reason("committee_owners_short", "物业管理委员会中业主代表不得少于半数", "/counts"),
        (owners.entitled > members.entitled or owners.taking_part > members.taking_part)
        and Reason("counts_inconsistent", "业主成员人数不得超过全体成员人数", "/counts"),
    )
    return [reason for reason in found if reason]


def publish_decision(
    before: Assembly | None, asked: PublishDecision, *, now: datetime, calendar: Calendar
) -> list[AssemblyFact]:
    """公布决定; shown as long as the law wants."""
    assembly = _called(before)
    if assembly.published:
        return []
    decided = (AssemblyState.ADOPTED, AssemblyState.REJECTED)
    refuse(assembly.state not in decided and Reason("wrong_state", "会议尚未作出决定"))
    assert assembly.held_at is not None
    days = _rules(assembly.forum, assembly.held_at).shown_working_days
    return [AssemblyPublished(text=asked.text, shown_until=calendar.add_working_days(now, days) if days else None)]


def publication_overdue(
    before: Assembly | None, *, due_at: datetime, version: int, now: datetime
) -> list[AssemblyFact]:
    """决定公布逾期, said once."""
    if before is None or watches(before).get(PUBLICATION_OVERDUE) != Watch(due_at, version):
        return []
    return [AssemblyPublicationOverdue(due_at=due_at)]


def _rules(forum: AssemblyForum, moment: datetime) -> ForumRules:
    return rules_on(forum, moment.astimezone(SHANGHAI).date())


def _called(before: Assembly | None) -> Assembly:
    refuse(before is None and Reason("not_found", "没有提请召开该会议"))
    assert before is not None
    return before
