"""The embedded PostgreSQL: what was acknowledged is there after every kind of end, and nobody else's server is touched."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import pytest_asyncio

from ops.embedded.keys import Keys
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.embedded.processes import Child, StackError, until
from ops.ports import LOOPBACK, Ports

DATABASES = ("intake", "projects")


def a_server(data: Path) -> Postgres:
    keys = Keys(data)
    keys.make()
    return Postgres(data, Ports(data / "ports.json").take("postgres"), keys.passwords([SUPERUSER, *DATABASES]))


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Postgres]:
    (tmp_path / "logs").mkdir()
    server = a_server(tmp_path)
    await server.start()
    yield server
    await server.stop()


async def write(server: Postgres) -> None:
    con = await asyncpg.connect(server.url("intake"))
    await con.execute("create table said (fact text); insert into said values ('ComplaintReceived')")
    await con.close()


async def read(server: Postgres) -> list[str]:
    con = await asyncpg.connect(server.url("intake"))
    try:
        return [row["fact"] for row in await con.fetch("select fact from said")]
    finally:
        await con.close()


async def test_what_was_acknowledged_survives_a_stop_and_a_kill(server: Postgres):
    await write(server)
    await server.stop()
    await server.start()
    assert await read(server) == ["ComplaintReceived"]
    await server.kill()
    await server.start()
    assert await read(server) == ["ComplaintReceived"]


async def test_it_waits_for_a_backend_that_the_killed_postmaster_left_behind(server: Postgres):
    con = await asyncpg.connect(server.url("intake"))
    backend = psutil.Process(con.get_server_pid())
    backend.suspend()
    await server.process.kill()
    starting = asyncio.create_task(server.start())
    assert await until(lambda: "is still in use" in server.process.last_words(), 20)
    assert not starting.done()
    backend.kill()
    await starting
    con.terminate()
    assert server.process.alive


async def test_a_pid_file_of_a_stranger_does_not_hinder_and_the_stranger_lives_on(server: Postgres, tmp_path: Path):
    await server.stop()
    stranger = Child(
        "stranger", [sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "stranger.log", env={}
    )
    stranger.start()
    try:
        (server.folder / "postmaster.pid").write_text(f"{stranger.pid}\n{server.folder}\n")
        await server.start()
        assert stranger.alive
    finally:
        await stranger.kill()


async def test_a_postmaster_of_another_folder_is_left_alone(server: Postgres, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "logs").mkdir(parents=True)
    other = a_server(elsewhere)
    await other.start()
    await other.stop()
    (other.folder / "postmaster.pid").write_text(f"{server.process.pid}\n{other.folder}\n")
    await other.start()
    try:
        assert server.process.alive
    finally:
        await other.stop()


async def test_a_postmaster_left_behind_in_our_own_folder_is_ended(server: Postgres, tmp_path: Path):
    left = psutil.Process(server.process.pid)
    heir = a_server(tmp_path)
    await heir.start()
    try:
        assert not server.process.alive
        assert heir.process.pid != left.pid
    finally:
        await heir.stop()


async def test_an_interrupted_initdb_is_done_again(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    server = a_server(tmp_path)
    await server.start()
    try:
        assert not (tmp_path / "postgres.new").exists()
    finally:
        await server.stop()


async def test_nobody_comes_in_without_the_password(server: Postgres):
    url = server.url("intake").replace(server.url("intake").split(":")[2].split("@")[0], "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)


async def test_a_service_cannot_connect_to_another_ones_database(server: Postgres):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(server.url("intake").rpartition("/")[0] + "/projects")


async def test_it_writes_through_and_listens_on_the_loopback_address_only(server: Postgres):
    con = await asyncpg.connect(server.url("intake"))
    durable = [await con.fetchval(f"show {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]
    await con.close()
    listening = [c.laddr.ip for c in psutil.Process(server.process.pid).net_connections() if c.status == "LISTEN"]
    assert (durable, listening) == (["on", "on", "on"], [LOOPBACK])


async def test_no_password_lies_about(server: Postgres, tmp_path: Path):
    assert stat.S_IMODE((tmp_path / "keys" / "passwords.json").stat().st_mode) == 0o600
    assert not (tmp_path / "postgres.password").exists()
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert os.stat(server.folder).st_uid != 0


async def test_lost_passwords_are_reported_at_once(server: Postgres, tmp_path: Path):
    await server.stop()
    (tmp_path / "keys" / "passwords.json").unlink()
    with pytest.raises(StackError) as failed:
        await asyncio.wait_for(a_server(tmp_path).start(), 30)
    assert failed.value.code == "postgres_refused"


async def test_a_server_that_cannot_start_is_reported_with_its_log(server: Postgres):
    await server.stop()
    (server.folder / "postgresql.conf").write_text("no_such_setting = on\n")
    with pytest.raises(StackError) as failed:
        await asyncio.wait_for(server.start(), 30)
    assert failed.value.code == "postgres_not_ready"
    assert "no_such_setting" in failed.value.log
