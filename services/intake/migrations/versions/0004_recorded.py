"""What was written down when is asked for by time: a small index, since the journal grows in the order of time."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("journal_recorded", "journal", ["recorded_at"], postgresql_using="brin")
