"""Attachments: where their sealed objects are, and what is known of them."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    plumbing(op, "0004")
