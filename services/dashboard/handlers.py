"""What the dashboard hears: everything."""

import json
from typing import Any

from services.dashboard.terms import DashboardTerms
from shared.events import deliberation, escalation, intake, projects
from shared.events.base import Fact
from shared.events.links import Link, links
from shared.plumbing.database import Connection
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service

PRODUCERS = (intake, deliberation, escalation, projects)
"""Imported so that the facts they define are known; the facts of a newer producer are stored without links."""

_NUMBER = "update numbering set last = last + $1 returning last"
_KEEP = """
insert into facts (number, service, kind, stream, version, position, type, data, actor, terms, at, cause, correlation,
received_at) select u.*, $14 from unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::bigint[],
$7::text[], $8::json[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::text[]) u
"""
_LINK = "insert into links select * from unnest($1::text[], $2::text[]) on conflict do nothing"


def listen(inbox: Inbox, service: Service[DashboardTerms]) -> None:
    """Keep every fact once, in the order of its stream."""

    @inbox.keeps_everything
    async def keep(con: Connection, heard: list[Heard[Any]]) -> None:
        """The row of `numbering` stays locked until the commit: the order of commits is the order of numbers."""
        rows, edges = [], set()
        for h in heard:
            body = h.body.decode()
            edges |= _edges(h, json.loads(body))
            header = h.headers.get
            rows.append(
                (
                    h.source.removesuffix(".events") or h.type.split(".")[1],
                    h.kind,
                    h.id,
                    h.version,
                    int(header("ce_position", "0")),
                    h.type,
                    body,
                    header("ce_actor", ""),
                    header("ce_terms", ""),
                    h.at,
                    header("ce_causationid", ""),
                    header("ce_correlationid", ""),
                )
            )
        last = await con.fetchval(_NUMBER, len(rows))
        numbers = list(range(last - len(rows) + 1, last + 1))
        columns = [list(column) for column in zip(*rows, strict=True)]
        await con.execute(_KEEP, numbers, *columns, service.now())
        if edges:
            sources, consequences = zip(*sorted(edges), strict=True)
            await con.execute(_LINK, sources, consequences)


def _edges(h: Heard[Any], data: Any) -> set[Link]:
    known = Fact.known.get(h.type)
    return links(known, h.ref, data) if known and isinstance(data, dict) else set()
