"""The fork check: nobody has heard what its producer did not say.

A listener is always read before those who speak. A journal only grows, so on a running town, too, whatever a listener has
was there already when the journals are asked: a fork found is a fork.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from ops.backup.cut import connected
from shared.plumbing.database import Connection

_PAGE = 2000
_SHOWN = 20
_FIRST = UUID(int=0)
_CAUSE = re.compile(r"([a-z][a-z-]*)/([0-9a-f-]{36})/([0-9]+)")

_MARKS = """
select kind, stream, max(version) as version from inbox where stream > $1 group by stream, kind order by stream limit $2
"""
_PARKED = """
select kind, stream, max(version) as version from parked where stream > $1 group by stream, kind order by stream limit $2
"""
_CAUSES = "select position, kind, stream, version, cause from journal where position > $1 order by position limit $2"
_SAID = "select stream, max(version) as version from journal where stream = any($1::uuid[]) group by stream"

_KEPT = """
select stream, max(kind) as kind, max(version) as version, count(*) as facts,
    sha256(string_agg(convert_to(concat_ws(E'\\n', version, type, cause,
    (extract(epoch from at) * 1000000)::bigint, data::jsonb), 'UTF8'), '\\x0a'::bytea order by version)) as digest
from facts where stream > $1 group by stream order by stream limit $2
"""
_JOURNALS = """
select stream,
    sha256(string_agg(convert_to(concat_ws(E'\\n', version, type, cause,
    (extract(epoch from occurred_at) * 1000000)::bigint, data::jsonb), 'UTF8'), '\\x0a'::bytea order by version)) as digest
from journal join unnest($1::uuid[], $2::int[]) kept(of, up_to) on stream = of and version <= up_to group by stream
"""
_KEPT_ONE = "select version, type, cause, at, data::jsonb::text as data from facts where stream = $1"
_JOURNAL_ONE = """
select version, type, cause, occurred_at as at, data::jsonb::text as data from journal where stream = $1 and version <= $2
"""
_DISCARDED = "select version from quarantine where stream = $1 and state = 'DISCARDED'"


@dataclass(slots=True)
class Compared:
    """How much was compared, and every fork in words: `forked` counts them all, `forks` names the first ones."""

    marks: int = 0
    causes: int = 0
    kept: int = 0
    forked: int = 0
    forks: list[str] = field(default_factory=list)

    def found(self, words: str) -> None:
        """A fork."""
        self.forked += 1
        if len(self.forks) < _SHOWN:
            self.forks.append(words)

    @property
    def words(self) -> str:
        """What was compared."""
        return f"比对 {self.marks} 个进度、{self.causes} 条因果、{self.kept} 条看板事实"


async def find_forks(databases: Mapping[str, str]) -> Compared:
    """Compare all services' databases with each other. All of them: a producer that is left out has said nothing."""
    async with connected(databases) as towns:
        compared = Compared()
        for service, con in towns.items():
            await _marks(compared, service, con, towns)
            await _causes(compared, service, con, towns)
            if await con.fetchval("select to_regclass('facts') is not null"):
                await _facts(compared, service, con, towns)
        return compared


async def _marks(compared: Compared, service: str, con: Connection, towns: Mapping[str, Connection]) -> None:
    """No mark, and nothing parked, is beyond what was said."""
    for query in (_MARKS, _PARKED):
        async for rows in _pages(con, query, "stream", _FIRST):
            said = await _said(towns, [row["stream"] for row in rows])
            compared.marks += len(rows)
            for row in rows:
                producer, version = said.get(row["stream"], ("", 0))
                if row["version"] > version:
                    compared.found(_beyond(service, row, producer, version))


def _beyond(service: str, row: asyncpg.Record, producer: str, version: int) -> str:
    heard = f"{row['kind']}/{row['stream']} 第 {row['version']} 条"
    if not producer:
        return f"{service} 已听到 {heard}，但没有一个服务说过它"
    return f"{service} 已听到 {producer} 的 {heard}，{producer} 只说到第 {version} 条"


async def _causes(compared: Compared, service: str, con: Connection, towns: Mapping[str, Connection]) -> None:
    """What a fact answers was said."""
    async for rows in _pages(con, _CAUSES, "position", 0):
        answers = [(row, match) for row in rows if (match := _CAUSE.fullmatch(row["cause"]))]
        said = await _said(towns, sorted({UUID(match[2]) for _, match in answers}))
        compared.causes += len(answers)
        for row, match in answers:
            if int(match[3]) > said.get(UUID(match[2]), ("", 0))[1]:
                compared.found(
                    f"{service} 的 {row['kind']}/{row['stream']} 第 {row['version']} 条由 {match[1]}/{match[2]} "
                    f"第 {match[3]} 条引起，后者无人说过"
                )


async def _facts(compared: Compared, service: str, con: Connection, towns: Mapping[str, Connection]) -> None:
    """Who keeps all facts (the dashboard) has them as they were said; how their JSON is written does not matter."""
    async for rows in _pages(con, _KEPT, "stream", _FIRST):
        columns = [row["stream"] for row in rows], [row["version"] for row in rows]
        answers = await asyncio.gather(*(town.fetch(_JOURNALS, *columns) for town in towns.values()))
        said = {row["stream"]: row["digest"] for answer in answers for row in answer}
        for row in rows:
            compared.kept += row["facts"]
            if row["digest"] != said.get(row["stream"]):
                await _first_difference(compared, service, con, towns, row)


async def _first_difference(
    compared: Compared, service: str, con: Connection, towns: Mapping[str, Connection], row: asyncpg.Record
) -> None:
    """A fact that people discarded is missing with reason; anything else that differs is a fork."""
    stream = row["stream"]
    kept = {found["version"]: found for found in await con.fetch(_KEPT_ONE, stream)}
    said = {
        found["version"]: found
        for town in towns.values()
        for found in await town.fetch(_JOURNAL_ONE, stream, row["version"])
    }
    discarded = {found["version"] for found in await con.fetch(_DISCARDED, stream)}
    for version in sorted(kept | said):
        if kept.get(version) != said.get(version) and not (version not in kept and version in discarded):
            compared.found(f"{service} 保存的 {row['kind']}/{stream} 第 {version} 条与说出它的服务不一致")
            return


async def _said(towns: Mapping[str, Connection], streams: Sequence[UUID]) -> dict[UUID, tuple[str, int]]:
    """Who said these streams, and how far."""
    answers = await asyncio.gather(*(town.fetch(_SAID, streams) for town in towns.values()))
    return {
        row["stream"]: (service, row["version"])
        for service, answer in zip(towns, answers, strict=True)
        for row in answer
    }


async def _pages(con: Connection, query: str, by: str, start: Any) -> AsyncIterator[list[asyncpg.Record]]:
    while rows := await con.fetch(query, start, _PAGE):
        yield rows
        start = rows[-1][by]
