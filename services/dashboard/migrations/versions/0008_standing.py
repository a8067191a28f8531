"""How each stream stands: kept with it.

What is there already stands as if it were heard now: folded from the facts that are kept, some thousands of streams at a
time, so nothing has to be built again. The table is locked meanwhile: an older version waits, or tries again.
"""

import json
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.dashboard import handlers
from services.dashboard.standing import Standing, stands
from shared.events.base import Fact

revision = "0008"
down_revision = "0007"
_PORTION = 5_000
_PARTS = (
    "began_at",
    "last_at",
    "last_type",
    "due_at",
    "due_since",
    "ended_at",
    "title",
    "category",
    "place",
    "unit",
    "number",
)
_MOMENTS = frozenset({"began_at", "last_at", "due_at", "ended_at"})
_STREAMS = sa.text("select stream from streams where stream > :last order by stream limit :portion")
_FACTS = sa.text(
    "select stream, version, type, at, data::text as data from facts where stream = any(:streams) order by stream, version"
)
_STANDS = sa.text(
    f"update streams set stood = :version, {', '.join(f'{part} = :{part}' for part in _PARTS)}, "
    "days = cast(:days as jsonb) where stream = :stream"
)


def upgrade() -> None:
    op.add_column("streams", sa.Column("stood", sa.Integer, nullable=False, server_default="0"))
    for part in _PARTS:
        op.add_column("streams", sa.Column(part, sa.DateTime(timezone=True) if part in _MOMENTS else sa.Text))
    op.add_column("streams", sa.Column("days", JSONB))
    _tell_again()
    op.create_index("streams_behind", "streams", ["stream"], postgresql_where=sa.text("stood <> version"))
    op.create_index("streams_begun", "streams", ["kind", "began_at"])
    op.create_index("streams_due", "streams", ["due_at", "kind"], postgresql_where=sa.text("due_at is not null"))
    op.create_index("streams_open", "streams", ["kind", "community"], postgresql_where=sa.text("ended_at is null"))
    op.create_index("streams_ended", "streams", ["ended_at", "kind"], postgresql_where=sa.text("ended_at is not null"))


def _tell_again() -> None:
    assert handlers.PRODUCERS
    con, last = op.get_bind(), UUID(int=0)
    while streams := con.scalars(_STREAMS, {"last": last, "portion": _PORTION}).all():
        rows = con.execute(_FACTS, {"streams": streams}).fetchall()
        con.execute(_STANDS, [_standing(list(facts)) for _, facts in groupby(rows, key=lambda row: row.stream)])
        last = streams[-1]


def _standing(facts: list[Any]) -> dict[str, Any]:
    found: Standing | None = None
    for row in facts:
        data = json.loads(row.data)
        known = Fact.known.get(row.type)
        found = stands(found, known, row.type, row.at, data if isinstance(data, dict) else {})
    assert found is not None
    days = None if found.days is None else json.dumps(found.days)
    told = {"days": days, "stream": facts[-1].stream, "version": facts[-1].version}
    return {part: getattr(found, part) for part in _PARTS} | told
