"""To which meeting somebody has applied: found by the code that the applicant was given."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("meeting", sa.Uuid, nullable=False),
    )
    op.create_index("ix_applications_meeting", "applications", ["meeting"])
