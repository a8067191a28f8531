"""A due date that counts working days of a year whose holidays are not announced is provisional."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("complaints", sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
