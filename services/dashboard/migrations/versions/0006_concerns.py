"""Whose business each fact is: kept with it, and with its stream as it stands."""

import json
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.dashboard import handlers
from services.dashboard.concerns import NOBODY, concerned, told
from shared.events.base import Fact

revision = "0006"
down_revision = "0005"
_CONCERN = (
    "community = :community, communities = :communities, departments = :departments, confidential = :confidential"
)


def _columns() -> tuple[sa.Column[Any], ...]:
    none = sa.text("'{}'")
    return (
        sa.Column("community", sa.Text),
        sa.Column("communities", ARRAY(sa.Text), nullable=False, server_default=none),
        sa.Column("departments", ARRAY(sa.Text), nullable=False, server_default=none),
        sa.Column("confidential", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def upgrade() -> None:
    for column in _columns():
        op.add_column("facts", column)
    op.create_table(
        "streams",
        sa.Column("stream", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *_columns(),
    )
    _tell_again()
    op.create_index("facts_of_community", "facts", ["community", "number"])


def _tell_again() -> None:
    """What is there already concerns whom it would if it were heard now."""
    assert handlers.PRODUCERS
    con = op.get_bind()
    rows = con.execute(
        sa.text("select number, kind, stream, version, type, data::text as data from facts order by stream, version")
    )
    for (stream, kind), facts in groupby(rows.fetchall(), key=lambda row: (row.stream, row.kind)):
        scope, version = NOBODY, 0
        for row in facts:
            after = concerned(scope, Fact.known.get(row.type), json.loads(row.data))
            con.execute(
                sa.text(f"update facts set {_CONCERN} where number = :number"),
                _values(told(scope, after)) | {"number": row.number},
            )
            scope, version = after, row.version
        con.execute(
            sa.text(
                "insert into streams values (:stream, :kind, :version, :community, :communities, :departments, :confidential)"
            ),
            _values(scope) | {"stream": stream, "kind": kind, "version": version},
        )


def _values(scope: Any) -> dict[str, Any]:
    return {
        "community": scope.community,
        "communities": list(scope.communities),
        "departments": list(scope.departments),
        "confidential": scope.confidential,
    }
