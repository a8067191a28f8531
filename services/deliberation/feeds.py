"""订阅和日历: the notices and results as an Atom feed (RFC 4287), the meetings as a calendar (RFC 5545)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from uuid import UUID

from feedgenerator import Atom1Feed
from icalendar import Calendar, Event, Timezone

from services.deliberation.domain.published import PublicMeeting, PublicState
from services.deliberation.domain.wording import Named, day
from services.deliberation.public import Disclosed, notice_text, result_text, where
from shared.rules.township import SHANGHAI

MOST_ENTRIES = 50
"""A feed has so many entries at most, the latest change first."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""
_ZONE = "Asia/Shanghai"
_STATUS = {
    PublicState.NOTICED: "CONFIRMED",
    PublicState.HELD: "CONFIRMED",
    PublicState.POSTPONED: "TENTATIVE",
    PublicState.CANCELLED: "CANCELLED",
}


@dataclass(frozen=True, slots=True)
class Site:
    """公开站点. `base`: where the pages stand, without a slash at the end; `authority`: of tag URIs (RFC 4151)."""

    base: str
    authority: str
    names: Named

    def tag(self, what: str) -> str:
        """A name that stays the same wherever the pages are moved to."""
        return f"tag:{self.authority}:{what}"

    @property
    def domain(self) -> str:
        """The town's own domain."""
        return self.authority.partition(",")[0]


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    lines: Sequence[str]
    category: str


class _Feed(Atom1Feed):  # type: ignore[misc]
    """A feed that has changed when its public has seen a change, and not whenever somebody asks."""

    def latest_post_date(self) -> datetime:
        """The feed's `updated`."""
        changed: datetime = self.feed["updated"]
        return changed


def _utc(at: datetime) -> datetime:
    """Whole seconds: no reader needs more, and some read no more."""
    return at.astimezone(UTC).replace(microsecond=0)


def _titled(one: PublicMeeting, site: Site) -> str:
    return f"{site.names.community(one.community)}{day(one.starts_at)}议事协商会议"


def _entries(
    site: Site, meetings: Iterable[PublicMeeting], results: Iterable[Disclosed], called: Mapping[UUID, str]
) -> list[_Entry]:
    found = []
    for one in meetings:
        link, title = f"{site.base}/public/meetings/{one.id}", _titled(one, site)
        notice = notice_text(one, called, site.names)
        found.append(
            _Entry(f"meeting/{one.id}/notice", f"公示：{title}", link, one.noticed_at, one.announced_at, notice, "公示")
        )
        if one.result_at:
            assert one.held_at
            lines = result_text(one, called)
            found.append(
                _Entry(f"meeting/{one.id}/result", f"结果：{title}", link, one.held_at, one.result_at, lines, "结果")
            )
    for result in results:
        link = f"{site.base}/public/topics/{result.id}"
        found.append(
            _Entry(
                f"topic/{result.id}/result",
                f"落实结果：{result.title}",
                link,
                result.at,
                result.at,
                [result.result],
                "落实结果",
            )
        )
    return sorted(found, key=lambda entry: (entry.updated, entry.id), reverse=True)[:MOST_ENTRIES]


def atom(
    site: Site,
    title: str,
    path: str,
    page: str,
    *,
    meetings: Iterable[PublicMeeting],
    results: Iterable[Disclosed],
    called: Mapping[UUID, str],
    began: datetime,
) -> tuple[bytes, datetime]:
    """The feed that stands at `path` and tells what `page` shows, and when it last changed."""
    entries = _entries(site, meetings, results, called)
    updated = max((entry.updated for entry in entries), default=began)
    feed = _Feed(
        title,
        site.base + page,
        None,
        language="zh-CN",
        author_name=site.names.town,
        feed_url=site.base + path,
        feed_guid=site.tag(path.removeprefix("/")),
        updated=_utc(updated),
    )
    for entry in entries:
        feed.add_item(
            _NOT_XML.sub("\ufffd", entry.title),
            entry.link,
            None,
            unique_id=site.tag(entry.id),
            categories=(entry.category,),
            pubdate=_utc(entry.published),
            updateddate=_utc(entry.updated),
            content="<br/>".join(escape(_NOT_XML.sub("\ufffd", line)) for line in entry.lines),
        )
    return feed.writeString("utf-8").encode(), updated


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
    event.add("dtstamp", _utc(one.changed_at))
    event.add("last-modified", _utc(one.changed_at))
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
