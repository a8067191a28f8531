"""The key that wraps people's keys can be changed: the living stay readable, and what was erased dies in old backups."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidTag
from sqlalchemy import MetaData

from ops.commands.rotate_key import finish_rotation, rotate_key
from ops.embedded.processes import StackError
from ops.embedded.stack import SERVICES
from shared.plumbing.database import Pool, open_pool
from shared.plumbing.keyring import Ring
from shared.plumbing.vault import Erased, Keys, Vault, Wrapping, rewrap
from tests.support.servers import Server

MASTER = bytes(range(32))
TEXT = "王金丝雀 13800001234"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    path.write_text(base64.b64encode(MASTER).decode())
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def home(postgres: Server) -> AsyncIterator[tuple[str, Pool]]:
    async with postgres.database(MetaData()) as url:
        pool = await open_pool(url, "test", 5)
        yield url, pool
        await pool.close()


async def keep(pool: Pool, keys: Keys, text: str = TEXT) -> tuple[UUID, UUID]:
    """An entry of a new person: (owner, person)."""
    owner, person, key = uuid4(), uuid4(), uuid4().bytes * 2
    await pool.execute("insert into vault_keys values ($1, $2)", person, keys.wrap.seal(key, person))
    async with pool.acquire() as con:
        await Vault(keys).put(con, key, owner, person, "text", text)
    return owner, person


def test_a_ring_says_the_same_as_the_master_key_it_comes_from(file: Path) -> None:
    before = Keys.from_file(file, "intake")
    file.write_text(Ring.read(file, SERVICES).grown().text())
    after = Keys.from_file(file, "intake")
    assert after.lookup == before.lookup
    assert after.signer.private_bytes_raw() == before.signer.private_bytes_raw()
    assert after.quarantine.open(before.quarantine.seal(b"x", "a"), "a") == b"x"
    person = uuid4()
    assert after.wrap.open(before.wrap.seal(b"k" * 32, person), person) == b"k" * 32
    wrapped = after.wrap.seal(b"k" * 32, person)
    assert (Wrapping.version(wrapped), after.wrap.newest, before.wrap.newest) == (2, 2, 1)
    with pytest.raises(ValueError, match="newer key"):
        before.wrap.open(wrapped, person)


def test_a_ring_without_a_services_keys_is_refused(file: Path) -> None:
    file.write_text(Ring.read(file, ["intake"]).text())
    with pytest.raises(ValueError, match="projects"):
        Keys.from_file(file, "projects")
    file.write_text("c2hvcnQ=")
    with pytest.raises(ValueError, match="32 bytes"):
        Keys.from_file(file, "intake")


async def test_after_a_rotation_the_living_are_read_and_what_an_old_backup_holds_is_not(
    home: tuple[str, Pool], postgres: Server, file: Path
) -> None:
    """Seen red: as long as the old version stays in the file, the erased person is read from the backup."""
    url, pool = home
    keys = Keys.from_file(file, "intake")
    alive, _ = await keep(pool, keys)
    gone, erased = await keep(pool, keys)
    backup = await pool.fetchrow("select subject, wrapped from vault_keys where subject = $1", erased)
    sealed = await pool.fetchrow("select * from vault where owner = $1", gone)
    assert backup and sealed
    async with pool.acquire() as con:
        await Vault.forget_person(con, erased)

    async def bring_back() -> None:
        await pool.execute("insert into vault_keys values ($1, $2)", erased, backup["wrapped"])
        await pool.execute("insert into vault values ($1, $2, $3, $4)", *sealed.values())

    ring = Ring.read(file, SERVICES).grown()
    async with postgres.database(MetaData()) as empty:
        databases = {name: url if name == "intake" else empty for name in SERVICES}
        assert await finish_rotation(file, ring, databases) == 1
        assert await finish_rotation(file, ring, databases) == 0
    await bring_back()
    new = Vault(Keys.from_file(file, "intake"))
    assert await new.read(pool, alive) == {"text": TEXT}
    with pytest.raises(Erased):
        await new.read(pool, gone)
    assert await new.read_entries(pool, [(gone, "text"), (alive, "text")]) == {
        (gone, "text"): None,
        (alive, "text"): TEXT,
    }
    assert list(Ring.read(file, SERVICES).masters) == [2]
    assert await Vault(keys).read(pool, gone) == {"text": TEXT}, "only the old key file, kept somewhere, still could"
    async with pool.acquire() as con, con.transaction():
        assert await new.unlock(con, [erased]) == {}, "the person can begin anew"
    assert await pool.fetchval("select count(*) from vault where subject = $1", erased) == 0


async def test_a_thousand_keys_are_wrapped_in_batches_and_each_once(home: tuple[str, Pool], file: Path) -> None:
    _, pool = home
    ring = Ring.read(file, ["intake"])
    old, new = Keys(ring, "intake"), Keys(ring.grown(), "intake")
    people = [(uuid4(), uuid4().bytes * 2) for _ in range(25)]
    await pool.executemany("insert into vault_keys values ($1, $2)", [(p, old.wrap.seal(k, p)) for p, k in people])
    async with pool.acquire() as con:
        assert await rewrap(con, new.wrap, batch=4) == 25
        assert await rewrap(con, new.wrap, batch=4) == 0
    stored = {row["subject"]: row["wrapped"] for row in await pool.fetch("select * from vault_keys")}
    assert {p: new.wrap.open(stored[p], p) for p, _ in people} == dict(people)


def test_the_rotation_is_begun_once_and_finished_only_when_all_know_the_new_key(file: Path) -> None:
    def refused(**options: object) -> str:
        with pytest.raises(StackError) as error:
            rotate_key(data=file.parent, master_key=file, **options)  # type: ignore[arg-type]
        return error.value.code

    assert refused(finish=True, databases=None, restarted=False) == "not_begun"
    rotate_key(data=file.parent, databases=None, master_key=file, finish=False, restarted=False)
    assert file.stat().st_mode & 0o777 == 0o600
    assert refused(finish=False, databases=None, restarted=False) == "begun"
    assert refused(finish=True, databases=file, restarted=False) == "not_restarted"
    assert refused(finish=True, databases=None, restarted=False) == "not_up"


def test_a_seal_of_a_key_is_bound_to_its_person(file: Path) -> None:
    wrap = Keys(Ring.read(file, ["intake"]).grown(), "intake").wrap
    wrapped = wrap.seal(b"k" * 32, UUID(int=1))
    with pytest.raises(InvalidTag):
        wrap.open(wrapped, UUID(int=2))
