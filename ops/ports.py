"""Free ports on the loopback address, kept from one start to the next."""

import json
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_RANGE = range(15_000, 32_000)
"""Below the ports the system lends to outgoing connections (32768 and up on Linux, 49152 on macOS).

While a server is down, a client that keeps connecting to a port of that range can be given the very same port as its
own: it is then connected to itself, and the server cannot come back.
"""


def is_free(port: int) -> bool:
    """Whether nobody listens there now; connections of an earlier run that still fade away do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


class Ports:
    """Name → port, remembered in a JSON file: a name keeps its port as long as it is free."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._chosen: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def take(self, name: str) -> int:
        """The port of this name: the one of last time if it is free, else another, never one promised to somebody."""
        port = self._chosen.get(name)
        if port is None or not is_free(port):
            port = self._another()
            self._chosen[name] = port
            self._file.write_text(json.dumps(self._chosen, indent=2) + "\n")
        return port

    def _another(self) -> int:
        promised = set(self._chosen.values())
        for port in random.SystemRandom().sample(_RANGE, len(_RANGE)):
            if port not in promised and is_free(port):
                return port
        raise OSError(f"no free port between {_RANGE.start} and {_RANGE.stop - 1}")
