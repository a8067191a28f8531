"""How streams stand in the database: kept in bulk, from old facts too, and the same when it is built again."""

import asyncio
from typing import Any

from services.dashboard import rebuild
from services.dashboard.standing import Standing, stands
from shared.events.base import Fact, derived, ref, ref_id
from shared.events.intake import DemandCounted
from shared.plumbing.migrate import upgrade
from tests.integration.dashboard.town import BEGIN, DAY, HOUR, Said, complaint, everywhere, heard
from tests.support.running import Running

ISSUE = ref("issue", derived("test", "issue"))
DEMAND = ref("demand", derived("test", "demand"))
PARTS = [part for part in Standing._fields if part != "days"]
_STANDS = """
select stream, version, stood, began_at, last_at, last_type, due_at, due_since, ended_at, title, category, place, unit,
    number, days::text as days from streams order by stream
"""


def counted(days_ago: int, complaints: int) -> DemandCounted:
    day = (BEGIN - days_ago * DAY).date()
    where = {"category": "WATER", "community": "dahuichang", "place": "dahuichang-estate"}
    return DemandCounted(**where, day=day, complaints=complaints, people=1)


def some() -> list[Said]:
    """What is said everywhere, and the demand of two days, of which one is counted again."""
    return [*everywhere(), (DEMAND, 1, counted(1, 2)), (DEMAND, 2, counted(0, 1)), (DEMAND, 3, counted(1, 3))]


async def standing(here: Running) -> list[dict[str, Any]]:
    return [dict(row) for row in await here.service.pool.fetch(_STANDS)]


async def test_every_stream_stands_as_its_facts_say_in_one_batch_or_in_many(here: Running) -> None:
    said = some()
    await here.service.inbox.absorb(heard(here.service, said[:5]))
    await here.at(BEGIN + HOUR)
    for one in said[5:]:
        await here.service.inbox.absorb(heard(here.service, [one]))
    told: dict[Any, Standing] = {}
    for row in await here.service.pool.fetch("select stream, type, at, data::text as data from facts order by number"):
        known = Fact.known[row["type"]]
        content = known.read(row["data"]).model_dump(mode="json")
        told[row["stream"]] = stands(told.get(row["stream"]), known, row["type"], row["at"], content)
    for stood in await standing(here):
        assert stood["stood"] == stood["version"]
        for part in PARTS:
            assert stood[part] == getattr(told[stood["stream"]], part), part
    first = next(row for row in await standing(here) if row["stream"] == ref_id(complaint(0)))
    assert BEGIN <= first["began_at"] < first["last_at"] < BEGIN + 2 * HOUR
    assert first["due_at"] == BEGIN + 5 * DAY
    assert first["unit"] == "district-water"


async def test_of_a_demand_the_last_word_on_each_day_is_kept_between_batches(here: Running) -> None:
    for one in some():
        await here.service.inbox.absorb(heard(here.service, [one]))
    row = next(row for row in await standing(here) if row["stream"] == ref_id(DEMAND))
    assert row["days"] == '{"2024-01-31": [3, 1], "2024-02-01": [1, 1]}'


async def test_after_the_migration_old_facts_stand_as_new_ones(here: Running) -> None:
    await here.service.inbox.absorb(heard(here.service, some()))
    before = await standing(here)
    parts = [name for name in before[0] if name not in ("stream", "version")]
    dropped = ", ".join(f"drop column {name}" for name in parts)
    await here.service.pool.execute(f"alter table streams {dropped}; update alembic_version set version_num = '0007'")
    await asyncio.to_thread(upgrade, "dashboard", here.service.settings.dsn)
    await here.service.pool.expire_connections()
    assert await standing(here) == before


async def test_what_an_older_version_kept_meanwhile_stands_with_the_next_fact(here: Running) -> None:
    """It moves the version on, and knows nothing of how a stream stands."""
    said = some()
    await here.service.inbox.absorb(heard(here.service, said[:-1]))
    expected = await standing(here)
    nothing = ", ".join(f"{name} = null" for name in expected[0] if name not in ("stream", "version", "stood"))
    await here.service.pool.execute(f"update streams set stood = 0, {nothing} where kind <> 'issue'")
    await here.service.pool.execute("update streams set stood = 1, due_at = null, unit = null where kind = 'issue'")
    assert await standing(here) != expected
    await here.service.inbox.absorb(heard(here.service, [(complaint(9), 1, said[0][2])]))
    assert [row for row in await standing(here) if row["stream"] != ref_id(complaint(9))] == expected


async def test_built_again_it_stands_the_same_and_a_difference_is_found(here: Running) -> None:
    """What is on the topics is heard again here without a broker."""
    said, pool = some(), here.service.pool
    records = heard(here.service, said)
    await here.service.inbox.absorb(records)
    before = await standing(here)
    for damaged in (False, True):
        if damaged:
            await pool.execute("update streams set due_at = due_at + interval '1 day' where kind = 'issue'")
        found = await rebuild.compared(here.service, lambda: again(here, records))
        assert found.same is not damaged
        assert (found.before.standing == found.after.standing) is not damaged
        assert found.before.digest == found.after.digest
        assert await standing(here) == before
    assert await pool.fetch("select from pg_tables where tablename = 'streams_before'") != []


async def again(here: Running, records: list[Any]) -> int:
    await here.service.inbox.absorb(records)
    return len(records)


async def test_a_comparison_that_was_given_up_is_not_taken_for_the_next(here: Running) -> None:
    records = heard(here.service, some())
    await here.service.inbox.absorb(records)
    await here.service.pool.execute("update streams set due_at = due_at + interval '1 day' where kind = 'issue'")
    assert not (await rebuild.compared(here.service, lambda: again(here, records))).same
    await here.service.pool.execute("drop table facts_before, links_before")
    assert (await rebuild.compared(here.service, lambda: again(here, records))).same
