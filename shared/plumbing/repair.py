"""Repair: a gap that stands too long is filled from the journal of the service that said it."""

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.outbox import envelope

log = logging.getLogger(__name__)

_GAPS = """
select p.kind, p.stream, min(p.version) as lowest, coalesce(i.version, 0) as mark,
    (array_agg(p.envelope->>'ce_source' order by p.version))[1] as source
from parked p left join inbox i on i.reader = p.reader and i.stream = p.stream
where p.reader = $1 and not exists (
    select from quarantine q where q.reader = p.reader and q.stream = p.stream and q.state = 'OPEN')
group by p.kind, p.stream, i.version
having min(p.since) < clock_timestamp() - make_interval(secs => $2) order by min(p.since) limit 100
"""
_PASSED = """
delete from parked p using inbox i
where p.reader = $1 and i.reader = p.reader and i.stream = p.stream and p.version <= i.version
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stream that was heard up to `mark`, and whose `lowest` parked fact waits for what lies between."""

    kind: str
    stream: UUID
    lowest: int
    mark: int
    source: str

    @property
    def producer(self) -> str:
        """The service that says the facts of this stream, as the parked one names it."""
        return self.source.rpartition("/")[2]


class Repair:
    """Looks for old gaps and fills them by `GET /journal/...` and the inbox's own door.

    Only versions below the lowest parked one are asked for: nothing is heard that was not on the wire yet. A stream
    with an open entry of quarantine is left alone, because somebody must decide that first.
    """

    POLL = 5.0
    GAP_AGE = 30.0
    MAX_PAUSE = 300.0

    def __init__(self, inbox: Inbox, peers: Mapping[str, str], token_file: Path | None) -> None:
        self._inbox, self._peers, self._token_file = inbox, dict(peers), token_file
        self._later: dict[UUID, tuple[float, float]] = {}
        self.repaired = self.failed = 0

    async def run(self) -> None:
        """For ever."""
        if not self._peers or self._token_file is None:
            log.warning("repair_off", extra={"reason": "FIVEPLUSN_PEERS or FIVEPLUSN_TOKEN_FILE is not set"})
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while True:
                await asyncio.sleep(self.POLL * random.uniform(0.7, 1.3))
                await self.look(client)

    async def look(self, client: httpx.AsyncClient) -> None:
        """Fill every gap that is old enough; one that cannot be filled is tried again later and later."""
        pool = self._inbox.base.pool
        await pool.execute(_PASSED, self._inbox.name)
        gaps = [Gap(*row) for row in await pool.fetch(_GAPS, self._inbox.name, self.GAP_AGE)]
        self._later = {gap.stream: self._later[gap.stream] for gap in gaps if gap.stream in self._later}
        away: set[str] = set()
        for gap in gaps:
            due, pause = self._later.get(gap.stream, (0.0, self.POLL))
            if due > time.monotonic() or gap.producer in away:
                continue
            try:
                await self._fill(client, gap)
            except (httpx.HTTPError, LookupError, OSError, ValueError) as error:
                if isinstance(error, httpx.TransportError):
                    away.add(gap.producer)
                self.failed += 1
                self._later[gap.stream] = time.monotonic() + pause, min(pause * 2, self.MAX_PAUSE)
                reason = {"stream": f"{gap.kind}/{gap.stream}", "from": gap.producer, "error": type(error).__name__}
                log.warning("gap_not_repaired", extra=reason | {"again_in_s": pause})

    async def _fill(self, client: httpx.AsyncClient, gap: Gap) -> None:
        if gap.lowest == gap.mark + 1:  # parked by one member while another moved the mark: it has its turn already
            heard = [await self._parked(gap)]
        else:
            heard = [self._read(gap, row) for row in await self._ask(client, gap)]
        await self._inbox.absorb([h for h in heard if h is not None])
        self.repaired += len(heard)
        log.warning("gap_repaired", extra={"stream": f"{gap.kind}/{gap.stream}", "facts": len(heard)})

    async def _ask(self, client: httpx.AsyncClient, gap: Gap) -> list[dict[str, Any]]:
        """What lies between the mark and the lowest parked fact, as the producer's journal has it."""
        if gap.producer not in self._peers or self._token_file is None:
            raise LookupError(gap.producer)
        token = self._token_file.read_text().strip()
        answer = await client.get(
            f"{self._peers[gap.producer]}/journal/{gap.kind}/{gap.stream}",
            params={"after": gap.mark},
            headers={"Authorization": f"Bearer {token}"},
        )
        rows = [row for row in answer.raise_for_status().json() if row["version"] < gap.lowest]
        if not rows or rows[0]["version"] != gap.mark + 1:
            raise LookupError("the journal does not have it")
        return rows

    def _read(self, gap: Gap, row: dict[str, Any]) -> Heard[Any] | None:
        """The record as the relay sends it."""
        stated = row | {
            "kind": gap.kind,
            "stream": gap.stream,
            "occurred_at": datetime.fromisoformat(row["occurred_at"]),
        }
        fact = f"{gap.kind}/{gap.stream}/{row['version']}"
        headers = [("ce_specversion", b"1.0"), ("ce_source", gap.source.encode()), *envelope(stated, fact)]
        body = json.dumps(row["data"], ensure_ascii=False, separators=(",", ":")).encode()
        return self._inbox.read(f"{gap.producer}.events", fact, headers, body)

    async def _parked(self, gap: Gap) -> Heard[Any] | None:
        row = await self._inbox.base.pool.fetchrow(
            "select envelope::text as envelope, body from parked where reader = $1 and stream = $2 and version = $3",
            self._inbox.name,
            gap.stream,
            gap.lowest,
        )
        if row is None:
            return None
        headers = [(name, text.encode()) for name, text in json.loads(row["envelope"]).items()]
        return self._inbox.read(f"{gap.producer}.events", str(gap.lowest), headers, row["body"])
