"""七种结论: what a meeting can decide about a topic; exactly one per topic and meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import assert_never
from uuid import UUID

from services.deliberation.domain.asked import Promise
from services.deliberation.domain.assembly_law import forums_for, given_by_law, rules_on
from services.deliberation.domain.conclusion import (
    Agree,
    Conclusion,
    Defer,
    NeedDepartments,
    NeedProject,
    ReferToAssembly,
    ReportUpward,
    Settle,
)
from services.deliberation.domain.named import unknown_unit
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic, TopicState, not_in, proposed
from services.deliberation.domain.undertaking import undertaking_ids, unfit_promises
from services.deliberation.domain.wording import share
from shared.events.base import Target, ref, ref_kind
from shared.events.deliberation import (
    CommonDemand,
    ReferralCause,
    TopicAgreed,
    TopicDeferred,
    TopicFact,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicReferredToAssembly,
    TopicReportedUpward,
    TopicSettled,
)
from shared.events.vocabulary import CommunityKind
from shared.rules.broken import Reason, refuse
from shared.rules.township import SHANGHAI, Town


@dataclass(frozen=True, slots=True)
class Tally:
    """表态统计 of one topic: the positions of seats and members. A formal objection counts as against."""

    support: int = 0
    oppose: int = 0
    abstain: int = 0
    seat_objections: int = 0

    def large_dispute(self, share: Fraction) -> bool:
        """争议较大: a seat objects formally, or at least this share of the positions is against [D]."""
        positions = self.support + self.oppose + self.abstain
        return self.seat_objections > 0 or (self.oppose > 0 and self.oppose >= positions * share)

    def carried(self, share: Fraction) -> bool:
        """表态过半: no vote is needed; where positions were taken, more than this share of them supports [D]."""
        positions = self.support + self.oppose + self.abstain
        return positions == 0 or self.support > positions * share


def conclude(
    before: Topic | None,
    conclusion: Conclusion,
    *,
    topic: UUID,
    meeting: UUID,
    tally: Tally,
    community_kind: CommunityKind,
    now: datetime,
    terms: Terms,
    town: Town,
) -> list[TopicFact]:
    """作出结论 about a topic that is being deliberated. `topic`, `meeting`: their ids."""
    state = proposed(before)
    refuse(
        state.state is not TopicState.IN_DELIBERATION and not_in(TopicState.IN_DELIBERATION),
        *reasons_against(
            state, conclusion, tally=tally, community_kind=community_kind, now=now, terms=terms, town=town, pointer=""
        ),
    )
    held = ref("meeting", meeting)
    match conclusion:
        case Settle():
            return [
                TopicSettled(
                    meeting=held,
                    undertakings=_undertakings(topic, held, conclusion.promises),
                    review_on=conclusion.review_on,
                )
            ]
        case Agree():
            return [
                TopicAgreed(
                    meeting=held,
                    undertakings=_undertakings(topic, held, conclusion.promises),
                    review_on=conclusion.review_on,
                )
            ]
        case ReferToAssembly():
            return [
                TopicReferredToAssembly(
                    meeting=held,
                    forum=conclusion.forum,
                    matter=conclusion.matter,
                    cause=_cause(state, tally, terms),
                    authorised=conclusion.authorised,
                    community=state.community,
                    public_title=state.public_title,
                    sources=state.asked_by,
                )
            ]
        case ReportUpward():
            assert conclusion.reported_to is not None
            assert conclusion.explanation is not None
            return [
                TopicReportedUpward(
                    meeting=held,
                    reason=conclusion.reason,
                    reported_to=conclusion.reported_to,
                    explanation=conclusion.explanation,
                    review_on=conclusion.review_on,
                    community=state.community,
                    category=state.category,
                    place=state.place,
                    sources=state.asked_by,
                )
            ]
        case NeedDepartments():
            assert conclusion.lead is not None
            assert conclusion.due_at is not None
            return [
                TopicNeedsDepartments(
                    meeting=held,
                    community=state.community,
                    category=state.category,
                    place=state.place,
                    public_title=state.public_title,
                    whistle=conclusion.whistle,
                    lead=conclusion.lead,
                    support=conclusion.support,
                    due_at=conclusion.due_at,
                    sources=state.asked_by,
                )
            ]
        case NeedProject():
            return [
                TopicNeedsProject(
                    meeting=held,
                    community=state.community,
                    category=state.category,
                    place=state.place,
                    public_title=state.public_title,
                    project_category=conclusion.project_category,
                    tags=conclusion.tags,
                    common=conclusion.common,
                    finding=conclusion.finding,
                    people=state.people,
                    sources=state.asked_by,
                )
            ]
        case Defer():
            return [TopicDeferred(meeting=held, reason=conclusion.reason, deferrals=state.deferrals + 1)]
        case _:
            assert_never(conclusion)


def reasons_against(
    topic: Topic,
    conclusion: Conclusion,
    *,
    tally: Tally,
    community_kind: CommunityKind,
    now: datetime,
    terms: Terms,
    town: Town,
    pointer: str,
) -> list[Reason]:
    """Every reason why this conclusion cannot be drawn; `pointer`: where it stands in the request."""
    found: list[Reason | None]
    today = now.astimezone(SHANGHAI).date()
    match conclusion:
        case Settle() | Agree():
            found = [
                _if(not conclusion.promises, "promises_missing", "须写明由谁落实、何时完成", f"{pointer}/promises"),
                *unfit_promises(conclusion.promises, now, town, f"{pointer}/promises"),
                _if(
                    not tally.carried(terms.majority),
                    "no_majority",
                    f"赞成的未超过表态的{share(terms.majority)}，不能作出决定",
                    pointer,
                ),
                review_in_the_past(conclusion.review_on, today, f"{pointer}/review_on"),
            ]
        case ReferToAssembly():
            found = _against_assembly(topic, conclusion, tally, community_kind, now, terms, pointer)
        case ReportUpward():
            found = [
                _if(conclusion.reported_to is None, "report_missing", "须写明上报部门", f"{pointer}/reported_to"),
                _if(conclusion.explanation is None, "explanation_missing", "须向各方说明", f"{pointer}/explanation"),
                unknown_unit(town, conclusion.reported_to, f"{pointer}/reported_to"),
                review_in_the_past(conclusion.review_on, today, f"{pointer}/review_on"),
            ]
        case NeedDepartments():
            due_at = conclusion.due_at
            found = [
                _if(conclusion.lead is None, "lead_missing", "吹哨须明确主责部门", f"{pointer}/lead"),
                unknown_unit(town, conclusion.lead, f"{pointer}/lead"),
                *(unknown_unit(town, unit, f"{pointer}/support/{n}") for n, unit in enumerate(conclusion.support)),
                _if(due_at is None, "due_missing", "吹哨须明确办理时限", f"{pointer}/due_at"),
                _if(due_at is not None and due_at <= now, "due_in_the_past", "办理时限须晚于现在", f"{pointer}/due_at"),
                _if(
                    conclusion.lead in conclusion.support,
                    "lead_is_support",
                    "主责部门不能同时是协办部门",
                    f"{pointer}/support",
                ),
            ]
        case NeedProject():
            found = [
                _if(not conclusion.tags, "tags_missing", "须对照七有五性至少标明一项", f"{pointer}/tags"),
                _against_common(topic, conclusion, terms, pointer),
            ]
        case Defer():
            found = []
        case _:
            assert_never(conclusion)
    forced = _forced(topic, tally, terms)
    found.append(
        _if(
            forced is not None and not isinstance(conclusion, ReferToAssembly),
            "assembly_needed",
            "多次协商未果或争议较大，只能提交村（居）民会议、代表会议或业主大会决定",
            f"{pointer}/conclusion",
        )
    )
    return [reason for reason in found if reason]


def _against_assembly(
    topic: Topic,
    asked: ReferToAssembly,
    tally: Tally,
    community_kind: CommunityKind,
    now: datetime,
    terms: Terms,
    pointer: str,
) -> list[Reason | None]:
    rules = rules_on(asked.forum, now.astimezone(SHANGHAI).date())
    return [
        _if(
            not given_by_law(asked.matter) and _forced(topic, tally, terms) is None,
            "assembly_not_open",
            "既非法定事项，也未经多次协商或出现较大争议，不能提交会议决定",
            f"{pointer}/matter",
        ),
        _if(
            asked.forum not in forums_for(asked.matter, community_kind),
            "wrong_forum",
            "该事项依法不由这一会议决定",
            f"{pointer}/forum",
        ),
        _if(
            rules.authorised_only and not asked.authorised,
            "not_authorised",
            "代表会议只能决定经授权的事项",
            f"{pointer}/authorised",
        ),
    ]


def _against_common(topic: Topic, asked: NeedProject, terms: Terms, pointer: str) -> Reason | None:
    match asked.common:
        case CommonDemand.HOTSPOT:
            held = any(ref_kind(source) == "hotspot" for source in topic.sources)
            words = "议题并非来自热点"
        case CommonDemand.PEOPLE:
            held = topic.people is not None and topic.people >= terms.common_people
            words = f"提出诉求的不足 {terms.common_people} 人"
        case CommonDemand.MEETING_FINDING:
            held = asked.finding is not None
            words = "会议认定共性诉求须写明认定意见"
        case _:
            assert_never(asked.common)
    return None if held else Reason("not_common", f"纳入项目池须为共性诉求：{words}", f"{pointer}/common")


def _forced(topic: Topic, tally: Tally, terms: Terms) -> ReferralCause | None:
    """Why only an assembly is left [S, the numbers D], or None."""
    if topic.deferrals >= terms.max_deferrals:
        return ReferralCause.ROUNDS
    return ReferralCause.DISPUTE if tally.large_dispute(terms.dispute_share) else None


def _cause(topic: Topic, tally: Tally, terms: Terms) -> ReferralCause:
    return _forced(topic, tally, terms) or ReferralCause.LAW


def review_in_the_past(review_on: date | None, today: date, pointer: str) -> Reason | None:
    """A decision is looked at again on a day to come."""
    if review_on is None or review_on > today:
        return None
    return Reason("review_in_the_past", "复核日期须晚于今天", pointer)


def _undertakings(topic: UUID, held: str, promises: Sequence[Promise]) -> tuple[Target, ...]:
    return tuple(ref("undertaking", id) for id in undertaking_ids(topic, held, promises))


def _if(holds: bool, code: str, words: str, pointer: str) -> Reason | None:
    return Reason(code, words, pointer) if holds else None
