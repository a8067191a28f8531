"""Departments' own systems: webhooks and what they are to get."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    plumbing(op, "0006")
