"""Begin: the plumbing's schema, facts, links."""

import sqlalchemy as sa
from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing(op, "0001")
    op.create_table(
        "numbering", sa.Column("one", sa.Integer, primary_key=True), sa.Column("last", sa.BigInteger, nullable=False)
    )
    op.execute("insert into numbering values (1, 0)")
    op.create_table(
        "facts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("stream", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
    )
    op.create_index("facts_of_stream", "facts", ["stream", "version"], unique=True)
    op.create_index("facts_of_type", "facts", ["type", "number"])
    op.create_table(
        "links",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("consequence", sa.Text, primary_key=True),
    )
    op.create_index("links_back", "links", ["consequence"])
