"""Attachments: where their sealed objects are, and what is known of them."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0003_attachments"
down_revision = "0002"


def upgrade() -> None:
    plumbing(op, "0003_attachments")
