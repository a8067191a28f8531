"""Whose turn it is: a mark per stream says how far it was heard.

version <= mark: a duplicate, dropped. version = mark + 1: applied. Beyond: parked until the gap fills.
"""

import json
import time
from collections.abc import Callable
from math import inf
from typing import Any
from uuid import UUID

from shared.plumbing.database import Conflict, Connection
from shared.plumbing.heard import Heard


class Turn:
    """Whose turn it is: the marks as they were, and how this batch moves them."""

    def __init__(
        self,
        reader: str,
        heard: list[Heard[Any]],
        marks: dict[UUID, int],
        waiting: dict[tuple[UUID, int], Heard[Any]],
    ) -> None:
        self.reader, self.known, self.marks, self.waiting = reader, marks, dict(marks), waiting
        self.stored = set(waiting)
        self.fresh = [h for h in heard if h.version > marks.get(h.id, 0) or h.version == 0]
        self.bad = [(h, h.problem or ValueError("no envelope")) for h in heard if h.version < 0]
        self.kinds = {h.id: h.kind for h in self.fresh}
        self.parked: dict[tuple[UUID, int], Heard[Any]] = {}
        self.done: list[Heard[Any]] = []
        self.left: list[Heard[Any]] = []
        self.failed: set[tuple[UUID, int]] = set()

    def take(self, apply: Callable[[Heard[Any]], None], seconds: float = inf) -> None:
        """Apply what has its turn, in order, and what waited for it; park what is too early.

        When the time is up the rest is `left`: a slow handler must not hold one transaction, or this process, too long.
        """
        end = time.monotonic() + seconds
        for n, h in enumerate(self.fresh):
            if n and time.monotonic() > end:
                self.left = self.fresh[n:]
                return
            if h.version == 0:
                self._one(h, apply)
                continue
            mark = self.marks.get(h.id, 0)
            if h.version <= mark:
                continue
            following: Heard[Any] | None = h
            if h.version > mark + 1:
                if (h.id, h.version) not in self.waiting:
                    self.waiting[h.id, h.version] = self.parked[h.id, h.version] = h
                following = self.waiting.pop((h.id, mark + 1), None)
            while following is not None and self._one(following, apply):
                self.marks[h.id] = following.version
                turn = (h.id, following.version + 1)
                self.parked.pop(turn, None)
                following = self.waiting.pop(turn, None)
            if following is not None:
                self.failed.add((following.id, following.version))

    def _one(self, h: Heard[Any], apply: Callable[[Heard[Any]], None]) -> bool:
        try:
            apply(h)
        except Conflict:
            raise
        except Exception as error:
            self.bad.append((h, error))
            return False
        self.done.append(h)
        return True

    async def settle(self, con: Connection) -> None:
        """Write the marks that moved and what is parked; the inbox comes last in the order of locks."""
        new = sorted((stream, version) for stream, version in self.marks.items() if stream not in self.known)
        moved = sorted(
            (stream, version, self.known[stream])
            for stream, version in self.marks.items()
            if stream in self.known and self.known[stream] != version
        )
        if new:
            await con.execute(
                "insert into inbox (reader, kind, stream, version) "
                "select $1, * from unnest($2::text[], $3::uuid[], $4::int[])",
                self.reader,
                [self.kinds[stream] for stream, _ in new],
                [stream for stream, _ in new],
                [version for _, version in new],
            )
        if moved:
            done = await con.execute(
                "update inbox i set version = u.v from unnest($2::uuid[], $3::int[], $4::int[]) u(s, v, was) "
                "where i.reader = $1 and i.stream = u.s and i.version = u.was",
                self.reader,
                *(list(column) for column in zip(*moved, strict=True)),
            )
            if done != f"UPDATE {len(moved)}":
                raise Conflict("inbox")
        if self.parked:
            await con.executemany(
                "insert into parked (reader, kind, stream, version, envelope, body) values ($1, $2, $3, $4, $5, $6) "
                "on conflict do nothing",
                [(self.reader, h.kind, h.id, h.version, json.dumps(h.headers), h.body) for h in self.parked.values()],
            )
        if self.stored and (new or moved):
            await con.execute(
                "delete from parked p using inbox i where p.reader = $1 and i.reader = $1 and i.stream = p.stream "
                "and p.version <= i.version and p.stream = any($2::uuid[])",
                self.reader,
                sorted({stream for stream, _ in self.stored}),
            )
        if aside := sorted(self.stored & self.failed):
            await con.executemany(
                "delete from parked where reader = $1 and stream = $2 and version = $3",
                [(self.reader, stream, version) for stream, version in aside],
            )
