"""会议记录草稿: what was recorded of a meeting, as a text that the recorder edits. It is no fact and is kept nowhere."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.deliberation.domain.meeting import MeetingState, not_in
from services.deliberation.domain.told import Sat, Told, called, sat
from services.deliberation.domain.wording import Named, chinese, day, moment, named
from shared.events.base import ref_id, ref_kind
from shared.events.deliberation import (
    InvitationExcused,
    MemberKind,
    Party,
    Position,
    ProblemRaised,
    StatementRecorded,
)
from shared.rules.broken import Reason, refuse
from shared.rules.township import Town


def draft(meeting: UUID, told: Sequence[Told], *, titles: Mapping[UUID, str], town: Town) -> str:
    """会议记录草稿 of a meeting that is over: time, attendance, problems, and topic by topic what was said and decided.

    `told`: the facts of the meeting and of its platform; `titles`: of its topics. Words in 【】 are for the recorder to
    write. Raises `RuleBroken`.
    """
    sitting, names = sat(meeting, told, told), Named(town)
    refuse(sitting is None and Reason("not_found", "没有该次会议"))
    assert sitting is not None
    refuse(not_in(sitting.state, MeetingState.HELD, MeetingState.MINUTES_PUBLISHED))
    return "\n".join(_lines(sitting, titles, names))


def _lines(sitting: Sat, titles: Mapping[UUID, str], names: Named) -> Iterable[str]:
    state, held = sitting.state, sitting.held
    assert held is not None
    assert state.opened_at is not None
    yield f"{names.community(state.community)}“5+N”议事协商会议记录"
    yield f"时间：{moment(state.opened_at)}至{moment(held.held_at)}"
    yield f"地点：{state.venue or '【地点】'}"
    if state.form:
        yield f"形式：{named(state.form)}{'（紧急会议）' if state.urgent else ''}"
    if state.moderator:
        yield f"主持人：{called(f'post/{state.moderator}', sitting, names)}"
    yield f"记录人：{state.recorder or '【记录人】'}"
    yield "一、到会情况"
    yield from _attendance(sitting, names)
    yield "二、交流当月问题"
    problems = sitting.facts(ProblemRaised)
    for problem in problems:
        yield f"{problem.number}. {called(problem.party, sitting, names)}提出：{problem.public_title}。"
    if not problems:
        yield "经交流，各方当月没有新的问题。"
    yield "三、议题协商"
    if not held.conclusions:
        yield "本次会议没有议题。"
    for number, entry in enumerate(held.conclusions, 1):
        topic = ref_id(entry.topic)
        yield f"（{chinese(number)}）{titles.get(topic, str(topic))}"
        spoke = [fact.party for fact in sitting.facts(StatementRecorded) if fact.topic == entry.topic]
        for party in dict.fromkeys(spoke):
            yield f"{called(party, sitting, names)}发言：【发言要点】"
        yield from _positions(sitting, topic, names)
        yield f"结论：{named(entry.conclusion)}。【协商经过和理由】"
    general = [fact.party for fact in sitting.facts(StatementRecorded) if fact.topic is None]
    if general:
        yield "四、其他发言"
        for party in dict.fromkeys(general):
            yield f"{called(party, sitting, names)}发言：【发言要点】"
    yield f"会议记录应于{day(held.minutes_due_at)}前公布。"


def _attendance(sitting: Sat, names: Named) -> Iterable[str]:
    held = sitting.held
    assert held is not None
    there = held.attendance
    yield f"五方席位已到位{there.seats_filled}个，到会{there.seats_present}个；N方代表到会{there.members_present}人。"
    present = sorted(sitting.state.present)
    seats = [called(party, sitting, names) for party in present if ref_kind(party) == "seat"]
    units = [called(party, sitting, names) for party in present if ref_kind(party) == "unit"]
    if seats:
        yield f"到会席位：{'、'.join(seats)}。"
    kinds = [(kind, len(sitting.of_kind(kind, present))) for kind in MemberKind]
    if counted := [f"{named(kind)}{count}人" for kind, count in kinds if count]:
        yield f"到会代表：{'、'.join(counted)}。"
    if units:
        yield f"到会单位：{'、'.join(units)}。"
    if there.guests_present:
        yield f"获准参会人员到会{there.guests_present}人。"
    for seat, reason in sitting.vacant():
        yield f"席位{seat}空缺：{reason}。"
    reasons = {fact.party: fact.reason for fact in sitting.facts(InvitationExcused)}
    for party in there.excused:
        if ref_kind(party) != "member":
            yield f"请假：{called(party, sitting, names)}（{reasons.get(party, '【理由】')}）。"
    for party in there.unexcused:
        yield f"无故缺席：{called(party, sitting, names)}。"


def _positions(sitting: Sat, topic: UUID, names: Named) -> Iterable[str]:
    positions = sitting.positions(topic)
    for position in Position:
        parties = [party for party, held in sorted(positions.items()) if held is position]
        if parties:
            yield f"{named(position)}：{_joined(parties, sitting, names)}。"


def _joined(parties: Sequence[Party], sitting: Sat, names: Named) -> str:
    """Seats and units by name, members by number."""
    single = [called(party, sitting, names) for party in parties if ref_kind(party) in ("seat", "unit")]
    for kind, words in (("member", "N方代表"), ("guest", "获准参会人员")):
        if count := sum(ref_kind(party) == kind for party in parties):
            single.append(f"{words}{count}人")
    return "、".join(single)
