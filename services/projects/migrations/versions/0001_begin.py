"""Begin: the plumbing's schema and the tables of projects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.plumbing.migrate import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing(op, "0001")
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("quarter", sa.Integer, nullable=False),
        sa.Column("public_title", sa.Text, nullable=False),
        sa.Column("reserved", JSONB, nullable=False),
        sa.Column("budget_yuan", sa.BigInteger),
        sa.Column("approved_yuan", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "demand_days",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("days", JSONB, nullable=False),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("place", sa.Text),
        sa.Column("public_title", sa.Text, nullable=False),
        sa.Column("project_category", sa.Text, nullable=False),
        sa.Column("tags", JSONB, nullable=False),
        sa.Column("people", sa.Integer),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("own_sources", JSONB, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("absorbed", JSONB, nullable=False),
        sa.Column("disclosures", JSONB, nullable=False),
        sa.Column("merged_into", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("score_parts", JSONB, nullable=False),
        sa.Column("vote", JSONB),
        sa.Column("batch", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("post", sa.Text),
        sa.Column("budget_yuan", sa.BigInteger),
        sa.Column("raised_yuan", sa.BigInteger, nullable=False),
        sa.Column("start_on", sa.Date),
        sa.Column("finish_on", sa.Date),
        sa.Column("first_finish_on", sa.Date),
        sa.Column("warn_at", sa.DateTime(timezone=True)),
        sa.Column("deadline_version", sa.Integer, nullable=False),
        sa.Column("warned", sa.Integer, nullable=False),
        sa.Column("missed", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("carried_over", sa.Integer, nullable=False),
        sa.Column("carried_into", sa.Text),
        sa.Column("milestones", JSONB, nullable=False),
        sa.Column("started_on", sa.Date),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("spent_yuan", sa.BigInteger, nullable=False),
        sa.Column("done", JSONB, nullable=False),
        sa.Column("completed_on", sa.Date),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("effect_due_at", sa.DateTime(timezone=True)),
        sa.Column("verdict", sa.Text),
        sa.Column("maintenance", JSONB),
        sa.Column("reached", JSONB, nullable=False),
    )
    op.create_index("projects_by_state", "projects", ["state", "community"])
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("community", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("place", sa.Text),
        sa.Column("public_title", sa.Text),
        sa.Column("wants_project", sa.Boolean, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("leads_to", sa.Text),
        sa.Column("late", JSONB, nullable=False),
    )
