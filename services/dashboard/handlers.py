"""What the dashboard hears: everything."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from services.dashboard.concerns import NOBODY, concerned, told
from services.dashboard.standing import Standing, stands
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
_TYPES = dict.fromkeys(("began_at", "last_at", "due_at", "ended_at"), "timestamptz") | {"days": "jsonb"}
_PARTS = {part: _TYPES.get(part, "text") for part in Standing._fields}
"""The columns of a `Standing`, in its order."""
_NAMES = ", ".join(_PARTS)


def _arrays(first: int) -> str:
    """The arrays of these columns as parameters, from this number on."""
    return ", ".join(f"${number}::{type}[]" for number, type in enumerate(_PARTS.values(), first))


_STREAMS = f"""
select stream, community, communities, departments, confidential, {_NAMES} from streams
where stream = any($1::uuid[])
"""
_STAND = f"""
insert into streams (stream, kind, version, stood, community, communities, departments, confidential, {_NAMES})
select stream, kind, version, version, community, array(select jsonb_array_elements_text(communities)),
array(select jsonb_array_elements_text(departments)), confidential, {_NAMES} from unnest($1::uuid[], $2::text[],
$3::int[], $4::text[], $5::jsonb[], $6::jsonb[], $7::bool[], {_arrays(8)})
u(stream, kind, version, community, communities, departments, confidential, {_NAMES}) order by stream
on conflict (stream) do update set version = excluded.version, stood = excluded.stood,
community = excluded.community, communities = excluded.communities, departments = excluded.departments,
confidential = excluded.confidential, {", ".join(f"{part} = excluded.{part}" for part in _PARTS)}
"""
_BEHIND = "select stream from streams where stood <> version order by stream limit 1000"
_TOLD = """
select stream, type, at, data::text as data from facts where stream = any($1::uuid[]) order by stream, version
"""
_STAND_AGAIN = f"""
update streams s set stood = s.version, {", ".join(f"{part} = u.{part}" for part in _PARTS)} from unnest($1::uuid[],
{_arrays(2)}) u(stream, {_NAMES}) where s.stream = u.stream
"""
_LINK = "insert into links select * from unnest($1::text[], $2::text[]) on conflict do nothing"


def listen(inbox: Inbox, service: Service[DashboardTerms]) -> None:
    """Keep every fact once, in the order of its stream."""

    @inbox.keeps_everything
    async def keep(con: Connection, heard: list[Heard[Any]]) -> None:
        """The row of `numbering` stays locked until the commit: the order of commits is the order of numbers."""
        last = await con.fetchval(_NUMBER, len(heard))
        await catch_up(con)
        known = {row["stream"]: row for row in await con.fetch(_STREAMS, list({h.id for h in heard}))}
        scopes = {stream: _scope(row) for stream, row in known.items()}
        standing = {stream: _standing(row) for stream, row in known.items()}
        rows, edges, ends = [], set(), {}
        for number, h in enumerate(heard, last - len(heard) + 1):
            at, body = h.at, h.body.decode()
            data = json.loads(body)
            fact = Fact.known.get(h.type)
            before = scopes.get(h.id, NOBODY)
            content = data if isinstance(data, dict) else {}
            edges |= links(fact, h.ref, content) if fact else set()
            after = scopes[h.id] = concerned(before, fact, content)
            standing[h.id] = stands(standing.get(h.id), fact, h.type, at, content)
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
                    at,
                    header("ce_causationid", ""),
                    header("ce_correlationid", ""),
                    *_columns(told(before, after)),
                )
            )
            ends[h.id] = (h.id, h.kind, h.version)
        await con.execute(_KEEP, *map(list, zip(*rows, strict=True)), service.now())
        stood = [(*end, *_columns(scopes[id]), *_parts(standing[id])) for id, end in ends.items()]
        await con.execute(_STAND, *map(list, zip(*stood, strict=True)))
        if edges:
            await con.execute(_LINK, *map(list, zip(*sorted(edges), strict=True)))


async def catch_up(con: Connection) -> None:
    """What an older version of this service has kept meanwhile stands as its facts say, too."""
    while behind := [row["stream"] for row in await con.fetch(_BEHIND)]:
        standing: dict[UUID, Standing] = {}
        for row in await con.fetch(_TOLD, behind):
            id, data = row["stream"], json.loads(row["data"])
            content = data if isinstance(data, dict) else {}
            standing[id] = stands(standing.get(id), Fact.known.get(row["type"]), row["type"], row["at"], content)
        stood = [(id, *_parts(one)) for id, one in standing.items()]
        await con.execute(_STAND_AGAIN, *map(list, zip(*stood, strict=True)))


def _standing(row: asyncpg.Record) -> Standing:
    found = Standing(*(row[part] for part in _PARTS))
    return found._replace(days=json.loads(row["days"])) if row["days"] else found


def _parts(standing: Standing) -> tuple[Any, ...]:
    """The values of a standing's columns."""
    return standing if standing.days is None else (*standing[:-1], json.dumps(standing.days))


def _scope(row: asyncpg.Record) -> Scope:
    return Scope(row["community"], tuple(row["departments"]), row["confidential"], tuple(row["communities"]))


def _columns(scope: Scope) -> tuple[str | None, str, str, bool]:
    return scope.community, json.dumps(scope.communities), json.dumps(scope.departments), scope.confidential
