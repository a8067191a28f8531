"""The wire, as a service hears it: one FastStream subscription for all its topics, batches, and a log that may forget."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from shared.plumbing import logs, tracing
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox

log = logging.getLogger(__name__)
Records = Sequence[ConsumerRecord[bytes | None, bytes | None]]


async def answers(kafka: str) -> bool:
    """Whether anybody listens at one of these addresses (`host:port`, separated by commas)."""
    for address in kafka.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 5)
        except OSError:
            continue
        writer.close()
        return True
    return False


async def _raw(_: Any) -> bytes:
    """Nothing is decoded in the framework: one bad record would fail its whole batch."""
    return b""


async def _whole(records: Any, original: Any) -> Any:
    """The stock parser reads every header as UTF-8, and one bad header kills the batch: show it one bare record."""
    message = await original(tuple(replace(record, headers=()) for record in records[:1]))
    message.raw_message = records
    return message


class ReaderDied(Exception):
    """The consumer's own tasks have ended although nobody stopped them."""


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the wire for an inbox, batch by batch, and acknowledges after the work."""

    MAX_PAUSE = 5.0
    POISON_IN_A_ROW, POISON_PAUSE = 50, 30.0
    """So many batches in a row that end in quarantine alone stop the reader for a while: the fault is ours, not theirs."""
    MAX_BATCH = 20.0
    """Seconds after which a batch is given back: well below the time the broker waits for a member (60 s)."""

    def __init__(self, inbox: Inbox, broker: KafkaBroker, topics: Sequence[str], *, session_timeout_ms: int) -> None:
        self.inbox = inbox
        self.turn = asyncio.Lock()
        self.fails = self.failed = 0
        self.in_hand: Records = ()
        self.newest: dict[str, int] = {}
        self.stopping = asyncio.Event()
        self.rewinds = 0
        self.leaving = False
        inbox.portion_s = session_timeout_ms / 5_000  # this process must answer the broker in between
        self.ready = asyncio.Event()
        self._epochs: dict[TopicPartition, int] = {}
        self._rewound: set[TopicPartition] = set()
        self._subscriber = broker.subscriber(
            *topics,
            group_id=inbox.name,
            batch=True,
            max_records=1000,
            batch_timeout_ms=20,
            fetch_max_wait_ms=100,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            parser=_whole,
            decoder=_raw,
            listener=self,
            rebalance_timeout_ms=60_000,
            session_timeout_ms=session_timeout_ms,
            heartbeat_interval_ms=session_timeout_ms // 4,
            partition_assignment_strategy=(StickyPartitionAssignor,),
        )
        self._subscriber(self.take)

    def stop(self) -> None:
        """Pause no longer: the batch in hand is the last."""
        self.stopping.set()

    @property
    def consumer(self) -> Any:
        """The aiokafka consumer underneath; None before the start."""
        return self._subscriber.consumer

    async def take(self, message: KafkaMessage) -> None:
        """One batch from the wire, with a correlation and, when asked for, a span of its own."""
        self.in_hand = message.raw_message
        with logs.about(), tracing.batch(self.inbox.name, self.in_hand):
            await self.batch(message)
        self.in_hand = ()

    async def batch(self, message: KafkaMessage) -> None:
        """One batch: absorbed and acknowledged, or, when the world is unwell, given back after a pause.

        A slow batch is given back as well, and when a rebalance waits for it: what of it is done has its marks.
        """
        records: Records = message.raw_message
        pause, done = 0.0, False
        async with self.turn:
            try:
                if await self._rewind(records):
                    return
                before = self.inbox.applied, self.inbox.quarantined
                done = await self._absorb(records)
                if done:
                    await self.acknowledge(message)
                    self.in_hand, self.newest[records[-1].topic] = (), records[-1].timestamp
                applied, quarantined = self.inbox.applied - before[0], self.inbox.quarantined - before[1]
                self.fails = self.fails + 1 if quarantined and not applied else 0
                if self.fails > self.POISON_IN_A_ROW:
                    pause = self._pause(self.POISON_PAUSE)
            except Exception as error:
                self.fails += 1
                self.failed += 1
                done, pause = False, self._pause(self.MAX_PAUSE)
                log.warning("batch_failed", extra={"error": type(error).__name__, "again_in_s": round(pause, 1)})
        if pause:
            with suppress(TimeoutError):  # outside the lock: a rebalance need not wait for it
                await asyncio.wait_for(self.stopping.wait(), pause)
        if not done:
            try:
                await message.nack()
            except Exception as error:
                log.info("partition_moved", extra={"error": type(error).__name__})

    async def _absorb(self, records: Records) -> bool:
        left, end = self._read(records), time.monotonic() + self.MAX_BATCH
        while left and not self.leaving and time.monotonic() < end:
            left = await self.inbox.absorb_some(left)
        return not left

    async def acknowledge(self, message: KafkaMessage) -> None:
        """Commit the offsets: after the database did."""
        await message.ack()

    def _pause(self, longest: float) -> float:
        return min(longest, 0.1 * 2.0 ** min(self.fails, 9)) * random.uniform(0.7, 1.3)

    def _read(self, records: Records) -> list[Heard[Any]]:
        heard = []
        for record in records:
            h = self.inbox.read(record.topic, f"{record.partition}/{record.offset}", record.headers, record.value)
            if h is not None:
                heard.append(h)
        return heard

    # -- a log that was begun anew

    async def _rewind(self, records: Records) -> bool:
        """A record of a newer log epoch in mid-partition: this is not the log we were reading. Read it from its start.

        First commit 0, then seek, then remember: a commit can fail while re-joining, and then nothing is remembered.
        """
        first: dict[tuple[TopicPartition, int], int] = {}
        for record in records:
            if record.topic not in self.inbox.borders:
                key = (TopicPartition(record.topic, record.partition), _epoch_of(record))
                first.setdefault(key, record.offset)
        back = []
        for (partition, epoch), offset in first.items():
            known = await self._known_epoch(partition)
            if epoch <= known:
                continue
            if offset > 0 and partition not in self._rewound:
                back.append(partition)
                continue
            await self.inbox.base.pool.execute(
                "insert into hearing values ($1, $2, $3, $4) on conflict (reader, topic, partition) "
                "do update set epoch = excluded.epoch",
                self.inbox.name,
                partition.topic,
                partition.partition,
                epoch,
            )
            self._epochs[partition] = epoch
            self._rewound.discard(partition)
        if not back:
            return False
        await self.consumer.commit(dict.fromkeys(back, 0))
        for partition in {TopicPartition(r.topic, r.partition) for r in records}:
            start = 0 if partition in back else min(r.offset for r in records if (r.topic, r.partition) == partition)
            self.consumer.seek(partition, start)
        self._rewound.update(back)
        self.rewinds += len(back)
        log.warning("log_begun_anew", extra={"partitions": len(back)})
        return True

    async def _known_epoch(self, partition: TopicPartition) -> int:
        if partition not in self._epochs:
            epoch = await self.inbox.base.pool.fetchval(
                "select epoch from hearing where reader = $1 and topic = $2 and partition = $3",
                self.inbox.name,
                partition.topic,
                partition.partition,
            )
            self._epochs[partition] = epoch or 0
        return self._epochs[partition]

    async def watch(self) -> None:
        """A position beyond the end of the log: the broker forgot. (Apache Kafka says so by itself.)

        Raises `ReaderDied` when the libraries' own tasks have ended: then nobody reads any more.
        """
        while True:
            await asyncio.sleep(1)
            if not self.reads():
                self.ready.clear()
                raise ReaderDied
            for partition in list(self.consumer.assignment()):
                try:
                    position = await asyncio.wait_for(self.consumer.position(partition), 1)
                    end = self.consumer.highwater(partition)
                    if end is not None and end < position:
                        async with self.turn:
                            self.consumer.seek(partition, 0)
                        self.rewinds += 1
                except Exception as error:  # it may have moved to another member meanwhile
                    log.debug("no_position", extra={"error": type(error).__name__})

    def reads(self) -> bool:
        """Whether the tasks underneath run: a stray cancellation in them ends the reader, and nobody says so."""
        if self.consumer is None or all(task.done() for task in self._subscriber.tasks):
            return False
        group = self.consumer._coordinator._coordination_task
        return not group.done()

    # -- who reads which partition

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Wait for the batch under way: another member may read the same records at once afterwards."""
        self.ready.clear()
        self.leaving = True
        async with self.turn:
            self._rewound.clear()
            self._epochs.clear()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """A border topic has no epoch of ours and is short: read it from its start; known records drop by their number."""
        for partition in assigned:
            if partition.topic in self.inbox.borders:
                self.consumer.seek(partition, 0)
        self.leaving = False
        self.ready.set()
        log.info("partitions_assigned", extra={"partitions": len(assigned)})


def _epoch_of(record: Any) -> int:
    if record.headers and record.headers[-1][0] == "log_epoch":
        try:
            return int(record.headers[-1][1])
        except ValueError:
            return 0
    return 0
