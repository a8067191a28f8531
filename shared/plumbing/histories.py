"""全过程: facts of the journal as people read them."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from shared.events.base import Fact

COLUMNS = "position, kind, stream, version, type, data::text as data, actor, occurred_at, recorded_at"
"""What `entry` wants to know of a row of the journal, as SQL."""

Told = list[dict[str, Any]]


def entry(row: asyncpg.Record, headings: Mapping[type[Fact], str]) -> dict[str, Any]:
    """A fact with its heading and who said it: role and unit; the person stays in the journal."""
    fact = Fact.known[row["type"]]
    role, _, rest = row["actor"].partition(":")
    return {
        "position": row["position"],
        "kind": row["kind"],
        "stream": str(row["stream"]),
        "version": row["version"],
        "fact": fact.__name__,
        "heading": headings[fact],
        "occurred_at": row["occurred_at"].isoformat(),
        "recorded_at": row["recorded_at"].isoformat(),
        "role": role,
        "unit": rest.rpartition(":")[0] or None,
        "data": json.loads(row["data"]),
    }
