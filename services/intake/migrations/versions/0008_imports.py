"""What was done with a file, and how each of its rows ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("atomic", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drop_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "import_rows",
        sa.Column("run", sa.Uuid(), primary_key=True),
        sa.Column("row", sa.Integer(), primary_key=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("complaint", sa.Uuid()),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("state", sa.Text()),
        sa.Column("settled_run", sa.Uuid()),
        sa.Column("settled_row", sa.Integer()),
    )
    op.create_index("import_rows_order", "import_rows", ["order_id"], postgresql_where=sa.text("state = 'OPEN'"))
