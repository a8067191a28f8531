"""What the dashboard hears: everything."""

import json
from typing import Any

import asyncpg

from services.dashboard.concerns import NOBODY, concerned, told
from services.dashboard.terms import DashboardTerms
from shared.events import deliberation, escalation, intake, projects
from shared.events.base import Fact
from shared.events.links import links
from shared.plumbing.caller import Scope
from shared.plumbing.database import Connection
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service

PRODUCERS = (intake, deliberation, escalation, projects)
"""Imported so that the facts they define are known; the facts of a newer producer are stored without links."""

_NUMBER = "update numbering set last = last + $1 returning last"
_KEEP = """
insert into facts (number, service, kind, stream, version, position, type, data, actor, terms, at, cause, correlation,
community, communities, departments, confidential, received_at) select number, service, kind, stream, version, position,
type, data, actor, terms, at, cause, correlation, community, array(select jsonb_array_elements_text(communities)),
array(select jsonb_array_elements_text(departments)), confidential, $18 from unnest($1::bigint[], $2::text[],
$3::text[], $4::uuid[], $5::int[], $6::bigint[], $7::text[], $8::json[], $9::text[], $10::text[], $11::timestamptz[],
$12::text[], $13::text[], $14::text[], $15::jsonb[], $16::jsonb[], $17::bool[]) u(number, service, kind, stream,
version, position, type, data, actor, terms, at, cause, correlation, community, communities, departments, confidential)
"""
_STREAMS = (
    "select stream, community, communities, departments, confidential from streams where stream = any($1::uuid[])"
)
_STAND = """
insert into streams (stream, kind, version, community, communities, departments, confidential)
select stream, kind, version, community, array(select jsonb_array_elements_text(communities)),
array(select jsonb_array_elements_text(departments)), confidential from unnest($1::uuid[], $2::text[], $3::int[],
$4::text[], $5::jsonb[], $6::jsonb[], $7::bool[]) u(stream, kind, version, community, communities, departments,
confidential) order by stream on conflict (stream) do update set version = excluded.version,
community = excluded.community, communities = excluded.communities, departments = excluded.departments,
confidential = excluded.confidential
"""
_LINK = "insert into links select * from unnest($1::text[], $2::text[]) on conflict do nothing"


def listen(inbox: Inbox, service: Service[DashboardTerms]) -> None:
    """Keep every fact once, in the order of its stream."""

    @inbox.keeps_everything
    async def keep(con: Connection, heard: list[Heard[Any]]) -> None:
        """The row of `numbering` stays locked until the commit: the order of commits is the order of numbers."""
        last = await con.fetchval(_NUMBER, len(heard))
        streams = {row["stream"]: _scope(row) for row in await con.fetch(_STREAMS, list({h.id for h in heard}))}
        rows, edges, standing = [], set(), {}
        for number, h in enumerate(heard, last - len(heard) + 1):
            body = h.body.decode()
            data = json.loads(body)
            known = Fact.known.get(h.type)
            before = streams.get(h.id, NOBODY)
            fields = data if isinstance(data, dict) else {}
            edges |= links(known, h.ref, fields) if known else set()
            after = streams[h.id] = concerned(before, known, fields)
            header = h.headers.get
            rows.append(
                (
                    number,
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
                    *_columns(told(before, after)),
                )
            )
            standing[h.id] = (h.id, h.kind, h.version, *_columns(after))
        await con.execute(_KEEP, *map(list, zip(*rows, strict=True)), service.now())
        await con.execute(_STAND, *map(list, zip(*standing.values(), strict=True)))
        if edges:
            await con.execute(_LINK, *map(list, zip(*sorted(edges), strict=True)))


def _scope(row: asyncpg.Record) -> Scope:
    return Scope(row["community"], tuple(row["departments"]), row["confidential"], tuple(row["communities"]))


def _columns(scope: Scope) -> tuple[str | None, str, str, bool]:
    return scope.community, json.dumps(scope.communities), json.dumps(scope.departments), scope.confidential
