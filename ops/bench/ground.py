"""Where it is measured: an embedded stack, fresh databases beside those of the services, and helper processes."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from ops.embedded.postgres import SUPERUSER
from ops.embedded.processes import Child, StackError
from ops.embedded.stack import ROOT, SERVICES, Stack

Say = Callable[[str], None]


class Ground:
    """A running stack with some of the services. `start_s`: how long its start took, from nothing to ready."""

    def __init__(self, stack: Stack, start_s: float) -> None:
        self.stack, self.start_s = stack, start_s

    def url(self, database: str) -> str:
        """A database, as the superuser."""
        address = self.stack.postgres.url("intake").rpartition("@")[2].partition("/")[0]
        password = self.stack.keys.passwords([SUPERUSER])[SUPERUSER]
        return f"postgresql://{SUPERUSER}:{password}@{address}/{database}"

    async def database(self, name: str, schema: str = "") -> str:
        """A new database; its URL."""
        admin = await asyncpg.connect(self.url("postgres"))
        try:
            await admin.execute(f"create database {name}")
        finally:
            await admin.close()
        if schema:
            con = await asyncpg.connect(self.url(name))
            try:
                await con.execute(schema)
            finally:
                await con.close()
        return self.url(name)

    @asynccontextmanager
    async def process(self, arguments: Sequence[str], **environment: str) -> AsyncIterator[Child]:
        """A helper process for as long as this lasts."""
        child = Child(
            "-".join(arguments),
            [sys.executable, "-m", *arguments],
            log=self.stack.data / "logs" / f"{'-'.join(arguments)}.log",
            env=self.stack.environment() | environment,
        )
        child.start()
        try:
            yield child
        finally:
            await child.stop((signal.SIGTERM, 5.0))

    async def ask(self, module: str, job: Any) -> Any:
        """What a helper process answers to a job, both as JSON."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            cwd=ROOT,
            env=self.stack.environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await process.communicate(json.dumps(asdict(job)).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise StackError("bench_failed", f"测量进程 {module} 失败", err.decode(errors="replace")[-2000:])
        return json.loads(out)

    def resident(self) -> dict[str, float]:
        """Memory of every service process, in MB."""
        pids = {name: child.pid for name, child in self.stack.children.items()}
        return {name: psutil.Process(pid).memory_info().rss / 1e6 for name, pid in pids.items() if pid}


@asynccontextmanager
async def ground(data: Path, services: Sequence[str] = SERVICES) -> AsyncIterator[Ground]:
    """A stack on this folder with these services."""
    stack = Stack(data, services=services, environment={"FIVEPLUSN_NOTICES": ""})
    start = time.perf_counter()
    await stack.up()
    try:
        yield Ground(stack, time.perf_counter() - start)
    finally:
        await stack.down()
