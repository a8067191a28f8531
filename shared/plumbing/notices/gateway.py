"""Where notices go: a folder that stands for everybody's mailbox, or a gateway behind HTTPS.

A gateway gets a JSON object (`id to text template parameters`), signed as Standard Webhooks 1.0 says, with the notice's
id as `Idempotency-Key`: the same notice may come twice, and must have one effect.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from shared.plumbing.settings import Settings, read_secret
from shared.plumbing.webhooks.calling import Away, Caller, authority
from shared.plumbing.webhooks.signing import key_of

CALLS = 16
"""So many calls at once, at most."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice as the gateway sees it. `to`: E.164."""

    id: UUID
    to: str
    text: str
    template: str
    parameters: Mapping[str, str]


class Gateway(Protocol):
    """Takes notices."""

    async def send(self, notice: Outgoing, seconds: float) -> None:
        """Hand it over within this time; raises `NotTaken`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def open_gateway(settings: Settings) -> Gateway | None:
    """What `FIVEPLUSN_NOTICES` names; None: nobody is told."""
    if not settings.notices:
        return None
    if urlsplit(settings.notices).scheme == "mailbox":
        return Mailbox(Path(unquote(urlsplit(settings.notices).path)))
    assert settings.notices_secret_file is not None, "the settings ask for it"
    return Webhook(settings.notices, key_of(read_secret(settings.notices_secret_file)), settings.notices_ca_file)


class Mailbox:
    """A folder: one file per notice, named by its id, complete or not there; the same notice again replaces itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, notice: Outgoing, seconds: float) -> None:
        """Write the file; raises `Away` when the folder cannot be written to."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.to_thread(self._write, notice)
        except (OSError, TimeoutError) as error:
            raise Away(type(error).__name__.upper()) from error

    def _write(self, notice: Outgoing) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self._folder / f".{notice.id}.{os.getpid()}"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(notice), file, ensure_ascii=False, default=str)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._folder / f"{notice.id}.json")

    async def close(self) -> None:
        """Nothing is open."""


class Webhook:
    """A gateway behind HTTPS, named in the settings."""

    def __init__(self, url: str, key: bytes, ca: Path | None = None) -> None:
        self._url, self._key = url, key
        self._caller = Caller(CALLS, authority(ca, alone=True))

    async def send(self, notice: Outgoing, seconds: float) -> None:
        """One call; taken is what is answered with 2xx."""
        body = json.dumps(asdict(notice), ensure_ascii=False, default=str).encode()
        more = {"Idempotency-Key": str(notice.id)}
        await self._caller.post(self._url, [self._key], str(notice.id), body, seconds, more)

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()
