"""Where sealed objects lie: a folder, or a bucket of any S3-compatible server. An object never changes."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

_LIST_MANY = 1000
_TIMEOUT = timedelta(seconds=20)


class Away(OSError):
    """The storage does not answer, or does not let us in: try again later."""


class Missing(Exception):
    """There is no object of this name."""


class Storage(Protocol):
    """A place for objects. Names have the form `intake/ab/abcd…`."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep it for good: when this returns, a crash takes it away no more."""
        ...

    async def get(self, name: str) -> bytes:
        """The object; raises `Missing`."""
        ...

    async def delete(self, names: Iterable[str]) -> None:
        """Take these away; those that are not there are no error."""
        ...

    def found(self, below: str) -> AsyncIterator[list[tuple[str, datetime]]]:
        """All names below a folder, each with the time of its writing (UTC), some hundred at a time."""
        ...


def open_storage(url: str) -> Storage:
    """`file:///folder` or `s3://bucket/prefix?endpoint=https://…&region=…`; raises `ValueError`.

    Who we are at an S3 server is told by the environment, in the names that its own tools read (`AWS_ACCESS_KEY_ID` …).
    """
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and not asked:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and asked.keys() <= {"endpoint", "region"}:
        return Bucket(parts.netloc, unquote(parts.path).strip("/"), **asked)
    raise ValueError("FIVEPLUSN_ATTACHMENTS must be file:///folder or s3://bucket?endpoint=…&region=…")


class Folder:
    """A folder of this machine, or one that all replicas share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, name: str, content: bytes) -> None:
        """Under another name first, then onto the disk, then renamed: nobody ever sees a part of it."""
        await asyncio.to_thread(self._put, self.root / name, content)

    def _put(self, place: Path, content: bytes) -> None:
        new = not place.parent.is_dir()
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{uuid4().hex}.part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.rename(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(place.parent)
        if new:
            _sync_folder(place.parent.parent)
            _sync_folder(self.root)

    async def get(self, name: str) -> bytes:
        """The object."""
        try:
            return await asyncio.to_thread((self.root / name).read_bytes)
        except FileNotFoundError:
            raise Missing(name) from None

    async def delete(self, names: Iterable[str]) -> None:
        """Take these files away."""

        def delete() -> None:
            for name in names:
                (self.root / name).unlink(missing_ok=True)

        await asyncio.to_thread(delete)

    async def found(self, below: str) -> AsyncIterator[list[tuple[str, datetime]]]:
        """Every file, those too that a crash left half-written."""
        for folder in sorted(await asyncio.to_thread(lambda: list((self.root / below).glob("*")))):
            yield await asyncio.to_thread(self._files, folder)

    def _files(self, folder: Path) -> list[tuple[str, datetime]]:
        found = []
        for path in folder.glob("*"):
            with suppress(FileNotFoundError):  # taken away meanwhile
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                found.append((path.relative_to(self.root).as_posix(), written))
        return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Bucket:
    """A bucket, or what lies below a prefix of it."""

    def __init__(self, bucket: str, prefix: str = "", endpoint: str | None = None, region: str = "us-east-1") -> None:
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            endpoint=endpoint,
            region=region,
            virtual_hosted_style_request=False,
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": _TIMEOUT},
            retry_config={"max_retries": 2, "retry_timeout": _TIMEOUT},
        )

    async def put(self, name: str, content: bytes) -> None:
        """In one request: it is there whole, or not at all."""
        try:
            await obstore.put_async(self._store, name, content, use_multipart=False)
        except (BaseError, FileNotFoundError) as error:  # the latter: there is no such bucket
            raise Away(type(error).__name__) from None

    async def get(self, name: str) -> bytes:
        """The object."""
        try:
            return bytes(await (await obstore.get_async(self._store, name)).bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise Missing(name) from None
        except BaseError as error:
            raise Away(type(error).__name__) from None

    async def delete(self, names: Iterable[str]) -> None:
        """Take these objects away."""
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except (NotFoundError, FileNotFoundError):
                continue
            except BaseError as error:
                raise Away(type(error).__name__) from None

    async def found(self, below: str) -> AsyncIterator[list[tuple[str, datetime]]]:
        """Every object."""
        try:
            async for page in obstore.list(self._store, f"{below}/", chunk_size=_LIST_MANY):
                yield [(entry["path"], entry["last_modified"]) for entry in page]
        except BaseError as error:
            raise Away(type(error).__name__) from None
