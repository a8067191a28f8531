"""The embedded stack: broker, PostgreSQL and the five services, each a process of its own, on loopback only."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx

from ops.embedded.keys import AUDIENCE, Keys, write_private
from ops.embedded.processes import Child, StackError
from ops.embedded.servers import Server, Servers, embedded
from ops.ports import LOOPBACK, Ports
from shared.plumbing.settings import EMBEDDED_ISSUER

SERVICES = ("intake", "deliberation", "escalation", "projects", "dashboard")
ROOT = Path(__file__).resolve().parents[2]
ATTACHMENTS = "attachments"
"""The folder of all services' attachments, in a data folder and in its backup."""
_READY_LIMIT = 60.0
_STOP_LIMIT = 15.0
_MIGRATE_LIMIT = 60.0

Command = Callable[[str], Sequence[str]]


def service_command(service: str) -> Sequence[str]:
    """How a service's process is started."""
    return [sys.executable, "-m", f"services.{service}.main"]


class Stack:
    """Everything on one data folder. A second start on it goes on where the first one stopped.

    A broker may keep nothing: after a start the facts come back from the services' journals. `start_at`: where the
    town's clock begins in a new folder. `command` and `child`: how a service's process is started, `servers`: which
    PostgreSQL and broker it has (tests use others).
    """

    def __init__(
        self,
        data: Path,
        *,
        start_at: datetime | None = None,
        command: Command = service_command,
        child: type[Child] = Child,
        servers: Servers = embedded,
        services: Sequence[str] = SERVICES,
        environment: dict[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.data = data.resolve()
        self._start_at, self._command, self._child = start_at, command, child
        self._choose, self._say = servers, say
        self.services = tuple(services)
        self._environment = environment or {}
        self.keys = Keys(self.data)
        self.file = self.data / "stack.json"
        self.attachments = self.data / ATTACHMENTS
        self._lock: int | None = None
        self._servers: list[Server] = []
        self.children: dict[str, Child] = {}

    # -- up and down

    async def up(self) -> None:
        """Start everything; on any failure stop what was started, and say whose fault it was."""
        self._take_folder()
        try:
            self.file.unlink(missing_ok=True)  # of a start that was killed
            self.keys.make()
            self.ports = Ports(self.data / "ports.json")
            self.urls = {name: f"http://{LOOPBACK}:{self.ports.take(name)}" for name in self.services}
            self.postgres, self.broker = self._choose(self.data, self.ports, self.keys, self.services)
            self._servers = [self.postgres, self.broker]
            self._say("启动 PostgreSQL 与 Kafka 代理")
            await _together(server.start() for server in self._servers)
            self._say("更新数据库结构，建立主题")
            await _together([*(self._migrate(name) for name in self.services), self.make_topics()])
            self._say("启动各服务")
            for name in self.services:
                self.start_service(name)
            await _together(self.ready(name) for name in self.services)
            self.publish()
        except BaseException:
            await self.down()
            raise

    async def down(self) -> None:
        """Services first (they drain), then the broker, then PostgreSQL. Safe to call twice.

        A stack that was refused its folder leaves alone what belongs to the one that runs there.
        """
        if self._lock is None:
            return
        self.file.unlink(missing_ok=True)
        await _together(child.stop((signal.SIGTERM, _STOP_LIMIT)) for child in self.children.values())
        for server in reversed(self._servers):
            await server.stop()
        os.close(self._lock)
        self._lock = None

    def _take_folder(self) -> None:
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.data / "logs").mkdir(exist_ok=True)
            lock = os.open(self.data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError("data_folder_unusable", f"无法使用数据目录 {self.data}（{error.strerror}）") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise StackError("already_up", f"{self.data} 已有一套系统在运行") from None
        self._lock = lock

    def publish(self) -> None:
        """Tell others where everything is and under which pid; the file is there while the stack is."""
        write_private(
            self.file,
            json.dumps(
                {
                    "services": self.urls,
                    "kafka": self.broker.address,
                    "databases": {name: self.postgres.url(name) for name in self.services},
                    "pids": {process.name: process.pid for process in self.processes() if process.alive},
                    "data": str(self.data),
                },
                indent=2,
            )
            + "\n",
        )

    def processes(self) -> list[Child]:
        """Everything of ours that was started; a server that is not ours has no process."""
        return [*(server.process for server in self._servers if server.process), *self.children.values()]

    # -- one service

    def environment(self) -> dict[str, str]:
        """The settings that all processes share."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONUNBUFFERED": "1",
            "FIVEPLUSN_MODE": "embedded",
            "FIVEPLUSN_KAFKA": self.broker.address,
            "FIVEPLUSN_KAFKA_IDEMPOTENT": str(self.broker.idempotent),
            "FIVEPLUSN_HOST": LOOPBACK,
            "FIVEPLUSN_CONFIG": str(ROOT / "config"),
            "FIVEPLUSN_MASTER_KEY_FILE": str(self.keys.master_key),
            "FIVEPLUSN_JWKS_FILE": str(self.keys.jwks),
            "FIVEPLUSN_ISSUER": EMBEDDED_ISSUER,
            "FIVEPLUSN_AUDIENCE": AUDIENCE,
            "FIVEPLUSN_PEERS": json.dumps(self.urls),
            "FIVEPLUSN_TOKEN_FILE": str(self.keys.service_token),
            "FIVEPLUSN_API_KEYS_FILE": str(self.keys.api_keys),
            "FIVEPLUSN_NOTICES": f"mailbox://{quote(str(self.data / 'mailbox'))}",
            "FIVEPLUSN_ATTACHMENTS": self.attachments.as_uri(),
            **self._environment,
        }

    def start_service(self, service: str, replica: int = 0) -> str:
        """Start a process of this service (replica 0 has the published URL); its URL."""
        name = service if replica == 0 else f"{service}-{replica}"
        if name in self.children and self.children[name].alive:
            raise StackError("already_running", f"{name} 已在运行")
        port = self.ports.take(name)
        self.children[name] = self._child(
            name,
            self._command(service),
            log=self.data / "logs" / f"{name}.log",
            env={
                "FIVEPLUSN_DATABASE_URL": self.postgres.url(service),
                "FIVEPLUSN_PORT": str(port),
                **self.environment(),
            },
        )
        self.children[name].start()
        return f"http://{LOOPBACK}:{port}"

    async def ready(self, name: str, url: str | None = None) -> None:
        """Wait until this process answers that it is ready."""
        url, child, limit = url or self.urls[name], self.children[name], time.monotonic() + _READY_LIMIT
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                try:
                    if (await client.get(f"{url}/health/ready")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                if not child.alive or time.monotonic() >= limit:
                    raise StackError("service_not_ready", f"服务 {name} 未能就绪", child.last_words())
                await asyncio.sleep(0.05)

    async def kill(self, name: str) -> None:
        """SIGKILL one process."""
        await self.children[name].kill()

    async def stop_service(self, name: str) -> None:
        """Stop one process in good order."""
        await self.children[name].stop((signal.SIGTERM, _STOP_LIMIT))

    # -- preparations

    async def _migrate(self, service: str) -> None:
        more = {"FIVEPLUSN_DATABASE_URL": self.postgres.url(service)}
        if self._start_at is not None:
            more["FIVEPLUSN_CLOCK_START"] = self._start_at.isoformat()
        await self._once(f"migrate-{service}", ["-m", "shared.plumbing.migrate", service], more)

    async def make_topics(self) -> None:
        """Create the topics that are missing: after every start of a broker that keeps nothing."""
        await self._once("topics", ["-m", "shared.plumbing.topics"], {})

    async def _once(self, name: str, arguments: Sequence[str], more: dict[str, str]) -> None:
        child = self._child(
            name,
            [sys.executable, *arguments],
            log=self.data / "logs" / f"{name}.log",
            env=self.environment() | more,
        )
        child.start()
        try:
            done = await child.ended(_MIGRATE_LIMIT)
        finally:
            await child.kill()
        if not done or child.code != 0:
            raise StackError("preparation_failed", f"准备步骤 {name} 失败", child.last_words())


async def _together(work: Iterable[Coroutine[object, object, None]]) -> None:
    """All at once. The first failure ends the others before it is raised: nothing starts behind its back."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
