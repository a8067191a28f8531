"""Erasures, retention, and the orders that are known though forgotten."""

import sqlalchemy as sa
from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0010"
down_revision = "0009"

_ENDS = """
update complaints c set ended_at = e.at, retain_until = e.at + interval '1096 days'
from (select distinct on (stream) stream,
        coalesce(data->>'closed_at', data->>'answered_at', data->>'told_at')::timestamptz as at
    from journal where kind = 'complaint' and type in ('fiveplusn.intake.ComplaintClosed.v1',
        'fiveplusn.intake.ComplaintAnswered.v1', 'fiveplusn.intake.ComplaintRedirected.v1') order by stream, version desc) e
where c.id = e.stream
"""
"""What the facts of before say: they carry no `retain_until`, and it is counted from their moment."""
_TIMERS = """
insert into timers (kind, subject, name, version, due_at)
select 'complaint', id, 'retention', 1, retain_until from complaints where retain_until is not null
"""


def upgrade() -> None:
    plumbing(op, "0005")
    op.add_column("complaints", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("complaints", sa.Column("retain_until", sa.DateTime(timezone=True)))
    op.execute(_ENDS)
    op.execute(_TIMERS)
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid()),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("why", sa.Text()),
    )
    op.create_index(
        "erasures_open", "erasures", ["subject"], unique=True, postgresql_where=sa.text("state = 'REQUESTED'")
    )
    op.create_table(
        "forgotten_orders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("complaint", sa.Uuid(), nullable=False),
    )
    op.create_table(
        "forgotten_people",
        sa.Column("complaint", sa.Uuid(), primary_key=True),
        sa.Column("person", sa.Uuid(), nullable=False),
    )
