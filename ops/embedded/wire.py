"""What a Kafka broker says of itself on the wire: whether it answers, and which version it is."""

import asyncio
import struct
import time

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from ops.embedded.processes import Child, StackError

RELEASES = (
    *((7, "3.3"), (8, "3.4"), (11, "3.5"), (14, "3.6"), (19, "3.7"), (20, "3.8"), (21, "3.9")),
    *((25, "4.0"), (27, "4.1"), (29, "4.2"), (30, "4.3"), (33, "4.4")),
)
"""Highest `metadata.version` of each release of Apache Kafka, from its enum `MetadataVersion` (kafka-server-common)."""

_API_VERSIONS, _VERSION, _CORRELATION = 18, 3, 1
_LIMIT = 5.0


async def begin(process: Child, port: int, address: str, seconds: float) -> None:
    """Start a broker's process and wait until a Kafka client gets an answer; raises `StackError` with its last words."""
    process.start()
    limit = time.monotonic() + seconds
    while not (process.listens_on(port) and await answers(address)):
        if not process.alive or time.monotonic() >= limit:
            log = process.last_words()
            await process.kill()
            raise StackError("broker_not_ready", f"Kafka 代理未能在 {address} 启动", log)
        await asyncio.sleep(0.05)


async def answers(address: str) -> bool:
    """Whether a Kafka client gets an answer there."""
    client = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=5_000)
    try:
        await client.start()
        await client.list_topics()
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
    return True


async def broker_version(address: str) -> str:
    """The broker's software in words; from the features it supports, the only thing that tells its release."""
    level = (await features(address)).get("metadata.version")
    if level is None:
        return "不报告版本的 Kafka 代理 / a Kafka broker that tells no version"
    return f"Apache Kafka {release(level)} (metadata.version {level})"


def release(level: int) -> str:
    """The release whose highest `metadata.version` this is, or lies below."""
    for highest, name in RELEASES:
        if level <= highest:
            return name
    return f"> {RELEASES[-1][1]}"


async def features(address: str) -> dict[str, int]:
    """Name → highest level of the features that the broker supports; none if it is too old to tell, or no Kafka."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), _LIMIT)
    try:
        writer.write(_question())
        size = struct.unpack(">i", await asyncio.wait_for(reader.readexactly(4), _LIMIT))[0]
        answer = await asyncio.wait_for(reader.readexactly(size), _LIMIT)
    finally:
        writer.close()
    return _Answer(answer).features()


def _question() -> bytes:
    """An ApiVersions request, version 3; the client's name and version are compact strings."""
    name = b"fiveplusn"
    text = struct.pack(">hhih", _API_VERSIONS, _VERSION, _CORRELATION, len(name)) + name + b"\x00"
    text += bytes([len(name) + 1]) + name + b"\x02" + b"0" + b"\x00"
    return struct.pack(">i", len(text)) + text


class _Answer:
    """An ApiVersions response, version 3, read from its start."""

    def __init__(self, content: bytes) -> None:
        self._left = memoryview(content)

    def features(self) -> dict[str, int]:
        """The first tagged field lists them."""
        correlation, error = self._fixed(">ih")
        if correlation != _CORRELATION or error:
            return {}
        for _ in range(self._varint() - 1):
            self._fixed(">hhh")
            self._skip_tags()
        self._fixed(">i")  # throttle time
        found: dict[str, int] = {}
        for _ in range(self._varint()):
            tag, size = self._varint(), self._varint()
            field = _Answer(bytes(self._take(size)))
            if tag == 0:
                found = field._supported()
        return found

    def _supported(self) -> dict[str, int]:
        found = {}
        for _ in range(self._varint() - 1):
            name = bytes(self._take(self._varint() - 1)).decode()
            _, found[name] = self._fixed(">hh")
            self._skip_tags()
        return found

    def _skip_tags(self) -> None:
        for _ in range(self._varint()):
            self._varint()
            self._take(self._varint())

    def _take(self, size: int) -> memoryview:
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def _fixed(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self._take(struct.calcsize(form)))

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
            shift += 7
