"""Where notices go: a folder that stands for everybody's mailbox, or a gateway behind HTTPS.

A gateway gets a JSON object (`id to text template parameters`), signed as Standard Webhooks 1.0 says, with the notice's
id as `Idempotency-Key`: the same notice may come twice, and must have one effect.
"""

import asyncio
import base64
import hmac
import json
import os
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx

from shared.plumbing.settings import Settings, read_secret

MAX_ANSWER = 65_536
"""Nobody reads more of a gateway's answer: only its status counts."""
CALLS = 16
"""So many calls at once, at most."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how Standard Webhooks marks a secret, not a secret
_LEAST_SECRET = 24
_ITS_FAULT = frozenset({400, 410, 413, 422})
"""The gateway refuses this very notice: trying again would change nothing."""
_NOT_NOW = frozenset({401, 403, 404, 405, 407, 429, 503})
"""The gateway takes nothing at present, or nothing from us: no notice is to blame."""
_LONGEST_WISH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice as the gateway sees it. `to`: E.164."""

    id: UUID
    to: str
    text: str
    template: str
    parameters: Mapping[str, str]


class NotTaken(Exception):
    """The gateway did not take it; `code`, never its words: they may quote the number."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(NotTaken):
    """It never will."""


class Failed(NotTaken):
    """This attempt failed; whether it had an effect is unknown."""


class Away(NotTaken):
    """It takes nothing at present. `wait`: how long it asks us to stay away."""

    def __init__(self, code: str, wait: timedelta = timedelta(0)) -> None:
        super().__init__(code)
        self.wait = wait


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
    return Webhook(settings.notices, signing_key(settings.notices_secret_file), settings.notices_ca_file)


def signing_key(file: Path) -> bytes:
    """The secret that we share with the gateway: base64 of at least 24 bytes; raises `ValueError`."""
    key = base64.b64decode(read_secret(file).removeprefix(_SECRET_PREFIX), validate=True)
    if len(key) < _LEAST_SECRET:
        raise ValueError(f"the gateway's secret must have at least {_LEAST_SECRET} bytes")
    return key


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
    """A gateway behind HTTPS. Its certificate is checked, a redirection is not followed, no proxy is asked."""

    def __init__(self, url: str, key: bytes, ca: Path | None = None) -> None:
        self._url, self._key = url, key
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=ca),
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=CALLS, max_keepalive_connections=CALLS),
        )

    async def send(self, notice: Outgoing, seconds: float) -> None:
        """One call; taken is what is answered with 2xx."""
        body = json.dumps(asdict(notice), ensure_ascii=False, default=str).encode()
        stamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(notice.id),
            "webhook-id": str(notice.id),
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(self._key, str(notice.id), stamp, body),
        }
        answer: httpx.Response | None = None
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream("POST", self._url, content=body, headers=headers, timeout=seconds) as answer,
            ):
                await _drain(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Away("UNREACHABLE") from error
        except (httpx.TimeoutException, TimeoutError) as error:
            if answer is None:
                raise Failed("TIMEOUT") from error
        except httpx.HTTPError as error:
            if answer is None:
                raise Failed("NO_ANSWER") from error
        assert answer is not None
        _judge(answer)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def signature(key: bytes, id: str, stamp: int, body: bytes) -> str:
    """Standard Webhooks 1.0, scheme v1: HMAC-SHA256 of `id.timestamp.body`, in base64."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{id}.{stamp}.".encode() + body, "sha256")).decode()


async def _drain(answer: httpx.Response) -> None:
    """Read a short answer to its end, so that the connection can be used again."""
    read = 0
    async for chunk in answer.aiter_raw():
        read += len(chunk)
        if read > MAX_ANSWER:
            return


def _judge(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    code = f"HTTP_{answer.status_code}"
    if answer.status_code in _ITS_FAULT:
        raise Refused(code)
    if answer.status_code in _NOT_NOW or answer.is_redirect:
        raise Away(code, _wish(answer))
    raise Failed(code)


def _wish(answer: httpx.Response) -> timedelta:
    with suppress(ValueError, OverflowError):
        return min(max(timedelta(seconds=int(answer.headers.get("retry-after", ""))), timedelta(0)), _LONGEST_WISH)
    return timedelta(0)
