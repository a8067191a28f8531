"""A dashboard from before facts kept whose business they are: after the migration they say the same as if heard now."""

import asyncio

from shared.plumbing.migrate import upgrade
from tests.integration.dashboard.town import everywhere, heard
from tests.support.running import Running

_STRIPPED = """
drop index facts_of_community;
drop table streams;
drop table logins;
alter table facts drop column community, drop column communities, drop column departments, drop column confidential;
update alembic_version set version_num = '0005'
"""
_CONCERNS = "select {} community, communities, departments, confidential from {} order by 1, 2"


async def test_old_facts_concern_the_same_as_new_ones(here: Running) -> None:
    pool = here.service.pool
    await here.service.inbox.absorb(heard(here.service, everywhere()))
    tables = [_CONCERNS.format("number,", "facts"), _CONCERNS.format("stream, kind, version,", "streams")]
    before = [[tuple(row) for row in await pool.fetch(table)] for table in tables]
    await pool.execute(_STRIPPED)
    await asyncio.to_thread(upgrade, "dashboard", here.service.settings.dsn)
    await pool.expire_connections()
    assert [[tuple(row) for row in await pool.fetch(table)] for table in tables] == before
    assert {row[1] for row in before[0]} == {"dahuichang", "zhangguozhuang", None}
