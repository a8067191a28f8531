"""Looks into the vault are counted."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    plumbing(op, "0005")
