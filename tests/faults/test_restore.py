"""Backup and restore of two services that hear each other: one moment, no forks, and a lost future that stays lost."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.protocol.admin import DescribeGroupsResponse_v2

from ops.backup import cut as cutting
from ops.backup import restoring
from ops.backup.era import ERA, era_after
from ops.backup.folder import MANIFEST, dump_name
from ops.backup.forks import find_forks
from ops.backup.restoring import restore
from ops.backup.saving import save
from ops.backup.topics import listening
from ops.embedded.processes import StackError
from shared.plumbing.database import Connection
from tests.support.pair import PARTITIONS, Pair, pair_on, until
from tests.support.servers import Server

BOXES, TIMES = 20, 5


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def empty(postgres: Server) -> AsyncIterator[dict[str, str]]:
    async with empty_databases(postgres) as databases:
        yield databases


@asynccontextmanager
async def empty_databases(postgres: Server) -> AsyncIterator[dict[str, str]]:
    """One new database for each of the two; dropped afterwards."""
    con = await asyncpg.connect(postgres.admin)
    names = {service: f"e_{secrets.token_hex(6)}" for service in ("sample", "listener")}
    try:
        for name in names.values():
            await con.execute(f"create database {name}")
        yield {service: postgres.admin.rpartition("/")[0] + f"/{name}" for service, name in names.items()}
    finally:
        for name in names.values():
            await con.execute(f"drop database if exists {name} with (force)")
        await con.close()


async def start(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.ready("listener")


async def stop(pair: Pair) -> None:
    for child in pair.children.values():
        await child.stop((signal.SIGTERM, 15))


async def a_backup_and_a_lost_future(pair: Pair, folder: Path) -> None:
    """20 boxes, filled 5 times by 1; the backup; then all filled twice more by 2; everything stopped."""
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await save(pair.databases, folder)
    await pair.fill(BOXES, 2, amount=2)
    await pair.all_heard(BOXES, TIMES + 2)
    await stop(pair)


async def epochs_on_the_wire(pair: Pair) -> list[int]:
    places = [TopicPartition("sample.events", partition) for partition in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(
        "sample.events", bootstrap_servers=pair.broker.address, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        found: list[int] = []

        async def all_read() -> bool:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(int(dict(record.headers)["log_epoch"]) for record in records)
            return len(found) >= sum(ends.values())

        await until(all_read, f"{ends} are read")
        return found
    finally:
        await consumer.stop()


async def test_after_a_restore_all_go_on_from_the_cut_and_nobody_hears_the_lost_future(
    pair: Pair, empty: dict[str, str], tmp_path: Path
) -> None:
    await a_backup_and_a_lost_future(pair, tmp_path / "backup")
    restored = await restore(tmp_path / "backup", empty, kafka=pair.broker.address, master_key=pair.keys.master_key)
    assert restored.manifest.services["sample"].facts == BOXES * (TIMES + 1)
    assert restored.topics == 2
    pair.databases = dict(empty)
    await start(pair)
    await pair.all_heard(BOXES, TIMES)
    await pair.check(BOXES, TIMES)
    await pair.fill(BOXES, 1, amount=7)
    await pair.all_heard(BOXES, TIMES + 1)
    assert set((await pair.heard()).values()) == {(TIMES + 7, TIMES + 2)}
    assert set(await epochs_on_the_wire(pair)) == {restored.epoch}
    found = await find_forks(pair.databases)
    assert (found.forked, found.marks) == (0, BOXES)
    assert found.causes == BOXES * (TIMES + 2)


async def test_with_the_old_topics_the_lost_future_is_heard_and_the_fork_check_sees_it(
    pair: Pair, empty: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kept(*_: object) -> int:
        return 0

    monkeypatch.setattr(restoring, "make_anew", kept)
    await a_backup_and_a_lost_future(pair, tmp_path / "backup")
    await restore(tmp_path / "backup", empty, kafka=pair.broker.address)
    pair.databases = dict(empty)
    await start(pair)
    await pair.all_heard(BOXES, TIMES + 2)
    found = await find_forks(pair.databases)
    assert found.forked >= BOXES
    assert "listener 已听到 sample 的 box/" in found.forks[0]


async def test_one_service_alone_is_not_restored_when_others_have_heard_more(
    pair: Pair, empty: dict[str, str], tmp_path: Path
) -> None:
    await a_backup_and_a_lost_future(pair, tmp_path / "backup")
    mixed = {"sample": empty["sample"], "listener": pair.databases["listener"]}
    with pytest.raises(StackError) as refused:
        await restore(tmp_path / "backup", mixed, kafka=pair.broker.address, only=["sample"])
    assert refused.value.code == "would_fork"
    assert f"第 {TIMES + 3} 条，sample 只说到第 {TIMES + 1} 条" in refused.value.log
    assert await tables(empty["sample"]) == 0


async def test_one_service_alone_is_restored_when_nothing_it_said_since_was_heard(
    pair: Pair, empty: dict[str, str], tmp_path: Path
) -> None:
    await a_backup_and_a_lost_future(pair, tmp_path / "backup")
    mixed = {"sample": pair.databases["sample"], "listener": empty["listener"]}
    restored = await restore(tmp_path / "backup", mixed, kafka=pair.broker.address, only=["listener"])
    assert restored.services == ["listener"]
    pair.databases = mixed
    await start(pair)
    await pair.all_heard(BOXES, TIMES + 2)
    assert set((await pair.heard()).values()) == {(TIMES + 4, TIMES + 3)}
    assert (await find_forks(mixed)).forked == 0


async def test_a_backup_under_load_is_one_moment_although_its_snapshots_are_not(
    pair: Pair, empty: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listener's snapshot is taken when the sample has said 20 facts more: with the turn taken nobody heard them."""
    await start(pair)
    await pair.fill(BOXES, 1)
    waiting = "select count(*) >= 20 from outbox"
    async with loaded(pair):
        with later_snapshot_of_the_listener(monkeypatch, pair.databases["sample"], waiting):
            await save(pair.databases, tmp_path / "backup")
    restored = await restore(tmp_path / "backup", empty)
    assert restored.compared.forked == 0
    assert restored.manifest.held_ms > 0


async def test_without_the_turn_a_backup_under_load_is_forked_and_not_restored(
    pair: Pair, empty: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_turn(_: Connection) -> None:
        return None

    monkeypatch.setattr(cutting, "take_turn", no_turn)
    await start(pair)
    await pair.fill(BOXES, 1)
    await pair.all_heard(BOXES, 1)
    more = "select sum(version) > {said} from inbox"
    async with loaded(pair):
        with later_snapshot_of_the_listener(monkeypatch, pair.databases["listener"], more):
            await save(pair.databases, tmp_path / "backup")
    with pytest.raises(StackError) as refused:
        await restore(tmp_path / "backup", empty)
    assert refused.value.code == "would_fork"
    assert await tables(empty["listener"]) == 0


async def test_what_is_damaged_or_half_or_would_overwrite_something_is_refused(
    pair: Pair, empty: dict[str, str], tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    await save(pair.databases, backup)

    async def refused(databases: dict[str, str]) -> str:
        with pytest.raises(StackError) as error:
            await restore(backup, databases)
        return error.value.code

    assert await refused(pair.databases) == "not_empty"
    assert await refused({"sample": empty["sample"]}) == "no_database"
    dump = backup / dump_name("sample")
    content = dump.read_bytes()
    dump.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert await refused(empty) == "damaged"
    dump.write_bytes(content)
    (backup / MANIFEST).unlink()
    assert await refused(empty) == "no_backup"
    with pytest.raises(StackError) as error:
        await save(pair.databases, backup)
    assert error.value.code == "not_empty"
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in backup.iterdir())


async def test_a_backup_that_fails_leaves_nothing_behind(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(StackError) as error:
        await save(pair.databases, tmp_path / "backup", programs=Path("/nowhere"))
    assert error.value.code == "no_program"
    assert not any("backup" in name for name in os.listdir(tmp_path))


def test_a_group_with_members_still_listens() -> None:
    def answer(*members: tuple[str, str, str, bytes, bytes]) -> DescribeGroupsResponse_v2:
        return DescribeGroupsResponse_v2(0, [(0, "intake", "Stable", "consumer", "sticky", list(members))])

    assert listening(answer(("member-1", "aiokafka", "/10.0.0.7", b"", b""))) == ["/10.0.0.7"]
    assert listening(answer()) == []


def test_no_epoch_is_ever_used_again() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    first = era_after([1, 3], noon)
    assert first % ERA == 0
    assert era_after([first, first + 7], noon) == first + ERA
    assert era_after([1, 3], noon + timedelta(hours=1)) == first + ERA
    assert era_after([1], datetime(2200, 1, 1, tzinfo=UTC)) < 2**31


# -- what the tests above are told with


async def tables(url: str) -> int:
    con = await asyncpg.connect(url)
    try:
        return int(await con.fetchval("select count(*) from pg_tables where schemaname = 'public'"))
    finally:
        await con.close()


async def holds(url: str, query: str) -> bool:
    con = await asyncpg.connect(url)
    try:
        return bool(await con.fetchval(query))
    finally:
        await con.close()


@asynccontextmanager
async def loaded(pair: Pair) -> AsyncIterator[None]:
    """Boxes are filled all the time; no request is refused."""
    over = asyncio.Event()

    async def load() -> None:
        while not over.is_set():
            await pair.fill(BOXES, 1)

    loading = asyncio.create_task(load())
    try:
        yield
    finally:
        over.set()
        await loading


@contextmanager
def later_snapshot_of_the_listener(monkeypatch: pytest.MonkeyPatch, url: str, query: str) -> Iterator[None]:
    """First the sample's snapshot; the listener's only when the query holds. `said`: the facts in the first one."""
    real, first, said = cutting.snapshot, asyncio.Event(), 0

    async def late(service: str, con: Connection) -> str:
        nonlocal said
        if service == "listener":
            await first.wait()
            await until(lambda: holds(url, query.format(said=said)), "the town has gone on")
            return await real(service, con)
        name = await real(service, con)
        said = await con.fetchval("select count(*) from journal")
        first.set()
        return name

    with monkeypatch.context() as patch:
        patch.setattr(cutting, "snapshot", late)
        yield
