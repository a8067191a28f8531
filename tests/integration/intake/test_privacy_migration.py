"""What ended before retention was known is remembered for three years from its end, too."""

import asyncio
from datetime import datetime

import asyncpg

from services.intake.store import COMPLAINTS
from shared.plumbing.migrate import upgrade
from tests.integration.intake.town import BEGIN
from tests.support.running import migrated
from tests.support.servers import Server

_STRIPPED = """
alter table complaints drop column ended_at, drop column retain_until, drop column reopened_at;
drop table erasures; drop table forgotten_orders; drop table forgotten_people;
drop index audit_at; drop index audit_actor;
delete from timers;
update alembic_version set version_num = '0009'
"""
_ENDED = """
insert into journal (kind, stream, version, type, data, actor, occurred_at, recorded_at, cause, correlation, terms, hash)
values ('complaint', $1, $2, 'fiveplusn.intake.' || $3 || '.v1', $4, '', now(), now(), '', '', '', '')
"""


async def test_old_ends_get_their_time_and_their_timer(postgres: Server) -> None:
    async with migrated(postgres, "intake", BEGIN) as url:
        con = await asyncpg.connect(url)
        await con.execute(_STRIPPED)
        empty = {"jsonb": "[]", "boolean": False, "integer": 0, "bytea": b"", "text": "x"}
        ids = [await con.fetchval("select gen_random_uuid()") for _ in range(2)]
        needed = await con.fetch(
            "select column_name, data_type from information_schema.columns where table_name = 'complaints' "
            "and is_nullable = 'NO' and column_name <> 'id'"
        )
        names = ", ".join(row["column_name"] for row in needed)
        places = ", ".join(f"${n}" for n in range(2, len(needed) + 2))
        values = [empty.get(row["data_type"], BEGIN) for row in needed]
        for id in ids:
            await con.execute(f"insert into complaints (id, {names}) values ($1, {places})", id, *values)
        await con.execute(_ENDED, ids[0], 1, "ComplaintReceived", "{}")
        end = '{"ground": "SATISFIED", "closed_at": "2024-02-01T10:00:00+08:00"}'
        await con.execute(_ENDED, ids[0], 2, "ComplaintClosed", end)
        await con.execute(_ENDED, ids[1], 1, "ComplaintReceived", "{}")
        for version, day in ((2, 1), (3, 5)):
            again = f'{{"reopened_at": "2024-02-0{day}T10:00:00+08:00"}}'
            await con.execute(_ENDED, ids[1], version, "ComplaintReopened", again)
        await asyncio.to_thread(upgrade, "intake", url)
        reopened = [await con.fetchval("select reopened_at from complaints where id = $1", id) for id in ids]
        assert reopened == [None, datetime.fromisoformat("2024-02-05T10:00:00+08:00")]
        rows = {row["id"]: row for row in await con.fetch("select id, ended_at, retain_until from complaints")}
        assert (rows[ids[0]]["retain_until"] - rows[ids[0]]["ended_at"]).days == 1096
        assert rows[ids[0]]["ended_at"].isoformat() == "2024-02-01T02:00:00+00:00"
        assert rows[ids[1]]["retain_until"] is None
        timers = await con.fetch("select kind, subject, name, version, due_at from timers")
        assert [tuple(row) for row in timers] == [
            (COMPLAINTS.name, ids[0], "retention", 1, rows[ids[0]]["retain_until"])
        ]
        await con.close()
