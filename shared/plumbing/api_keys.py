"""接口密钥: how programs of others show who they are where a standard knows nothing but a key.

A key has 256 random bits and is shown once; the file keeps its SHA-256 only (so much chance needs no slow hash).
"""

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, TypeAdapter

BYTES = 32
AT_ONCE = 2
"""So many keys of one client are good at a time: the old one and the new one, while it is exchanged."""

ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""A client's name: it stands in the journal as who did something."""


class ApiKey(BaseModel):
    """One key of a client. `sha256`: hex digest of the key; it is good before `expires_at`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client: ClientName
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    made_at: AwareDatetime
    expires_at: AwareDatetime


_FILE = TypeAdapter(tuple[ApiKey, ...])


def read_keys(file: Path | None) -> tuple[ApiKey, ...]:
    """All keys of the file, none if there is no file; raises `ValueError`."""
    if file is None or not file.exists():
        return ()
    return _FILE.validate_json(file.read_bytes())


def written(keys: tuple[ApiKey, ...]) -> str:
    """What the file says."""
    return _FILE.dump_json(keys, indent=2).decode() + "\n"


def new_key(client: str, made_at: datetime, expires_at: datetime) -> tuple[str, ApiKey]:
    """A key in clear, and what is kept of it."""
    clear = secrets.token_urlsafe(BYTES)
    return clear, ApiKey(client=client, sha256=digest(clear), made_at=made_at, expires_at=expires_at)


def digest(clear: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(clear.encode("utf-8", "replace")).hexdigest()


class ApiKeys:
    """The keys of a file, read again when it has changed: a key that was made or taken back needs no restart."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._clients: dict[str, ApiKey] = {}
        self._read()

    def client(self, clear: str, now: datetime) -> str | None:
        """Whose key this is; None: nobody's, or its time is over. `now`: real time. Raises `ValueError`, `OSError`."""
        self._read()
        found = self._clients.get(digest(clear))
        return found.client if found and now < found.expires_at else None

    def _read(self) -> None:
        stat = self._file.stat() if self._file is not None and self._file.exists() else None
        seen = (stat.st_mtime_ns, stat.st_ino) if stat else None
        if seen != self._seen or seen is None:
            self._clients = {key.sha256: key for key in read_keys(self._file)}
            self._seen = seen
