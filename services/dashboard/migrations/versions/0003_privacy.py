"""Looks into the vault are counted."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0003_privacy"
down_revision = "0002"


def upgrade() -> None:
    plumbing(op, "0003_privacy")
