"""Apache Kafka as a child process: one node (KRaft) from the jars that `make test-kafka` fetches; it keeps its log.

`python -m ops.embedded.apache` archives the classes that a start loads: every later start takes half as long.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from ops.embedded.processes import Child, StackError
from ops.embedded.wire import begin
from ops.ports import LOOPBACK, Ports

JARS = Path(__file__).resolve().parents[2] / ".kafka" / "jars"
ARCHIVE = JARS.with_name("classes.jsa")
"""What Java keeps of loaded classes (class data sharing, JEP 350); one of another Java or of other jars is not used."""
_READY_LIMIT = 60.0
_STOP_LIMIT = 15.0
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true")
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "group.min.session.timeout.ms": 1_000,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "num.network.threads": 2,
    "num.io.threads": 2,
}


class Apache:
    """One node on two loopback ports, one for clients and one for itself. Killed and started again, it has its log.

    `options`: more of Java's.
    """

    idempotent = True

    def __init__(self, data: Path, port: int, controller: int, *options: str) -> None:
        self._port, self._controller = port, controller
        self.address = f"{LOOPBACK}:{port}"
        self._folder = data.resolve() / "kafka"
        self._settings = self._folder / "server.properties"
        self._java = _java()
        self.process = Child(
            "broker",
            [*self._java, *options, "kafka.Kafka", str(self._settings)],
            log=data / "logs" / "broker.log",
            env=_environment(),
        )

    async def start(self, *, empty: bool = False) -> None:
        """Start it on its port, after the first time with what it had, or `empty`; ready when a client gets an answer."""
        if empty:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._write_settings()
        if not (self._folder / "log" / "meta.properties").exists():
            await asyncio.to_thread(self._format)
        await begin(self.process, self._port, self.address, _READY_LIMIT)

    async def stop(self) -> None:
        """SIGTERM, SIGKILL after 15 s."""
        await self.process.stop((signal.SIGTERM, _STOP_LIMIT))

    async def kill(self) -> None:
        """SIGKILL."""
        await self.process.kill()

    def _write_settings(self) -> None:
        listeners = f"PLAINTEXT://{self.address},CONTROLLER://{LOOPBACK}:{self._controller}"
        own = {
            "listeners": listeners,
            "advertised.listeners": listeners,
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self._controller}",
            "log.dirs": self._folder / "log",
        }
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._settings.write_text(properties(own))

    def _format(self) -> None:
        done = subprocess.run(
            [
                *(*self._java, "kafka.tools.StorageTool", "format", "--standalone"),
                *(f"--cluster-id={new_cluster()}", "-c", str(self._settings)),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_environment(),
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            raise StackError("kafka_format_failed", f"无法在 {self._folder} 建立 Kafka 存储", done.stdout + done.stderr)


def properties(own: Mapping[str, object]) -> str:
    """The settings of one node that starts at once and takes little room, with its own ones."""
    return "".join(f"{name}={value}\n" for name, value in {**_SETTINGS, **own}.items())


def new_cluster() -> str:
    """A cluster's id: 16 random bytes, as Kafka writes them."""
    return urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")


def _java() -> list[str]:
    """Java with the jars on its classpath."""
    java = shutil.which("java")
    if java is None:
        raise StackError("java_missing", "未找到 Java 17，无法启动 Apache Kafka")
    if not any(JARS.glob("kafka_*.jar")):
        raise StackError("kafka_missing", f"{JARS} 中没有 Apache Kafka，请先运行 make test-kafka")
    archive = [f"-XX:SharedArchiveFile={ARCHIVE}"] if ARCHIVE.exists() else []
    return [java, *_JVM, *archive, "-Dorg.apache.logging.log4j.level=WARN", "-cp", str(JARS / "*")]


def _environment() -> dict[str, str]:
    """Nothing of the caller's: options for somebody else's Java must not reach ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}


async def _archive() -> None:
    """Start a node once, and keep the classes that it has loaded when it stops."""
    ARCHIVE.unlink(missing_ok=True)
    fresh = ARCHIVE.with_suffix(".new")
    with TemporaryDirectory() as folder:
        (Path(folder) / "logs").mkdir()
        ports = Ports(Path(folder) / "ports.json")
        node = Apache(Path(folder), ports.take("broker"), ports.take("controller"), f"-XX:ArchiveClassesAtExit={fresh}")
        await node.start()
        await node.stop()
    fresh.replace(ARCHIVE)


if __name__ == "__main__":
    asyncio.run(_archive())
