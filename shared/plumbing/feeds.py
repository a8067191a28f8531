"""订阅: Atom feeds (RFC 4287) of what has become public."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from feedgenerator import Atom1Feed

from shared.rules.naming import Named

MOST_ENTRIES = 50
"""A feed has so many entries at most, the latest change first."""
FEED_MONTHS = 12
"""Feeds look back so far."""
ATOM = "application/atom+xml"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


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
class Entry:
    """One piece of news. `id`: for its tag, the same for ever; `link`: the address of its page."""

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


def utc(at: datetime) -> datetime:
    """Whole seconds: no reader needs more, and some read no more."""
    return at.astimezone(UTC).replace(microsecond=0)


def atom(
    site: Site, title: str, path: str, page: str, entries: Iterable[Entry], began: datetime
) -> tuple[bytes, datetime]:
    """The feed that stands at `path` and tells what `page` shows, and when it last changed; `began`: if it never did."""
    newest = sorted(entries, key=lambda entry: (entry.updated, entry.id), reverse=True)[:MOST_ENTRIES]
    updated = max((entry.updated for entry in newest), default=began)
    feed = _Feed(
        title,
        site.base + page,
        None,
        language="zh-CN",
        author_name=site.names.town,
        feed_url=site.base + path,
        feed_guid=site.tag(path.removeprefix("/")),
        updated=utc(updated),
    )
    for entry in newest:
        feed.add_item(
            _NOT_XML.sub("\ufffd", entry.title),
            entry.link,
            None,
            unique_id=site.tag(entry.id),
            categories=(entry.category,),
            pubdate=utc(entry.published),
            updateddate=utc(entry.updated),
            content="<br/>".join(escape(_NOT_XML.sub("\ufffd", line)) for line in entry.lines),
        )
    return feed.writeString("utf-8").encode(), updated
