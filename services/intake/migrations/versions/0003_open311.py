"""What was written down when is asked for by time: a small index, since the journal grows in the order of time."""

from alembic import op

revision = "0003_open311"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("journal_recorded", "journal", ["recorded_at"], postgresql_using="brin")
