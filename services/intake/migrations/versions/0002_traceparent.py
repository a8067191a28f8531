"""The outbox remembers the trace of a fact."""

from alembic import op

from shared.plumbing.migrate import plumbing

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    plumbing(op, "0002")
