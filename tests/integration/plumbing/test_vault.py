"""The vault: nothing personal is readable without the keys, and erasing a person is final."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidTag

from shared.plumbing.change import Base, together
from shared.plumbing.vault import Erased, Keys, Vault
from tests.support.sample import BOXES, METADATA, open_box
from tests.support.servers import KEYS, Server, ask, base

CANARY = "王金丝雀 13800001234"


@pytest_asyncio.fixture(loop_scope="session")
async def home(postgres: Server) -> AsyncIterator[Base]:
    async with postgres.database(METADATA) as url, base(url) as opened:
        yield opened


async def keep(home: Base, vault: Vault, contact: str, text: str) -> tuple[UUID, UUID]:
    """Keep a text of whoever has this contact, with a new box; (box, person)."""
    id, person = uuid4(), vault.person(contact)

    async def prepare(con, work):  # type: ignore[no-untyped-def]
        vault.keep(work, await vault.unlock(con, [person]), id, person, {"text": text})

    def decide(_, held):  # type: ignore[no-untyped-def]
        held.change(open_box, "here")
        return {"id": str(id)}

    await together(home, [(BOXES, id)], ask(), decide, prepare)
    return id, person


async def test_what_is_kept_can_be_read_with_the_keys_and_by_nobody_else(home: Base) -> None:
    id, _ = await keep(home, Vault(KEYS), "138", CANARY)
    assert await Vault(KEYS).read(home.pool, id) == {"text": CANARY}
    with pytest.raises(InvalidTag):
        await Vault(Keys(bytes(32), "sample")).read(home.pool, id)
    stored = await home.pool.fetchval("select sealed from vault")
    assert CANARY.encode() not in stored
    assert b"13800001234" not in stored


async def test_one_person_has_one_key_however_often_they_call(home: Base) -> None:
    vault = Vault(KEYS)
    first, second = await keep(home, vault, "138", "one"), await keep(home, vault, "138", "two")
    assert first[1] == second[1]
    assert await home.pool.fetchval("select count(*) from vault_keys") == 1
    assert await vault.read(home.pool, second[0]) == {"text": "two"}


async def test_a_seal_moved_to_another_place_does_not_open(home: Base) -> None:
    vault = Vault(KEYS)
    (one, _), (two, _) = await keep(home, vault, "138", "one"), await keep(home, vault, "138", "two")
    await home.pool.execute(
        "update vault set sealed = (select sealed from vault where owner = $1) where owner = $2", one, two
    )
    with pytest.raises(InvalidTag):
        await vault.read(home.pool, two)


async def test_erasing_a_person_leaves_nothing_to_read_and_the_others_alone(home: Base) -> None:
    vault = Vault(KEYS)
    gone, person = await keep(home, vault, "138", CANARY)
    stays, _ = await keep(home, vault, "139", "stays")
    await home.pool.execute("delete from vault_keys where subject = $1", person)
    with pytest.raises(Erased):
        await vault.read(home.pool, gone)
    assert await vault.read(home.pool, stays) == {"text": "stays"}
