"""协商平台 and its monthly duty."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

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
from services.deliberation.domain.platform import (
    MEMBER_TERM,
    SEATS,
    Platform,
    SeatHeld,
    adopt_rules,
    appoint_convener,
    appoint_member,
    end_month,
    end_terms,
    evolve,
    explain_month,
    fill_seat,
    fix_place,
    found,
    give_guidance,
    remove_member,
    renew_member,
    vacate_seat,
    warn_of_month,
    watches,
)
from shared.events.base import derived
from shared.events.deliberation import (
    ConvenerAppointed,
    GuidanceGiven,
    GuidanceSubject,
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
from shared.rules.deadline import Watch
from shared.rules.month import month_after, month_end, month_of, months_before, warning_of
from tests.support.spec import Given, given
from tests.unit.deliberation.builders import (
    DAHUICHANG,
    NOW,
    TERMS,
    TOWN,
    ZHANGGUOZHUANG,
    at,
    first,
    platform,
)

FOUNDED = tuple(found(None, DAHUICHANG, now=NOW, terms=TERMS))


def standing() -> Given[Platform]:
    return given(evolve, *FOUNDED)


def months(state: Platform) -> dict[str, Watch]:
    """The watches of the monthly duty."""
    return {name: watch for name, watch in watches(state).items() if name != MEMBER_TERM}


def facts_of(kind: type[PlatformFact]) -> list[PlatformFact]:
    return [fact for fact in FOUNDED if isinstance(fact, kind)]


def test_a_founded_platform_names_all_five_seats_and_says_why_one_is_vacant() -> None:
    named = {fact.seat for fact in FOUNDED if isinstance(fact, SeatFilled | SeatVacated)}
    assert named == set(SEATS) == {1, 2, 3, 4, 5}
    assert SeatVacated(community="dahuichang", seat=3, reason="小区没有物业公司") in FOUNDED
    assert SeatFilled(community="dahuichang", seat=1, holder="大灰厂社区两委") in FOUNDED
    assert platform().filled == (1, 4, 5)


def test_the_convener_is_the_secretary() -> None:
    assert facts_of(ConvenerAppointed) == [
        ConvenerAppointed(community="dahuichang", post="secretary", organisation="大灰厂社区党组织")
    ]


def test_members_come_from_the_configuration_with_opaque_ids() -> None:
    appointed = [fact for fact in FOUNDED if isinstance(fact, MemberAppointed)]
    assert [fact.member_kind for fact in appointed] == list(TERMS.founding[DAHUICHANG.kind].members)
    assert appointed[0].member == derived("member", "dahuichang", 1)


def test_a_platform_is_founded_once() -> None:
    standing().when(found, DAHUICHANG, now=NOW, terms=TERMS).then_nothing()


def test_a_village_is_founded_by_its_own_kind() -> None:
    assert platform(ZHANGGUOZHUANG).venue == "张郭庄村议事厅"


@pytest.mark.parametrize(
    ("founded_at", "month"),
    [
        (at(2024, 2, 1), first(2024, 2)),
        (at(2024, 2, 25), first(2024, 2)),
        (at(2024, 2, 25, 1), first(2024, 3)),
        (at(2024, 12, 31), first(2025, 1)),
    ],
)
def test_the_duty_begins_with_the_month_whose_warning_is_still_ahead(founded_at: datetime, month: object) -> None:
    (adopted, *_) = found(None, DAHUICHANG, now=founded_at, terms=TERMS)
    assert isinstance(adopted, PlatformRulesAdopted)
    assert adopted.duty_from == month


def test_a_filled_seat_is_vacated_before_another_takes_it() -> None:
    standing().when(fill_seat, FillSeat(seat=1, holder="别的单位"), town=TOWN).then_refused("seat_taken")


def test_the_vacant_seat_of_the_property_company_is_filled() -> None:
    standing().when(fill_seat, FillSeat(seat=3, holder="金鹏顺发物业"), town=TOWN).then(
        SeatFilled(community="dahuichang", seat=3, holder="金鹏顺发物业")
    )


def test_a_seat_that_is_filled_so_is_not_filled_again() -> None:
    standing().when(fill_seat, FillSeat(seat=1, holder="大灰厂社区两委"), town=TOWN).then_nothing()


def test_a_vacated_seat_keeps_its_reason() -> None:
    vacated = standing().when(vacate_seat, VacateSeat(seat=4, reason="岗位调整"))
    vacated.then(SeatVacated(community="dahuichang", seat=4, reason="岗位调整"))
    assert vacated.facts is not None
    after = evolve(platform(), SeatVacated(community="dahuichang", seat=4, reason="岗位调整"))
    assert after.seats[4] == SeatHeld(vacant_because="岗位调整")
    assert vacate_seat(after, VacateSeat(seat=4, reason="岗位调整")) == []


def test_members_come_and_leave_once() -> None:
    new = derived("test", "new")
    joined = standing().when(
        appoint_member,
        AppointMember(member_kind=MemberKind.PARTNER_UNIT, organisation="共建单位"),
        member=new,
        now=NOW,
        terms=TERMS,
    )
    joined.then(
        MemberAppointed(
            community="dahuichang",
            member=new,
            member_kind=MemberKind.PARTNER_UNIT,
            organisation="共建单位",
            until=date(2029, 1, 31),
        )
    )
    first_member = derived("member", "dahuichang", 1)
    asked = RemoveMember(member=first_member, reason="任期届满")
    left = MemberLeft(community="dahuichang", member=first_member, reason="任期届满")
    standing().when(remove_member, asked).then(left)
    given(evolve, *FOUNDED, left).when(remove_member, asked).then_nothing()


def test_what_stands_already_is_not_said_again() -> None:
    standing().when(appoint_convener, AppointConvener(organisation="大灰厂社区党组织")).then_nothing()
    standing().when(fix_place, FixPlace(venue="大灰厂社区议事厅")).then_nothing()
    standing().when(fix_place, FixPlace(venue="老年活动站")).then(
        PlaceFixed(community="dahuichang", venue="老年活动站")
    )


def test_new_rules_leave_the_watched_month_alone() -> None:
    (adopted,) = adopt_rules(platform(), AdoptRules(title="议事规则（修订）"))
    after = evolve(platform(), adopted)
    assert (after.rules_title, after.duty_month) == ("议事规则（修订）", first(2024, 2))
    assert watches(after) == watches(platform())


def test_the_town_guides() -> None:
    asked = GiveGuidance(subject=GuidanceSubject.CHOOSING, text="围绕急难愁盼选题", by="town-community-office")
    standing().when(give_guidance, asked, known=(asked.about,), town=TOWN).then(
        GuidanceGiven(community="dahuichang", subject=asked.subject, text=asked.text, by=asked.by)
    )


def test_without_a_platform_everything_is_refused() -> None:
    given(evolve).when(fill_seat, FillSeat(seat=3, holder="金鹏顺发物业"), town=TOWN).then_refused("not_found")


FEBRUARY = 2024 * 12 + 2
WARNING, END = Watch(at(2024, 2, 25), FEBRUARY), Watch(at(2024, 3, 1), FEBRUARY)


def test_a_month_is_warned_of_five_days_before_its_end() -> None:
    assert months(platform()) == {"month-warning": WARNING, "month-end": END}


def ring(rule: object, state: Platform, watch: Watch, meetings: int) -> list[PlatformFact]:
    assert callable(rule)
    said: list[PlatformFact] = rule(
        state, due_at=watch.due_at, version=watch.version, now=watch.due_at, meetings_held=meetings, terms=TERMS
    )
    return said


def test_a_month_without_a_meeting_is_reminded_of_once_and_then_missed() -> None:
    due = MonthlyMeetingDue(community="dahuichang", month=first(2024, 2), ends_at=at(2024, 3, 1))
    missed = MonthlyMeetingMissed(community="dahuichang", month=first(2024, 2), next_warn_at=at(2024, 3, 27))
    assert ring(warn_of_month, platform(), WARNING, 0) == [due]
    warned = evolve(platform(), due)
    assert months(warned) == {"month-end": END}
    assert ring(warn_of_month, warned, WARNING, 0) == []
    assert ring(end_month, warned, END, 0) == [missed]
    assert evolve(warned, missed) == replace(
        platform(), duty_month=first(2024, 3), warn_at=at(2024, 3, 27), missed={first(2024, 2): None}
    )


def test_why_a_month_was_missed_is_told_afterwards() -> None:
    month, day = first(2024, 2), date(2024, 2, 29)
    missed = MonthlyMeetingMissed(community="dahuichang", month=month, next_warn_at=at(2024, 3, 27))
    flood, ice = (
        MonthlyMeetingExplained(community="dahuichang", month=month, reason=reason) for reason in ("防汛", "低温冰冻")
    )
    told = given(evolve, *FOUNDED, missed)
    told.when(explain_month, ExplainMonth(month=day, reason="防汛")).then(flood)
    told = given(evolve, *FOUNDED, missed, flood)
    told.when(explain_month, ExplainMonth(month=month, reason="防汛")).then_nothing()
    told.when(explain_month, ExplainMonth(month=month, reason="低温冰冻")).then(ice)
    told.when(explain_month, ExplainMonth(month=date(2024, 3, 1), reason="防汛")).then_refused("month_not_missed")
    standing().when(explain_month, ExplainMonth(month=month, reason="防汛")).then_refused("month_not_missed")


@pytest.mark.parametrize(("rule", "watch"), [(warn_of_month, WARNING), (end_month, END)])
def test_one_meeting_meets_the_duty_and_the_watch_moves_on(rule: object, watch: Watch) -> None:
    met = MonthlyDutyMet(community="dahuichang", month=first(2024, 2), meetings=1, next_warn_at=at(2024, 3, 27))
    assert ring(rule, platform(), watch, 1) == [met]
    after = evolve(platform(), met)
    assert after.duty_month == first(2024, 3)
    assert ring(rule, after, watch, 1) == []


def test_a_year_of_months_is_judged_month_by_month() -> None:
    state, missed = platform(), 0
    for _ in range(12):
        (fact,) = ring(end_month, state, watches(state)["month-end"], 0)
        state, missed = evolve(state, fact), missed + 1
    assert (state.duty_month, missed) == (first(2025, 2), 12)


@any_of(st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2099, 12, 1)), st.integers(1, 27))
def test_a_month_ends_where_the_next_begins(moment: datetime, days: int) -> None:
    aware = moment.replace(tzinfo=NOW.tzinfo)
    month = month_of(aware)
    assert month <= aware.date() < month_after(month)
    assert warning_of(month, days) < month_end(month)
    assert month_of(month_end(month)) == month_after(month)
    assert month_of(warning_of(month, days)) == month
    assert month_after(month_of(months_before(aware, 1))) == month


def test_six_months_before_the_end_of_august_is_the_end_of_february() -> None:
    assert months_before(at(2024, 8, 31, 10), 6) == at(2024, 2, 29, 10)


def test_a_member_has_a_term_of_five_years_or_as_said() -> None:
    (joined,) = list(facts_of(MemberAppointed))[:1]
    assert isinstance(joined, MemberAppointed)
    assert joined.until == date(2029, 1, 31)
    asked = AppointMember(member_kind=MemberKind.WOMEN, until=date(2024, 1, 31))
    named = {"member": derived("test", "new"), "now": NOW, "terms": TERMS}
    standing().when(appoint_member, asked, **named).then_refused("term_over")


def test_a_term_ends_by_itself_and_is_renewed_before() -> None:
    member = derived("member", "dahuichang", 1)
    due = at(2029, 2, 1)
    assert watches(platform())[MEMBER_TERM] == Watch(due, date(2029, 1, 31).toordinal())
    outcome = standing().when(end_terms, due_at=due, version=date(2029, 1, 31).toordinal(), now=due)
    assert outcome.facts is not None
    assert len(outcome.facts) == len(platform().members)
    assert outcome.facts[0] == MemberLeft(community="dahuichang", member=member, reason="任期届满")
    given(evolve, *FOUNDED, *outcome.facts).when(
        end_terms, due_at=due, version=date(2029, 1, 31).toordinal(), now=due
    ).then_nothing()
    asked = RenewMember(member=member, until=date(2030, 1, 31))
    renewed = MemberAppointed(
        community="dahuichang", member=member, member_kind=MemberKind.PARTY_MEMBER, until=date(2030, 1, 31)
    )
    standing().when(renew_member, asked, now=NOW, terms=TERMS).then(renewed)
    given(evolve, *FOUNDED, renewed).when(renew_member, asked, now=NOW, terms=TERMS).then_nothing()
    stranger = RenewMember(member=derived("test", "stranger"))
    standing().when(renew_member, stranger, now=NOW, terms=TERMS).then_refused("member_unknown")


def test_a_seat_and_the_town_name_units_that_exist() -> None:
    asked = FillSeat(seat=3, holder="金鹏顺发物业", unit="no-such-unit")
    standing().when(fill_seat, asked, town=TOWN).then_refused("unknown_unit")
    guidance = GiveGuidance(
        subject=GuidanceSubject.CHOOSING, text="聚焦民生", by="nobody", about=f"topic/{derived('x')}"
    )
    standing().when(give_guidance, guidance, known=(), town=TOWN).then_refused("unknown_unit", "about_unknown")
