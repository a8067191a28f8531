"""The vault: names, contacts and residents' own words, sealed with a key per person.

AES-256-GCM; a person's key is wrapped by the master key, which is never in the database. Erasing a person destroys the
wrapped key: what was sealed with it can never be read again.
"""

import base64
import hmac
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.plumbing.database import Connection, Pool
from shared.plumbing.work import Sealed, Work

_AES_256_GCM = b"\x01"
"""The first byte of everything sealed names the algorithm, so that another one can be added."""
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


class Keys:
    """All keys of one service, derived from the master key and the service's name."""

    def __init__(self, master: bytes, service: str) -> None:
        if len(master) != 32:
            raise ValueError("the master key must have 32 bytes")

        def derive(use: str) -> bytes:
            return HKDF(SHA256(), 32, salt=None, info=f"fiveplusn/{service}/{use}".encode()).derive(master)

        self.wrap = Sealer(derive("wrap"))
        self.quarantine = Sealer(derive("quarantine"))
        self.lookup = derive("lookup")
        self.signer = Ed25519PrivateKey.from_private_bytes(derive("journal-seal"))

    @classmethod
    def from_file(cls, path: Path, service: str) -> "Keys":
        """Read the master key (base64) from its file."""
        return cls(base64.b64decode(path.read_text().strip()), service)


class Vault:
    """One service's vault."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def person(self, contact: str) -> UUID:
        """Who has this contact (a telephone number, an account): a keyed hash, of no use without the key."""
        return UUID(bytes=hmac.digest(self._keys.lookup, contact.encode(), "sha256")[:16])

    async def unlock(self, con: Connection | Pool, people: Iterable[UUID]) -> dict[UUID, bytes]:
        """The keys of those people who have one; locks them, so that one person's matters are decided one by one."""
        rows = await con.fetch(
            "select subject, wrapped from vault_keys where subject = any($1::uuid[]) order by subject for update",
            list(set(people)),
        )
        return {row["subject"]: self._keys.wrap.open(row["wrapped"], str(row["subject"])) for row in rows}

    async def own_key(self, con: Connection | Pool, owner: UUID) -> bytes:
        """The key of a matter that is nobody's in particular, under the matter's own id; made now if there is none."""
        wrapped = self._keys.wrap.seal(os.urandom(32), str(owner))
        await con.execute(
            "insert into vault_keys (subject, wrapped) values ($1, $2) on conflict do nothing", owner, wrapped
        )
        return (await self.unlock(con, [owner]))[owner]

    def keep(self, work: Work, keys: dict[UUID, bytes], owner: UUID, person: UUID, entries: dict[str, str]) -> None:
        """Seal these fields of `owner` under the person's key, made now if there is none; written with the work."""
        key = keys.get(person)
        if key is None:
            key = keys[person] = os.urandom(32)
            work.locks[person] = self._keys.wrap.seal(key, str(person))
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
            sealer = Sealer(self._keys.wrap.open(row["wrapped"], str(row["subject"])))
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
            if row["wrapped"] is None:
                found[name] = None
                continue
            sealer = Sealer(self._keys.wrap.open(row["wrapped"], str(row["subject"])))
            found[name] = sealer.open(row["sealed"], f"{row['owner']}/{row['field']}").decode()
        return found
