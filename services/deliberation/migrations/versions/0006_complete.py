"""Terms of members, why a meeting is urgent, check-in by code, disclosure in time, absences that a superior is told of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for table, column, type_, value in (
        ("platforms", "member_terms", JSONB, "'{}'"),
        ("topics", "disclosure_overdue", sa.Boolean, "false"),
        ("meetings", "checked_in", JSONB, "'[]'"),
        ("meetings", "no_problems", sa.Boolean, "false"),
    ):
        op.add_column(table, sa.Column(column, type_, nullable=False, server_default=sa.text(value)))
    op.add_column("topics", sa.Column("disclose_by", sa.DateTime(timezone=True)))
    op.add_column("meetings", sa.Column("urgent_because", sa.Text))
    op.add_column("assemblies", sa.Column("shown_until", sa.DateTime(timezone=True)))
    op.create_index("topics_by_source", "topics", ["sources"], postgresql_using="gin")
    op.create_table(
        "absence_reports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("meeting", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text),
    )
    op.create_index("ix_absence_reports_community", "absence_reports", ["community"])
