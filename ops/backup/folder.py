"""A backup on disk: the dumps and `manifest.json`, for its owner's eyes only, whole or not there at all."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ops.backup.state import State
from ops.embedded.keys import write_private
from ops.embedded.processes import StackError

MANIFEST = "manifest.json"
MASTER_KEY = "master.key"


class File(BaseModel):
    """A file of the backup, as it was written."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """As it is now."""
        with path.open("rb") as file:
            return cls(bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


class Manifest(BaseModel):
    """When the cut was taken, what every database had at that moment, and every file with its checksum."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    at: datetime
    held_ms: float
    program: str
    services: dict[str, State]
    files: dict[str, File]

    @property
    def facts(self) -> int:
        """Of all services."""
        return sum(state.facts for state in self.services.values())

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files.values())


def dump_name(service: str) -> str:
    """The file of a service's database."""
    return f"{service}.dump"


def touch_private(path: Path) -> Path:
    """An empty file that only its owner may read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to fill (0700); it gets its name when the block ends well, and vanishes when it does not."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StackError("not_empty", f"{folder} 已存在且不为空")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        yield part
        _sync(part)
        part.rename(folder)
        _sync(folder.parent, deep=False)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync(folder: Path, *, deep: bool = True) -> None:
    for path in [*(folder.rglob("*") if deep else ()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def keep_key(folder: Path, master_key: Path) -> None:
    """The master key, as it is needed to read the vaults."""
    write_private(folder / MASTER_KEY, master_key.read_text())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last file of a backup."""
    write_private(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest, after every file was found to be what was written; raises `StackError`."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise StackError("no_backup", f"{folder} 不是完整的备份（没有 {MANIFEST}）") from None
    except ValidationError as error:
        raise StackError("no_backup", f"{folder / MANIFEST} 无法读取") from error
    if manifest.format != 1:
        raise StackError("unknown_format", f"备份格式 {manifest.format} 比本程序新，请用新版程序恢复")
    for name, written in manifest.files.items():
        if not (folder / name).is_file() or File.of(folder / name) != written:
            raise StackError("damaged", f"备份文件 {name} 缺失或与校验和不符，不予恢复")
    return manifest
