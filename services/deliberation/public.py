"""公开: what everybody may know of platforms, meetings and topics, as plain data for pages, feeds and programs.

Only what a notice, a result or a disclosure has made public; numbers of residents below five are not told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.deliberation import duty
from services.deliberation.domain.duty import STATE_WORDS as MONTH_WORDS
from services.deliberation.domain.duty import Month, MonthState
from services.deliberation.domain.meeting import Application
from services.deliberation.domain.platform import CONVENER, SEATS, Platform, platform_id
from services.deliberation.domain.published import PUBLIC, STATE_WORDS, PublicMeeting, PublicState, seen
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import STATE_WORDS as TOPIC_WORDS
from services.deliberation.domain.topic import TopicState
from services.deliberation.domain.wording import HEADINGS, Named, named
from services.deliberation.store import PLATFORMS
from shared.events import deliberation as said
from shared.events.base import Fact, ref_id
from shared.events.vocabulary import TopicOrigin
from shared.plumbing.database import Pool
from shared.plumbing.public_pages import Shown
from shared.plumbing.service import Service
from shared.rules.month import months_before
from shared.rules.small_counts import shown
from shared.rules.township import SHANGHAI

MOST = 500
"""At most so many meetings, or topics, are looked at for one page."""
_MEETINGS = """
select j.stream, j.type, j.data::text as data, j.occurred_at
from (
    select id from meetings where ($1::text is null or community = $1) and ($2::timestamptz is null or starts_at >= $2)
    and ($3::uuid is null or id = $3) order by starts_at desc limit $4
) m join journal j on j.stream = m.id
where j.type = any($5) order by j.stream, j.version
"""
_TITLES = "select id, public_title from topics where id = any($1::uuid[])"
_DISCLOSED = """
select t.id, t.community, t.public_title, t.result, max(j.occurred_at) as at
from topics t join journal j on j.stream = t.id and j.type = $1
where t.result is not null and ($2::text is null or t.community = $2)
group by t.id having max(j.occurred_at) >= $3 order by at desc limit $4
"""
_TOPIC = """
select community, category, place, public_title, origin, people, state, result from topics t where id = $1
and exists (select from journal where stream = t.id and type = any($2))
"""
_STEPS = """
select type, data::text as data, occurred_at from journal
where type = any($2) and stream = any(array[$1::uuid] || array(select id from assemblies where topic = $1))
order by position
"""
_BEGAN = "select min(occurred_at) from journal where kind = 'platform' and ($1::uuid is null or stream = $1)"
OPENING: tuple[type[Fact], ...] = (said.TopicScheduled, said.TopicDisclosed)
"""By these a topic becomes public."""
STEPS: tuple[type[Fact], ...] = (
    said.TopicScheduled,
    said.TopicUnscheduled,
    said.TopicOpened,
    said.TopicSettled,
    said.TopicAgreed,
    said.TopicDeferred,
    said.TopicReferredToAssembly,
    said.TopicReportedUpward,
    said.TopicNeedsDepartments,
    said.TopicNeedsProject,
    said.TopicImplementing,
    said.TopicProgressed,
    said.TopicCarriedOut,
    said.TopicDisclosed,
    said.TopicClosed,
    said.TopicReopened,
    said.AssemblyNoticed,
    said.AssemblyPublished,
)
"""公开环节: the steps of a topic that everybody is shown."""
ROLES = {CONVENER: "社区（村）党组织书记"}
"""Posts as the public knows them: an office, never a person."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """公开的结果 of a topic, and when it was made public."""

    id: UUID
    community: str
    title: str
    result: str
    at: datetime


async def meetings(
    pool: Pool, *, community: str | None = None, since: datetime | None = None, id: UUID | None = None
) -> list[PublicMeeting]:
    """Those of which a notice was published, the latest start first."""
    rows = await pool.fetch(_MEETINGS, community, since, id, MOST, [fact.wire_type for fact in PUBLIC])
    found: dict[UUID, PublicMeeting | None] = {}
    for row in rows:
        fact = Fact.known[row["type"]].read(row["data"])
        assert isinstance(fact, said.MeetingFact)
        found[row["stream"]] = seen(found.get(row["stream"]), row["stream"], fact, row["occurred_at"])
    return sorted((one for one in found.values() if one), key=lambda one: (one.starts_at, one.id.int), reverse=True)


async def disclosed(pool: Pool, community: str | None, since: datetime) -> list[Disclosed]:
    """结果公开 since then, the latest first."""
    rows = await pool.fetch(_DISCLOSED, said.TopicDisclosed.wire_type, community, since, MOST)
    return [Disclosed(*row) for row in rows]


async def began(pool: Pool, community: str | None) -> datetime:
    """When the platform, or the first one, was founded: before that nothing could be public."""
    at: datetime = await pool.fetchval(_BEGAN, platform_id(community) if community else None)
    return at


async def titles(pool: Pool, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """公开标题 of topics."""
    return {row["id"]: row["public_title"] for row in await pool.fetch(_TITLES, list(set(ids)))}


async def overview(service: Service[Terms], community: str | None = None) -> Shown:
    """公开首页, or that of one community: meetings to come, results of the last months."""
    now, pool = service.now(), service.pool
    since = months_before(now, service.today.public.results_months)
    found = await meetings(pool, community=community, since=since)
    ended = await disclosed(pool, community, since)
    called = await titles(pool, (topic for one in found for topic in one.topics))
    coming = [one for one in found if one.state is not PublicState.HELD and one.starts_at > now]
    lines = {one.id: _line(one, called, service, now) for one in found}
    return {
        "town": service.town.name,
        "months": service.today.public.results_months,
        "coming": [lines[one.id] for one in reversed(coming)],
        "held": [lines[one.id] for one in found if one.state is PublicState.HELD],
        "results": [
            {
                "id": str(one.id),
                "title": one.title,
                "result": one.result,
                "community": Named(service.town).community(one.community),
                "at": one.at.isoformat(),
            }
            for one in ended
        ],
        "communities": [{"code": one.code, "name": one.name} for one in service.town.communities],
    }


async def community(service: Service[Terms], code: str) -> Shown | None:
    """一个社区（村）的协商平台: place, seats, the year's months, its meetings and results; None when there is none."""
    row = await service.pool.fetchrow(PLATFORMS.read_sql, platform_id(code))
    if row is None:
        return None
    platform: Platform = PLATFORMS.stored(row)
    now = service.now().astimezone(SHANGHAI)
    found = await overview(service, code)
    del found["communities"]
    return found | {
        "community": {"code": code, "name": Named(service.town).community(code)},
        "organisation": platform.organisation,
        "venue": platform.venue,
        "rules": platform.rules_title,
        "seats": [_seat(number, platform) for number in sorted(SEATS)],
        "members": [named(kind) for kind in said.MemberKind if kind in platform.members.values()],
        "next": next((one for one in found["coming"] if one["state"] == PublicState.NOTICED), None),
        "year": now.year,
        "year_months": [
            _month(one, now, service.today) for one in await duty.board(service.pool, None, now.year, code)
        ],
    }


def _seat(number: int, platform: Platform) -> Shown:
    held = platform.seats.get(number)
    return {
        "seat": number,
        "role": SEATS[number],
        "holder": held.holder if held else None,
        "vacant_because": held.vacant_because if held else None,
    }


def _month(month: Month, now: datetime, terms: Terms) -> Shown:
    """One month of the year: how many meetings were held, and how that is to be read."""
    held, state = len(month.held), month.state(now, terms)
    says = f"已召开 {held} 次" if held else MONTH_WORDS[state]
    return {"month": month.month.month, "meetings": held, "missed": state is MonthState.MISSED, "says": says}


def _line(one: PublicMeeting, called: Mapping[UUID, str], service: Service[Terms], now: datetime) -> Shown:
    return {
        "id": str(one.id),
        "community": {"code": one.community, "name": Named(service.town).community(one.community)},
        "state": one.state,
        "says": STATE_WORDS[one.state],
        "starts_at": one.starts_at.isoformat(),
        "venue": where(one, Named(service.town)),
        "urgent": one.urgent,
        "topics": [{"id": str(topic), "title": called[topic]} for topic in one.topics],
        "open_until": one.stands_until.isoformat() if one.open_to_applications(now) else None,
    }


async def meeting(service: Service[Terms], id: UUID) -> Shown | None:
    """一次会议: all five items of its notice, how to apply, later its result; None when nothing of it is public."""
    found = await meetings(service.pool, id=id)
    if not found:
        return None
    (one,) = found
    row = await service.pool.fetchrow(PLATFORMS.read_sql, platform_id(one.community))
    assert row is not None
    called = await titles(service.pool, (*one.topics, *(ref_id(each.topic) for each in one.conclusions)))
    return _line(one, called, service, service.now()) | {
        "town": service.town.name,
        "form": named(one.form),
        "moderator": ROLES.get(one.moderator, one.moderator),
        "participants": participants(one, PLATFORMS.stored(row), Named(service.town)),
        "urgent_because": one.urgent_because,
        "text": one.text,
        "reason": one.reason if one.state in (PublicState.POSTPONED, PublicState.CANCELLED) else None,
        "noticed_at": one.noticed_at.isoformat(),
        "changed_at": one.changed_at.isoformat(),
        "held_at": one.held_at.isoformat() if one.held_at else None,
        "attendance": _attendance(one.attendance) if one.attendance else None,
        "conclusions": [_conclusion(each, called) for each in one.conclusions],
        "minutes": _minutes(one),
    }


def participants(one: PublicMeeting, platform: Platform, names: Named) -> list[str]:
    """参加人员 in words: seats with who takes them, members by kind alone, units by their names."""
    labels, found = dict(one.labels), dict[str, None]()
    for party in one.participants:
        kind, _, name = party.partition("/")
        match kind:
            case "seat":
                held = platform.seats.get(int(name))
                found[f"{SEATS[int(name)]}（{held.holder}）" if held and held.holder else SEATS[int(name)]] = None
            case "member":
                member = platform.members.get(UUID(name))
                found[f"N方代表（{named(member)}）" if member else "N方代表"] = None
            case "unit":
                found[labels.get(party) or names.unit(name)] = None
    return list(found)


def _attendance(there: said.Attendance) -> Shown:
    return {
        "seats_present": there.seats_present,
        "seats_filled": there.seats_filled,
        "units_present": there.units_present,
        "members_present": shown(there.members_present),
        "guests_present": shown(there.guests_present),
    }


def _conclusion(each: said.TopicConcluded, called: Mapping[UUID, str]) -> Shown:
    topic = ref_id(each.topic)
    return {
        "topic": {"id": str(topic), "title": called[topic]},
        "conclusion": each.conclusion,
        "says": named(each.conclusion),
        "support": shown(each.support),
        "oppose": shown(each.oppose),
        "abstain": shown(each.abstain),
        "seat_objections": each.seat_objections,
    }


def _minutes(one: PublicMeeting) -> Shown | None:
    if one.minutes is None:
        return None
    corrected = one.minutes.reason if isinstance(one.minutes, said.MinutesCorrected) else None
    return {
        "version": one.minutes.version,
        "text": one.minutes.text,
        "sha256": one.minutes.sha256,
        "corrected_because": corrected,
    }


async def topic(service: Service[Terms], id: UUID) -> Shown | None:
    """一项议题: its steps with their dates, its result; None as long as no notice named it and nothing was disclosed."""
    row = await service.pool.fetchrow(_TOPIC, id, [fact.wire_type for fact in OPENING])
    if row is None:
        return None
    names = Named(service.town)
    steps = await service.pool.fetch(_STEPS, id, [fact.wire_type for fact in STEPS])
    state = TopicState(row["state"])
    return {
        "id": str(id),
        "town": service.town.name,
        "title": row["public_title"],
        "community": {"code": row["community"], "name": names.community(row["community"])},
        "category": names.category(row["category"]),
        "place": names.place(row["place"]) or None,
        "origin": named(TopicOrigin(row["origin"])),
        "people": shown(row["people"]) if row["people"] is not None else None,
        "state": state,
        "says": TOPIC_WORDS[state],
        "result": row["result"],
        "steps": [_step(Fact.known[step["type"]].read(step["data"]), step["occurred_at"], names) for step in steps],
    }


def _step(fact: Fact, at: datetime, names: Named) -> Shown:
    """One step: what happened, a sentence where it has one, the meeting where there was one."""
    says, note = HEADINGS[type(fact)], None
    match fact:
        case said.TopicUnscheduled() | said.TopicDeferred() | said.TopicReopened():
            note = fact.reason
        case said.TopicReferredToAssembly():
            note = f"由{named(fact.forum)}决定"
        case said.TopicNeedsDepartments():
            note = f"由{names.unit(fact.lead)}牵头"
        case said.TopicProgressed():
            says = named(fact.step) + (f"（{named(fact.stage)}）" if fact.stage else "")
        case said.AssemblyNoticed():
            note = f"地点：{fact.venue}"
        case said.AssemblyPublished():
            note = fact.text
        case said.TopicDisclosed():
            note = fact.result
    mentioned = getattr(fact, "meeting", None)
    return {"at": at.isoformat(), "says": says, "note": note, "meeting": str(ref_id(mentioned)) if mentioned else None}


ANSWERS = {
    Application.OPEN: "已收到，等待答复",
    Application.ADMITTED: "同意参会",
    Application.DECLINED: "未同意参会",
}
"""How an application stands, in words."""


def where(one: PublicMeeting, names: Named) -> str:
    """地点, with the community unless the place is called after it."""
    name = names.community(one.community)
    return one.venue if one.venue.startswith(name) else f"{name} {one.venue}"


def notice_text(one: PublicMeeting, called: Mapping[UUID, str], names: Named) -> Sequence[str]:
    """公示 in lines, for feeds and calendars."""
    lines = [
        f"状态：{STATE_WORDS[one.state]}" + (f"（{one.reason}）" if one.reason and not one.held_at else ""),
        f"议题：{'；'.join(called[topic] for topic in one.topics)}",
        f"地点：{where(one, names)}",
        f"形式：{named(one.form)}",
        f"主持：{ROLES.get(one.moderator, one.moderator)}",
    ]
    if one.urgent_because:
        lines.append(f"紧急会议：{one.urgent_because}")
    return lines


def result_text(one: PublicMeeting, called: Mapping[UUID, str]) -> Sequence[str]:
    """会议结果 in lines."""
    lines = [f"{called[ref_id(each.topic)]}：{named(each.conclusion)}" for each in one.conclusions]
    if one.minutes:
        lines.append(f"会议记录（第{one.minutes.version}版）已公布，SHA-256：{one.minutes.sha256}")
    return lines
