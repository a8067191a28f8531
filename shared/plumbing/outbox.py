"""The relay: from the journal to the wire, in order, one active relay per service."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from shared.plumbing import tracing
from shared.plumbing.database import Connection

log = logging.getLogger(__name__)

_NEXT = """
select o.position, j.kind, j.stream, j.version, j.type, j.data::text as data, j.occurred_at, j.actor, j.cause,
    j.correlation, j.terms, o.traceparent
from (select position, traceparent from outbox order by position limit $1) o
join lateral (select * from journal j where j.position = o.position offset 0) j on true order by o.position
"""
_REMEMBER = """
insert into relayed select * from unnest($1::int[], $2::bigint[], $3::text[])
on conflict (partition) do update set log_offset = excluded.log_offset, fact = excluded.fact
"""
TURN = "20240201, 1"
"""One relay per database: who holds this advisory lock has the turn. The numbers mean nothing besides being ours."""
_LOCK = f"select pg_try_advisory_xact_lock({TURN})"
_SESSION = {"application_name": "relay", "idle_in_transaction_session_timeout": "60000"}
"""A relay that vanished from the network must not keep the turn: the database ends its session."""


@dataclass(frozen=True, slots=True)
class Acked:
    """One record batch that the broker has taken: its partition, first and last offset, and its last fact."""

    partition: int
    first: int
    last: int
    fact: str


def partition_of(stream: str, partitions: int) -> int:
    """The partition of a stream, by CRC-32 of its key. It may never change: it is part of the contract."""
    return crc32(stream.encode()) % partitions


class Relay:
    """Sends what is in the outbox, waits for the acknowledgements, deletes exactly that.

    It remembers per partition the last acknowledged record and proves by reading back that the broker still has it. A
    broker that forgot is told everything again from the journal, under a new log epoch.
    """

    POLL, IDLE = 0.05, 0.4
    """Seconds between two looks: at first, and at last when nothing comes; what this process says wakes it at once."""
    PROBE = 2.0

    def __init__(
        self,
        dsn: str,
        kafka: Mapping[str, Any],
        service: str,
        wake: asyncio.Event,
        *,
        partitions: int,
        idempotent: bool,
        batch: int = 2000,
    ) -> None:
        self._dsn, self._kafka, self._wake = dsn, kafka, wake
        self.topic, self._partitions, self._batch = f"{service}.events", partitions, batch
        self._options = {
            "acks": "all",
            "enable_idempotence": idempotent,
            "max_batch_size": 262_144,
            "request_timeout_ms": 10_000,
        }
        self._common = [("ce_specversion", b"1.0"), ("ce_source", f"/fiveplusn/{service}".encode())]
        self._last: dict[int, tuple[int, str]] = {}
        self._checked = 0.0
        self.sent = self.retold = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Send what is there, then end."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until told to stop: a connection and a producer that failed once are thrown away and made anew."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                await self._serve()
                pause = 0.1
            except (Exception, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                    raise  # aiokafka leaks stray cancellations: only one that was asked for ends us
                log.warning("relay_failed", extra={"error": type(error).__name__, "again_in_s": pause})
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(pause * 2, 5.0)

    async def _serve(self) -> None:
        con = await asyncpg.connect(self._dsn, timeout=5, command_timeout=35, server_settings=_SESSION)
        producer = AIOKafkaProducer(**self._kafka, **self._options)
        self._checked = 0.0
        try:
            await producer.start()
            pause = self.POLL
            while not self._stopping.is_set():
                woken = self._wake.is_set()
                self._wake.clear()
                sent = await self._turn(con, producer)
                pause = self.POLL if sent or woken else min(pause * 2, self.IDLE)
                if sent < self._batch:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), pause)
            while await self._turn(con, producer):
                pass
        finally:
            con.terminate()
            await asyncio.wait_for(asyncio.shield(producer.stop()), 5)

    async def _turn(self, con: Connection, producer: Any) -> int:
        async with con.transaction():
            if not await con.fetchval(_LOCK):
                self._checked = 0.0
                return 0
            if time.monotonic() - self._checked > self.PROBE:
                await self._probe(con)
                self._checked = time.monotonic()
            sent = await self._step(con, producer)
            if sent:
                self._checked = time.monotonic()
            return sent

    async def _step(self, con: Connection, producer: Any) -> int:
        rows = await con.fetch(_NEXT, self._batch)
        if not rows:
            return 0
        epoch: int = await con.fetchval("select epoch from wire")
        with tracing.sending(self.topic, rows):
            acked = await self.send(producer, rows, epoch)
        first: dict[int, int] = {}
        last: dict[int, tuple[int, str]] = {}
        for batch in acked:
            first.setdefault(batch.partition, batch.first)
            last[batch.partition] = (batch.last, batch.fact)
        if any(offset <= self._last.get(partition, (-1, ""))[0] for partition, offset in first.items()):
            await self._tell_again(con)
            return len(rows)
        await self.forget(con, rows, last)
        self._last |= last
        self.sent += len(rows)
        return len(rows)

    async def send(self, producer: Any, rows: Sequence[asyncpg.Record], epoch: int) -> list[Acked]:
        """One record batch per partition, built by us: no future, no partitioner and no hash in Python per record."""
        log_epoch = b"%d" % epoch
        builders: dict[int, tuple[Any, list[str]]] = {}
        sent = []

        async def post(partition: int) -> None:
            builder, facts = builders.pop(partition)
            builder.close()
            sent.append((partition, facts, await producer.send_batch(builder, self.topic, partition=partition)))

        for row in rows:
            stream = str(row["stream"])
            fact = f"{row['kind']}/{stream}/{row['version']}"
            partition = partition_of(stream, self._partitions)
            record = {
                "timestamp": None,
                "key": stream.encode(),
                "value": row["data"].encode(),
                "headers": [*self._common, *envelope(row, fact), *_trace(row), ("log_epoch", log_epoch)],
            }
            if partition not in builders:
                builders[partition] = (producer.create_batch(), [])
            if builders[partition][0].append(**record) is None:
                await post(partition)
                builders[partition] = (producer.create_batch(), [])
                if builders[partition][0].append(**record) is None:
                    raise ValueError(f"{fact} is too large for a record batch")
            builders[partition][1].append(fact)
        for partition in list(builders):
            await post(partition)
        answers: list[Any] = await asyncio.gather(*(future for _, _, future in sent), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return [
            Acked(partition, answer.offset, answer.offset + len(facts) - 1, facts[-1])
            for (partition, facts, _), answer in zip(sent, answers, strict=True)
        ]

    async def forget(self, con: Connection, rows: Sequence[asyncpg.Record], last: dict[int, tuple[int, str]]) -> None:
        """Acknowledged: the outbox may forget them. And note where the wire stands, to notice a broker that forgets."""
        await con.execute("delete from outbox where position = any($1::bigint[])", [row["position"] for row in rows])
        await con.execute(_REMEMBER, list(last), [offset for offset, _ in last.values()], [f for _, f in last.values()])

    async def _probe(self, con: Connection) -> None:
        """Read back the last acknowledged record of every partition: gone, or another one, and the broker forgot."""
        remembered = await con.fetch("select partition, log_offset, fact from relayed")
        self._last = {row["partition"]: (row["log_offset"], row["fact"]) for row in remembered}
        if not self._last:
            return
        consumer = AIOKafkaConsumer(
            **self._kafka,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=1 << 16,
        )
        await consumer.start()
        try:
            await self._read_back(consumer)
        except OffsetOutOfRangeError:
            await self._tell_again(con)
        finally:
            await consumer.stop()

    async def _read_back(self, consumer: Any) -> None:
        wanted = {TopicPartition(self.topic, partition): last for partition, last in self._last.items()}
        consumer.assign(list(wanted))
        for partition, (offset, _) in wanted.items():
            consumer.seek(partition, offset)
        left, limit = set(wanted), time.monotonic() + 5
        while left:
            for partition, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                offset, fact = wanted[partition]
                if records[0].offset != offset or dict(records[0].headers).get("ce_id", b"").decode() != fact:
                    raise OffsetOutOfRangeError({partition: records[0].offset})
                left.discard(partition)
            for partition in left:
                end = consumer.highwater(partition)
                if end is not None and end <= wanted[partition][0]:
                    raise OffsetOutOfRangeError({partition: end})
            if left and time.monotonic() > limit:
                raise KafkaError(f"cannot read back {len(left)} partitions of {self.topic}")

    async def _tell_again(self, con: Connection) -> None:
        """Say everything again under a new epoch; whoever heard it drops it by its version."""
        done = await con.execute(
            "insert into outbox select position from journal order by position on conflict do nothing"
        )
        await con.execute("delete from relayed")
        await con.execute("update wire set epoch = epoch + 1")
        self._last = {}
        self.retold += 1
        log.warning("broker_forgot", extra={"topic": self.topic, "facts": int(done.split()[-1])})


def _trace(row: asyncpg.Record) -> tuple[tuple[str, bytes], ...]:
    traceparent = row["traceparent"]
    return (("traceparent", traceparent.encode()),) if traceparent else ()


def envelope(row: Mapping[str, Any] | asyncpg.Record, fact: str) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 in binary mode, by hand. The person behind an actor stays in the journal."""
    kind, stream = row["kind"], str(row["stream"])
    role, _, rest = row["actor"].partition(":")
    return [
        ("content-type", b"application/json"),
        ("ce_id", fact.encode()),
        ("ce_type", row["type"].encode()),
        ("ce_subject", stream.encode()),
        ("ce_time", row["occurred_at"].isoformat().encode()),
        ("ce_dataschema", f"urn:fiveplusn:schema:{row['type']}".encode()),
        ("ce_stream", f"{kind}/{stream}".encode()),
        ("ce_sequence", b"%d" % row["version"]),
        ("ce_position", b"%d" % row["position"]),
        ("ce_actor", f"{role}:{rest.partition(':')[0]}".encode()),
        ("ce_terms", row["terms"].encode()),
        ("ce_causationid", row["cause"].encode()),
        ("ce_correlationid", row["correlation"].encode()),
    ]
