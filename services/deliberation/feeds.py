"""订阅和日历: the notices and results as an Atom feed (RFC 4287), the meetings as a calendar (RFC 5545)."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from icalendar import Calendar, Event, Timezone

from services.deliberation.domain.published import PublicMeeting, PublicState
from services.deliberation.domain.wording import day
from services.deliberation.public import Disclosed, notice_text, result_text, where
from shared.plumbing.feeds import Entry, Site, utc
from shared.rules.township import SHANGHAI

_ZONE = "Asia/Shanghai"
_STATUS = {
    PublicState.NOTICED: "CONFIRMED",
    PublicState.HELD: "CONFIRMED",
    PublicState.POSTPONED: "TENTATIVE",
    PublicState.CANCELLED: "CANCELLED",
}


def _titled(one: PublicMeeting, site: Site) -> str:
    return f"{site.names.community(one.community)}{day(one.starts_at)}议事协商会议"


def entries(
    site: Site, meetings: Iterable[PublicMeeting], results: Iterable[Disclosed], called: Mapping[UUID, str]
) -> list[Entry]:
    """公示、会议结果、落实结果 as news."""
    found = []
    for one in meetings:
        link, title = f"{site.base}/public/meetings/{one.id}", _titled(one, site)
        notice = notice_text(one, called, site.names)
        found.append(
            Entry(f"meeting/{one.id}/notice", f"公示：{title}", link, one.noticed_at, one.announced_at, notice, "公示")
        )
        if one.result_at:
            assert one.held_at
            lines = result_text(one, called)
            found.append(
                Entry(f"meeting/{one.id}/result", f"结果：{title}", link, one.held_at, one.result_at, lines, "结果")
            )
    for result in results:
        link = f"{site.base}/public/topics/{result.id}"
        found.append(
            Entry(
                f"topic/{result.id}/result",
                f"落实结果：{result.title}",
                link,
                result.at,
                result.at,
                [result.result],
                "落实结果",
            )
        )
    return found


def calendar(
    site: Site, title: str, meetings: Iterable[PublicMeeting], called: Mapping[UUID, str], *, url: str
) -> bytes:
    """The meetings, with their changes and cancellations."""
    found = Calendar()
    found.add("prodid", f"-//{site.domain}//fiveplusn//ZH")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", title)
    found.add("x-wr-timezone", _ZONE)
    found.add("url", url)
    found.add_component(Timezone.from_tzid(_ZONE, first_date=date(2000, 1, 1), last_date=date(2100, 1, 1)))
    for one in meetings:
        found.add_component(_event(site, one, called))
    content: bytes = found.to_ical()
    return content


def _event(site: Site, one: PublicMeeting, called: Mapping[UUID, str]) -> Event:
    event, link = Event(), f"{site.base}/public/meetings/{one.id}"
    event.add("uid", f"{one.id}@{site.domain}")
    event.add("dtstamp", utc(one.changed_at))
    event.add("last-modified", utc(one.changed_at))
    event.add("dtstart", one.starts_at.astimezone(SHANGHAI).replace(microsecond=0))
    if one.held_at and one.held_at > one.starts_at:
        event.add("dtend", one.held_at.astimezone(SHANGHAI).replace(microsecond=0))
    event.add("sequence", one.sequence)
    event.add("status", _STATUS[one.state])
    topics = "；".join(called[topic] for topic in one.topics)
    event.add("summary", f"{site.names.community(one.community)}议事协商会议：{topics}")
    event.add("location", where(one, site.names))
    event.add("description", "\n".join([*notice_text(one, called, site.names), *result_text(one, called)]))
    event.add("url", link)
    event.add("class", "PUBLIC")
    event.add("transp", "TRANSPARENT")
    return event
