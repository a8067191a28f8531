"""The vault: names, contacts and residents' own words, sealed with a key per person.

AES-256-GCM; a person's key is wrapped by the master key, which is never in the database. Erasing a person destroys the
wrapped key: what was sealed with it can never be read again. What dead rows and old backups still hold of it dies when
the wrapping key is changed (`keyring.py`).
"""

import hmac
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.plumbing.database import Connection, Pool
from shared.plumbing.keyring import WRAP, Ring, derive
from shared.plumbing.work import Sealed, Work

_AES_256_GCM = b"\x01"
"""The first byte of everything sealed names the algorithm, so that another one can be added."""
_VERSIONED = b"\x02"
"""The first byte of a wrapped key that names, in two bytes, under which version of the wrapping key it is."""
_NONCE = 12


class Erased(Exception):
    """The person's key was destroyed: nothing is left to read."""


class Sealer:
    """Seals and opens with one key; `bound` ties a seal to its place, so that rows cannot be exchanged."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, clear: bytes, bound: str) -> bytes:
        """Algorithm byte, nonce, ciphertext with tag."""
        nonce = os.urandom(_NONCE)
        return _AES_256_GCM + nonce + self._cipher.encrypt(nonce, clear, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes:
        """The clear bytes; raises `InvalidTag` when the key, the place or a byte is another."""
        if sealed[:1] != _AES_256_GCM:
            raise ValueError("sealed by an unknown algorithm")
        return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound.encode())


class Wrapping:
    """Wraps people's keys under the newest version, and opens each with the version that it names."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._sealers = {version: Sealer(key) for version, key in keys.items()}
        self.newest = max(keys)

    def seal(self, key: bytes, person: UUID) -> bytes:
        """The wrapped key."""
        sealed = self._sealers[self.newest].seal(key, str(person))
        return sealed if self.newest == 1 else _VERSIONED + self.newest.to_bytes(2) + sealed[1:]

    def open(self, wrapped: bytes, person: UUID) -> bytes:
        """The key; raises `Erased` when the version it was wrapped under was destroyed, `InvalidTag` as a `Sealer`."""
        version = self.version(wrapped)
        if version > self.newest:
            raise ValueError("wrapped under a newer key than this process has: read the key file again")
        if version not in self._sealers:
            raise Erased(str(person))
        sealed = wrapped if version == 1 else _AES_256_GCM + wrapped[3:]
        return self._sealers[version].open(sealed, str(person))

    @staticmethod
    def version(wrapped: bytes) -> int:
        """Under which version of the wrapping key this is."""
        return int.from_bytes(wrapped[1:3]) if wrapped[:1] == _VERSIONED else 1


class Keys:
    """All keys of one service, derived from the master key and the service's name, or taken from a ring."""

    def __init__(self, master: bytes | Ring, service: str) -> None:
        ring = master if isinstance(master, Ring) else Ring.of(master, [service])
        lasting = ring.lasting[service]
        self.wrap = Wrapping({version: derive(key, service, WRAP) for version, key in ring.masters.items()})
        self.quarantine = Sealer(lasting["quarantine"])
        self.lookup = lasting["lookup"]
        self.signer = Ed25519PrivateKey.from_private_bytes(lasting["journal-seal"])

    @classmethod
    def from_file(cls, path: Path, service: str) -> "Keys":
        """Read the master key, or the ring, from its file."""
        return cls(Ring.read(path, [service]), service)


class Vault:
    """One service's vault."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def person(self, contact: str) -> UUID:
        """Who has this contact (a telephone number, an account): a keyed hash, of no use without the key."""
        return UUID(bytes=hmac.digest(self._keys.lookup, contact.encode(), "sha256")[:16])

    async def unlock(self, con: Connection | Pool, people: Iterable[UUID]) -> dict[UUID, bytes]:
        """The keys of those people who have one; locks them, so that one person's matters are decided one by one.

        A key whose wrapping was destroyed (an old backup was restored) is no key: its row and what it sealed are
        taken away, so that the person can begin anew.
        """
        rows = await con.fetch(
            "select subject, wrapped from vault_keys where subject = any($1::uuid[]) order by subject for update",
            list(set(people)),
        )
        found = {}
        for row in rows:
            try:
                found[row["subject"]] = self._keys.wrap.open(row["wrapped"], row["subject"])
            except Erased:
                await self.forget_person(con, row["subject"])
        return found

    async def own_key(self, con: Connection | Pool, owner: UUID) -> bytes:
        """The key of a matter that is nobody's in particular, under the matter's own id; made now if there is none."""
        wrapped = self._keys.wrap.seal(os.urandom(32), owner)
        await con.execute(
            "insert into vault_keys (subject, wrapped) values ($1, $2) on conflict do nothing", owner, wrapped
        )
        return (await self.unlock(con, [owner]))[owner]

    def keep(self, work: Work, keys: dict[UUID, bytes], owner: UUID, person: UUID, entries: dict[str, str]) -> None:
        """Seal these fields of `owner` under the person's key, made now if there is none; written with the work."""
        key = keys.get(person)
        if key is None:
            key = keys[person] = os.urandom(32)
            work.locks[person] = self._keys.wrap.seal(key, person)
        sealer = Sealer(key)
        for field, text in entries.items():
            work.kept.append(Sealed(owner, field, person, sealer.seal(text.encode(), f"{owner}/{field}")))

    async def read(self, con: Connection | Pool, owner: UUID) -> dict[str, str]:
        """All fields kept for this owner, in clear; raises `Erased`."""
        rows = await con.fetch(
            "select v.field, v.sealed, v.subject, k.wrapped from vault v left join vault_keys k using (subject) "
            "where v.owner = $1",
            owner,
        )
        found = {}
        for row in rows:
            if row["wrapped"] is None:
                raise Erased(str(owner))
            sealer = Sealer(self._keys.wrap.open(row["wrapped"], row["subject"]))
            found[row["field"]] = sealer.open(row["sealed"], f"{owner}/{row['field']}").decode()
        return found

    async def read_entries(
        self, con: Connection | Pool, entries: Sequence[tuple[UUID, str]]
    ) -> dict[tuple[UUID, str], str | None]:
        """Some fields of many owners, in clear; None where the person's key was destroyed."""
        rows = await con.fetch(
            "select v.owner, v.field, v.sealed, v.subject, k.wrapped from vault v left join vault_keys k using (subject) "
            "join unnest($1::uuid[], $2::text[]) wanted(owner, field) on v.owner = wanted.owner and v.field = wanted.field",
            [owner for owner, _ in entries],
            [field for _, field in entries],
        )
        found: dict[tuple[UUID, str], str | None] = {}
        for row in rows:
            name = row["owner"], row["field"]
            try:
                key = self._keys.wrap.open(row["wrapped"], row["subject"]) if row["wrapped"] else None
            except Erased:
                key = None
            if key is None:
                found[name] = None
                continue
            sealer = Sealer(key)
            found[name] = sealer.open(row["sealed"], f"{row['owner']}/{row['field']}").decode()
        return found

    async def read_person(self, con: Connection, person: UUID) -> dict[tuple[UUID, str], str]:
        """Everything sealed under this person's key, by owner and field, in clear; nothing when there is no key."""
        wrapped = await con.fetchval("select wrapped from vault_keys where subject = $1", person)
        if wrapped is None:
            return {}
        sealer = Sealer(self._keys.wrap.open(wrapped, person))
        rows = await con.fetch("select owner, field, sealed from vault where subject = $1", person)
        return {
            (row["owner"], row["field"]): sealer.open(row["sealed"], f"{row['owner']}/{row['field']}").decode()
            for row in rows
        }

    async def move(self, con: Connection, keys: dict[UUID, bytes], owner: UUID, before: UUID, person: UUID) -> None:
        """Seal what `owner` has of one person under another person's key: it was theirs all the time.

        Both are locked (`unlock`, whose answer is `keys`); a new person's key is made.
        """
        if person not in keys:
            keys[person] = os.urandom(32)
            wrapped = self._keys.wrap.seal(keys[person], person)
            await con.execute("insert into vault_keys (subject, wrapped) values ($1, $2)", person, wrapped)
        old_sealer, sealer = Sealer(keys[before]), Sealer(keys[person])
        rows = await con.fetch("select field, sealed from vault where owner = $1 and subject = $2", owner, before)
        moved = []
        for row in rows:
            bound = f"{owner}/{row['field']}"
            moved.append((owner, row["field"], person, sealer.seal(old_sealer.open(row["sealed"], bound), bound)))
        await con.executemany("update vault set subject = $3, sealed = $4 where owner = $1 and field = $2", moved)

    async def put(self, con: Connection, key: bytes, owner: UUID, person: UUID, field: str, text: str) -> None:
        """Seal one field, or seal it anew."""
        await con.execute(
            "insert into vault (owner, field, subject, sealed) values ($1, $2, $3, $4) "
            "on conflict (owner, field) do update set subject = excluded.subject, sealed = excluded.sealed",
            owner,
            field,
            person,
            Sealer(key).seal(text.encode(), f"{owner}/{field}"),
        )

    @staticmethod
    async def forget_person(con: Connection | Pool, person: UUID) -> None:
        """Destroy a person's key and everything sealed with it; the caller holds the key's lock."""
        await con.execute("delete from vault where subject = $1", person)
        await con.execute("delete from vault_keys where subject = $1", person)

    @staticmethod
    async def forget_owner(con: Connection, owner: UUID) -> None:
        """Delete what is kept for this owner, and the keys of people of whom nothing else is left.

        People's keys are locked before aggregates, and here an aggregate is locked already: a key in use is not waited
        for (`LockNotAvailableError`: try again).
        """
        people = [row["subject"] for row in await con.fetch(_PEOPLE, owner)]
        await con.execute("delete from vault where owner = $1", owner)
        await drop_unused_keys(con, people)


async def drop_unused_keys(con: Connection, people: Collection[UUID]) -> None:
    """Destroy the keys of those of whom nothing is left. They are locked before anybody looks what is left."""
    await con.fetch(_LOCK_NOW, list(people))
    await con.execute(_UNUSED, list(people))


_PEOPLE = "select distinct subject from vault where owner = $1"
_LOCK_NOW = "select subject from vault_keys where subject = any($1::uuid[]) order by subject for update nowait"
_UNUSED = """
delete from vault_keys k where k.subject = any($1::uuid[]) and not exists (select from vault v where v.subject = k.subject)
"""


async def rewrap(con: Connection, wrap: Wrapping, batch: int = 1000) -> int:
    """Wrap every key of this vault under the newest version; how many were not. One transaction for each batch."""
    changed, after = 0, UUID(int=0)
    while True:
        async with con.transaction():
            rows = await con.fetch(_SOME_KEYS, after, batch)
            old = [row for row in rows if wrap.version(row["wrapped"]) != wrap.newest]
            for row in old:
                await _rewrap_one(con, wrap, row["subject"], row["wrapped"])
        changed += len(old)
        if len(rows) < batch:
            return changed
        after = rows[-1]["subject"]


async def _rewrap_one(con: Connection, wrap: Wrapping, person: UUID, wrapped: bytes) -> None:
    """What was wrapped under a version that is no more is gone, and so is what it sealed."""
    try:
        anew = wrap.seal(wrap.open(wrapped, person), person)
    except Erased:
        await Vault.forget_person(con, person)
    else:
        await con.execute("update vault_keys set wrapped = $2 where subject = $1", person, anew)


_SOME_KEYS = "select subject, wrapped from vault_keys where subject > $1 order by subject limit $2 for update"
