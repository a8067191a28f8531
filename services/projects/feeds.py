"""订阅: what became public of projects, as an Atom feed (RFC 4287)."""

from collections.abc import Iterable

from services.projects.domain.wording import named
from services.projects.public import Told
from shared.plumbing.feeds import Entry, Site


def entries(site: Site, told: Iterable[Told]) -> list[Entry]:
    """项目动态 as news: one entry for each step, under the name of its fact."""
    return [
        Entry(
            f"project/{one.id}/{one.version}",
            f"{one.heading}：{one.project.public_title}",
            f"{site.base}/public/projects/{one.id}",
            one.at,
            one.at,
            [
                line
                for line in (
                    f"社区（村）：{site.names.community(one.project.community)}",
                    f"分类：{named(one.project.project_category)}",
                    one.text,
                )
                if line
            ],
            one.heading,
        )
        for one in told
    ]
