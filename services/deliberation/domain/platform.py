"""协商平台: one community's 5+N platform, its seats and members, and the monthly duty."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from services.deliberation.domain.asked import (
    AdoptRules,
    AppointConvener,
    AppointMember,
    ExplainMonth,
    FillSeat,
    FixPlace,
    GiveGuidance,
    RemoveMember,
    RenewMember,
    VacateSeat,
)
from services.deliberation.domain.named import unknown_unit
from services.deliberation.domain.terms import FirstSeat, Terms
from shared.events.base import derived
from shared.events.deliberation import (
    ConvenerAppointed,
    GuidanceGiven,
    MemberAppointed,
    MemberKind,
    MemberLeft,
    MonthlyDutyMet,
    MonthlyMeetingDue,
    MonthlyMeetingExplained,
    MonthlyMeetingMissed,
    PlaceFixed,
    PlatformFact,
    PlatformRulesAdopted,
    SeatFilled,
    SeatVacated,
)
from shared.events.vocabulary import CommunityKind
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch
from shared.rules.month import day_after, month_after, month_end, month_of, term_end, warning_of
from shared.rules.township import SHANGHAI, Community, Town

SEATS: Mapping[int, str] = {1: "两委", 2: "业主自治组织", 3: "物业公司", 4: "社区民警", 5: "联系领导和科室"}
"""五方: the five seats of every platform [S]."""
TWO_COMMITTEES = 1
"""The seat of the two committees, whose motions make topics [S] and without whom no meeting opens [D]."""
CONVENER = "secretary"
"""召集人: the secretary of the village's or community's party organisation convenes and liaises [S]."""
MEETINGS_A_MONTH = 1
"""Every platform meets at least once a month [S]."""
MONTH_WARNING, MONTH_END = "month-warning", "month-end"
"""The timers of the monthly duty."""
MEMBER_TERM = "member-term"
"""The timer of the term that ends first."""
GUIDED = frozenset({"topic", "meeting", "assembly", "undertaking"})
"""What the town's guidance may be about."""


@dataclass(frozen=True, slots=True)
class SeatHeld:
    """Who takes a seat, or why nobody does: exactly one of both."""

    holder: str | None = None
    unit: str | None = None
    vacant_because: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """协商平台. `duty_month`: the month that is being watched; `warned`: its reminder has been said.

    `member_terms`: the last day of each member's term, where it has one. `missed`: the months that went by without a
    meeting, by their first day, and why, once somebody has said so.
    """

    community: str
    community_kind: CommunityKind
    rules_title: str
    duty_month: date
    warn_at: datetime
    warned: bool = False
    convener: str | None = None
    organisation: str | None = None
    venue: str | None = None
    seats: dict[int, SeatHeld] = field(default_factory=dict)
    members: dict[UUID, MemberKind] = field(default_factory=dict)
    member_terms: dict[UUID, date] = field(default_factory=dict)
    guidance: int = 0
    missed: dict[date, str | None] = field(default_factory=dict)

    @property
    def filled(self) -> tuple[int, ...]:
        """The seats that somebody takes, in order."""
        return tuple(seat for seat, held in sorted(self.seats.items()) if held.holder)


def platform_id(community: str) -> UUID:
    """The id of a community's platform: there is one."""
    return derived("platform", community)


def evolve(before: Platform | None, fact: PlatformFact) -> Platform:
    """The platform after a fact."""
    match fact:
        case PlatformRulesAdopted() if before is None:
            return Platform(fact.community, fact.community_kind, fact.title, fact.duty_from, fact.warn_at)
    assert before is not None
    match fact:
        case PlatformRulesAdopted():
            return replace(before, rules_title=fact.title)
        case ConvenerAppointed():
            return replace(before, convener=fact.post, organisation=fact.organisation)
        case PlaceFixed():
            return replace(before, venue=fact.venue)
        case SeatFilled():
            return replace(before, seats={**before.seats, fact.seat: SeatHeld(fact.holder, fact.unit)})
        case SeatVacated():
            return replace(before, seats={**before.seats, fact.seat: SeatHeld(vacant_because=fact.reason)})
        case MemberAppointed():
            terms = _without(before.member_terms, fact.member) | ({fact.member: fact.until} if fact.until else {})
            return replace(before, members={**before.members, fact.member: fact.member_kind}, member_terms=terms)
        case MemberLeft():
            return replace(
                before,
                members={id: kind for id, kind in before.members.items() if id != fact.member},
                member_terms=_without(before.member_terms, fact.member),
            )
        case GuidanceGiven():
            return replace(before, guidance=before.guidance + 1)
        case MonthlyMeetingDue():
            return replace(before, warned=True)
        case MonthlyMeetingMissed():
            return replace(_watch_next(before, fact), missed={**before.missed, fact.month: None})
        case MonthlyDutyMet():
            return _watch_next(before, fact)
        case MonthlyMeetingExplained():
            return replace(before, missed={**before.missed, fact.month: fact.reason})
    raise AssertionError(fact)


def _watch_next(platform: Platform, fact: MonthlyMeetingMissed | MonthlyDutyMet) -> Platform:
    return replace(platform, duty_month=month_after(fact.month), warn_at=fact.next_warn_at, warned=False)


def _without(terms: dict[UUID, date], member: UUID) -> dict[UUID, date]:
    return {id: until for id, until in terms.items() if id != member}


def watches(state: Platform) -> dict[str, Watch]:
    """The reminder of the watched month and its end (the version counts months), and the term that ends first."""
    version = state.duty_month.year * 12 + state.duty_month.month
    found = {MONTH_END: Watch(month_end(state.duty_month), version)}
    if not state.warned:
        found[MONTH_WARNING] = Watch(state.warn_at, version)
    if state.member_terms:
        until = min(state.member_terms.values())
        found[MEMBER_TERM] = Watch(day_after(until), until.toordinal())
    return found


def found(before: Platform | None, community: Community, *, now: datetime, terms: Terms) -> list[PlatformFact]:
    """平台成立 from the configuration, once; nothing when it stands already.

    The duty begins with this month, unless its reminder would already be late: then with the next.
    """
    if before:
        return []
    plan, own = terms.founding[community.kind], terms.communities.get(community.code)
    seats = {first.seat: first for first in (*plan.seats, *(own.seats if own else ()))}
    code, name = community.code, community.name
    month, until = month_of(now), term_end(now.astimezone(SHANGHAI).date(), terms.member_term_months)
    if warning_of(month, terms.month_warning_days) < now:
        month = month_after(month)
    return [
        PlatformRulesAdopted(
            community=code,
            community_kind=community.kind,
            title=_named(plan.title, name),
            duty_from=month,
            warn_at=warning_of(month, terms.month_warning_days),
        ),
        ConvenerAppointed(community=code, post=CONVENER, organisation=_named(plan.organisation, name)),
        PlaceFixed(community=code, venue=_named((own and own.venue) or plan.venue, name)),
        *(_first(code, name, seats[seat]) for seat in sorted(SEATS)),
        *(
            MemberAppointed(community=code, member=derived("member", code, number), member_kind=kind, until=until)
            for number, kind in enumerate(plan.members, 1)
        ),
    ]


def _first(code: str, name: str, first: FirstSeat) -> PlatformFact:
    if first.holder:
        return SeatFilled(community=code, seat=first.seat, holder=_named(first.holder, name), unit=first.unit)
    return SeatVacated(community=code, seat=first.seat, reason=_named(first.vacant_because or "", name))


def _named(text: str, community: str) -> str:
    return text.replace("{community}", community)


def adopt_rules(before: Platform | None, asked: AdoptRules) -> list[PlatformFact]:
    """通过新的工作方案和议事规则; the watched month stays."""
    platform = standing(before)
    return [
        PlatformRulesAdopted(
            community=platform.community,
            community_kind=platform.community_kind,
            title=asked.title,
            text=asked.text,
            duty_from=platform.duty_month,
            warn_at=platform.warn_at,
        )
    ]


def appoint_convener(before: Platform | None, asked: AppointConvener) -> list[PlatformFact]:
    """确定召集人: the secretary of this party organisation [S]."""
    platform = standing(before)
    if platform.organisation == asked.organisation:
        return []
    return [ConvenerAppointed(community=platform.community, post=CONVENER, organisation=asked.organisation)]


def fix_place(before: Platform | None, asked: FixPlace) -> list[PlatformFact]:
    """确定议事场所."""
    platform = standing(before)
    return [] if platform.venue == asked.venue else [PlaceFixed(community=platform.community, venue=asked.venue)]


def fill_seat(before: Platform | None, asked: FillSeat, *, town: Town) -> list[PlatformFact]:
    """席位到位: a seat that is taken must be vacated first."""
    platform = standing(before)
    held = platform.seats.get(asked.seat)
    if held == SeatHeld(asked.holder, asked.unit):
        return []
    refuse(
        held is not None
        and held.holder is not None
        and Reason("seat_taken", f"席位{asked.seat}（{SEATS[asked.seat]}）已由{held.holder}出任，须先退出", "/seat"),
        unknown_unit(town, asked.unit, "/unit"),
    )
    return [SeatFilled(community=platform.community, seat=asked.seat, holder=asked.holder, unit=asked.unit)]


def vacate_seat(before: Platform | None, asked: VacateSeat) -> list[PlatformFact]:
    """席位空缺, with the reason; a changed reason is said again."""
    platform = standing(before)
    if platform.seats.get(asked.seat) == SeatHeld(vacant_because=asked.reason):
        return []
    return [SeatVacated(community=platform.community, seat=asked.seat, reason=asked.reason)]


def appoint_member(
    before: Platform | None, asked: AppointMember, *, member: UUID, now: datetime, terms: Terms
) -> list[PlatformFact]:
    """N 方代表进入, for a term. `member`: an opaque id."""
    platform = standing(before)
    if member in platform.members:
        return []
    until = _term(asked.until, now, terms)
    return [
        MemberAppointed(
            community=platform.community,
            member=member,
            member_kind=asked.member_kind,
            organisation=asked.organisation,
            until=until,
        )
    ]


def renew_member(before: Platform | None, asked: RenewMember, *, now: datetime, terms: Terms) -> list[PlatformFact]:
    """N 方代表连任: a new term of the same member."""
    platform = standing(before)
    kind = platform.members.get(asked.member)
    refuse(kind is None and Reason("member_unknown", "不是本平台的代表", "/member"))
    assert kind is not None
    until = _term(asked.until, now, terms)
    if platform.member_terms.get(asked.member) == until:
        return []
    return [MemberAppointed(community=platform.community, member=asked.member, member_kind=kind, until=until)]


def _term(until: date | None, now: datetime, terms: Terms) -> date:
    """The last day of a term that begins today."""
    today = now.astimezone(SHANGHAI).date()
    refuse(until is not None and until < today and Reason("term_over", "任期须晚于今天", "/until"))
    return until or term_end(today, terms.member_term_months)


def end_terms(before: Platform | None, *, due_at: datetime, version: int, now: datetime) -> list[PlatformFact]:
    """任期届满: whoever's term is over leaves, said once."""
    if before is None or watches(before).get(MEMBER_TERM) != Watch(due_at, version):
        return []
    return [
        MemberLeft(community=before.community, member=member, reason="任期届满")
        for member, until in before.member_terms.items()
        if day_after(until) <= due_at
    ]


def remove_member(before: Platform | None, asked: RemoveMember) -> list[PlatformFact]:
    """N 方代表退出; nothing when nobody of this id is a member."""
    platform = standing(before)
    if asked.member not in platform.members:
        return []
    return [MemberLeft(community=platform.community, member=asked.member, reason=asked.reason)]


def give_guidance(
    before: Platform | None, asked: GiveGuidance, *, known: Collection[str], town: Town
) -> list[PlatformFact]:
    """镇级指导 on choosing, deciding, publishing, carrying out [S]. `known`: what of this platform it may be about."""
    platform = standing(before)
    refuse(
        unknown_unit(town, asked.by, "/by"),
        asked.about is not None
        and asked.about not in known
        and Reason("about_unknown", "指导所指的议题、会议或落实任务不存在，或不属于该社区（村）", "/about"),
    )
    return [
        GuidanceGiven(
            community=platform.community, subject=asked.subject, text=asked.text, by=asked.by, about=asked.about
        )
    ]


def warn_of_month(
    before: Platform | None, *, due_at: datetime, version: int, now: datetime, meetings_held: int, terms: Terms
) -> list[PlatformFact]:
    """月度协商提醒: the watched month ends soon. `meetings_held`: in that month so far."""
    if before is None or before.warned or watches(before)[MONTH_WARNING] != Watch(due_at, version):
        return []
    if meetings_held >= MEETINGS_A_MONTH:
        return [_met(before, meetings_held, terms)]
    return [
        MonthlyMeetingDue(community=before.community, month=before.duty_month, ends_at=month_end(before.duty_month))
    ]


def end_month(
    before: Platform | None, *, due_at: datetime, version: int, now: datetime, meetings_held: int, terms: Terms
) -> list[PlatformFact]:
    """月度协商到期: the watched month is over. `meetings_held`: in that month."""
    if before is None or watches(before)[MONTH_END] != Watch(due_at, version):
        return []
    if meetings_held >= MEETINGS_A_MONTH:
        return [_met(before, meetings_held, terms)]
    return [
        MonthlyMeetingMissed(
            community=before.community, month=before.duty_month, next_warn_at=_next_warning(before, terms)
        )
    ]


def explain_month(before: Platform | None, asked: ExplainMonth) -> list[PlatformFact]:
    """说明缺会原因: of a month that was missed; a changed reason is said again."""
    platform, month = standing(before), asked.month.replace(day=1)
    refuse(
        month not in platform.missed
        and Reason("month_not_missed", f"{month.year}年{month.month}月没有缺会记录，无须说明原因", "/month")
    )
    if platform.missed[month] == asked.reason:
        return []
    return [MonthlyMeetingExplained(community=platform.community, month=month, reason=asked.reason)]


def _met(platform: Platform, meetings: int, terms: Terms) -> MonthlyDutyMet:
    return MonthlyDutyMet(
        community=platform.community,
        month=platform.duty_month,
        meetings=meetings,
        next_warn_at=_next_warning(platform, terms),
    )


def _next_warning(platform: Platform, terms: Terms) -> datetime:
    return warning_of(month_after(platform.duty_month), terms.month_warning_days)


def standing(before: Platform | None) -> Platform:
    """The platform, or the refusal that there is none."""
    refuse(before is None and Reason("not_found", "该社区（村）没有协商平台"))
    assert before is not None
    return before
