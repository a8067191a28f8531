"""The master key file: as it is made, and as it is after the key that wraps people's keys was changed.

As made it holds one master key, and every key of every service is derived from it. Whoever has that file can open what
was wrapped at any time, in old backups and in dead rows, too. A **ring** takes its place when the key is changed: it
holds several wrapping masters by version, and beside them the derived keys that cannot change (quarantine, look-up,
seals of the journal). Once the oldest version is taken out, nothing that was wrapped under it can ever be opened.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

WRAP = "wrap"
LASTING = ("quarantine", "lookup", "journal-seal")
"""What keeps its key for ever: what is sealed, looked up or signed with it could not be made anew."""
_LENGTH = 32


def derive(master: bytes, service: str, use: str) -> bytes:
    """The key of one service for one use."""
    return HKDF(SHA256(), _LENGTH, salt=None, info=f"fiveplusn/{service}/{use}".encode()).derive(master)


@dataclass(frozen=True, slots=True)
class Ring:
    """`masters`: version → what the services' wrapping keys derive from; `lasting`: service → use → key."""

    masters: Mapping[int, bytes]
    lasting: Mapping[str, Mapping[str, bytes]]

    @classmethod
    def of(cls, master: bytes, services: Iterable[str]) -> Self:
        """The ring that says the same as a master key; raises `ValueError`."""
        if len(master) != _LENGTH:
            raise ValueError("the master key must have 32 bytes")
        return cls({1: master}, {name: {use: derive(master, name, use) for use in LASTING} for name in services})

    @classmethod
    def read(cls, path: Path, services: Iterable[str]) -> Self:
        """What the file holds, for these services; raises `ValueError`."""
        text = path.read_text().strip()
        if not text.startswith("{"):
            return cls.of(base64.b64decode(text), services)
        written: dict[str, Any] = json.loads(text)
        ring = cls(
            {int(version): base64.b64decode(key) for version, key in written["masters"].items()},
            {name: {use: base64.b64decode(k) for use, k in keys.items()} for name, keys in written["lasting"].items()},
        )
        if missing := [name for name in services if name not in ring.lasting]:
            raise ValueError(f"the key ring has no keys of {', '.join(missing)}")
        return ring

    @property
    def newest(self) -> int:
        """The version under which people's keys are wrapped now."""
        return max(self.masters)

    def grown(self) -> Self:
        """With a new version beside the others."""
        return replace(self, masters={**self.masters, self.newest + 1: secrets.token_bytes(_LENGTH)})

    def shrunk(self) -> Self:
        """With the newest version alone: what was wrapped under any other is lost."""
        return replace(self, masters={self.newest: self.masters[self.newest]})

    def text(self) -> str:
        """The file's content."""
        masters = {str(version): base64.b64encode(key).decode() for version, key in self.masters.items()}
        lasting = {
            name: {use: base64.b64encode(k).decode() for use, k in keys.items()} for name, keys in self.lasting.items()
        }
        return json.dumps({"masters": masters, "lasting": lasting}, indent=2) + "\n"
