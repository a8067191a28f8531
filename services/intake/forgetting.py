"""遗忘: what is destroyed when a person is erased, or a complaint's time is over. Facts and counts stay as they are.

Whatever else is kept about a complaint's person is forgotten here, too: there are these two ways, and no other.
"""

from uuid import UUID, uuid4

from services.intake.counting import nobody
from services.intake.store import COMPLAINTS
from shared.plumbing.attachments import keeping
from shared.plumbing.audit import ERASED, audited
from shared.plumbing.database import Connection
from shared.plumbing.notices import book
from shared.plumbing.vault import Vault

EXPIRED = "complaint.expire"
"""What was forgotten because its time was over."""

_ORDERS = """
insert into forgotten_orders (id, complaint) select substring(field from 7)::uuid, owner from vault
where {} = $1 and field like 'order/%' on conflict do nothing
"""
"""An order that urged is found by what the vault has of it: sent again, it would be taken for a new one."""
_COUNTED = """
insert into forgotten_people (complaint, person) select owner, $2 from vault where subject = $1 and field = 'order'
on conflict (complaint) do nothing
"""
"""Different people stay different when they are counted again; the new name leads nowhere."""


async def forget_person(con: Connection, person: UUID, by: str, subject: str, reason: str) -> list[str]:
    """删除: the person's key, everything sealed with it, and what finds them. The caller holds the key's lock.

    The addresses of attachments, to be dropped when this is committed.
    """
    owners = [row["owner"] for row in await con.fetch(_OWNED, person)]
    await con.execute(_ORDERS.format("subject"), person)
    if any(person != nobody(owner) for owner in owners):
        await con.execute(_COUNTED, person, uuid4())
    addresses = await keeping.forget(con, COMPLAINTS.name, owners)
    await book.forget(con, COMPLAINTS.name, owners, person)
    await Vault.forget_person(con, person)
    await audited(con, by, ERASED, [subject, *(f"complaint/{owner}" for owner in owners)], reason)
    return addresses


async def forget_complaint(con: Connection, complaint: UUID, by: str, reason: str) -> None:
    """保存期满: what was kept of one complaint, and the keys of people of whom nothing else is left."""
    await con.execute(_ORDERS.format("owner"), complaint)
    await keeping.forget(con, COMPLAINTS.name, [complaint])
    await book.forget(con, COMPLAINTS.name, [complaint])
    await Vault.forget_owner(con, complaint)
    await audited(con, by, EXPIRED, f"complaint/{complaint}", reason)


_OWNED = "select owner from vault where subject = $1 and field = 'order' order by owner"


ERASED_BEFORE = """
select id, subject, ground, decided_at from erasures where state = 'EXECUTED' and subject is not null order by decided_at
"""
"""The log of erasures: a keyed hash each, of no use without the key. It is kept outside the backups."""
_AGAIN = """
insert into erasures (id, version, head, state, ground, reason, subject, requested_by, requested_at, decided_by, decided_at)
values ($1, 1, '', 'EXECUTED', $3, $5, $2, $6, $4, $6, $4)
on conflict (id) do update set version = erasures.version + 1, state = 'EXECUTED', subject = excluded.subject,
decided_by = excluded.decided_by, decided_at = excluded.decided_at where erasures.state <> 'EXECUTED'
"""


async def forget_again(con: Connection, erasure: UUID, person: UUID, ground: str, at: object) -> bool:
    """删除 once more, in a database restored from a backup that is older than the erasure; False: it knows of it.

    Nobody asks the rules again: they have been asked.
    """
    reason, by = "恢复备份后重新执行", "operator::restore"
    if await con.execute(_AGAIN, erasure, person, ground, at, reason, by) == "INSERT 0 0":
        return False
    await con.fetch("select from vault_keys where subject = $1 for update", person)
    await forget_person(con, person, by, f"erasure/{erasure}", reason)
    return True
