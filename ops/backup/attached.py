"""Attachments in a backup: the folder of sealed objects, copied after the cut and put back before anybody looks.

An object is written before its row: whatever the cut knows is in the folder by then. What was erased meanwhile is not.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ops.backup.cut import connected
from ops.embedded.stack import ATTACHMENTS

_KNOWN = "select address from attachments where erased_at is null"


def copy_attachments(source: Path, target: Path) -> int:
    """Every whole object of one folder into another, for the owner's eyes only; how many."""
    copied = 0
    for place, _, names in os.walk(source):
        for name in names:
            if name.startswith("."):  # being written, or left half-written by a crash
                continue
            to = target / Path(place).relative_to(source) / name
            to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(Path(place) / name, to)
                to.chmod(0o600)
                copied += 1
    return copied


async def missing_attachments(databases: Mapping[str, str], folder: Path) -> int:
    """How many attachments that the databases know have no object in this folder."""
    async with connected(databases) as towns:
        known = [(service, row["address"]) for service, con in towns.items() for row in await con.fetch(_KNOWN)]
    return sum(not (folder / service / address[:2] / address).is_file() for service, address in known)


def kept_in(backup: Path) -> Path:
    """Where they are in a backup."""
    return backup / ATTACHMENTS
