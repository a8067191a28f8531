"""Whistles across communities, the complaint's own limit, comments on scores, deadlines that end with the matter."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for table, column, type_, value in (
        ("issues", "communities", JSONB, "'[]'"),
        ("issues", "score_comments", JSONB, "'[]'"),
        ("duties", "communities", JSONB, "'[]'"),
        ("duties", "lifted", sa.Boolean, "false"),
    ):
        op.add_column(table, sa.Column(column, type_, nullable=False, server_default=sa.text(value)))
    op.add_column("issues", sa.Column("needed_by", sa.DateTime(timezone=True)))
