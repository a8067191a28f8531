"""Begin: the plumbing's schema, issues and duties."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.plumbing.migrate import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing(op, "0001")
    op.create_table(
        "duties",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("issue", sa.Uuid, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("whistle", sa.Text, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_near_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_in_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_in_near_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("due_near_at", sa.DateTime(timezone=True)),
        sa.Column("deadline_version", sa.Integer, nullable=False),
        sa.Column("provisional", sa.Boolean, nullable=False),
        sa.Column("warned", JSONB, nullable=False),
        sa.Column("missed", JSONB, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_late", sa.Boolean, nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True)),
        sa.Column("checked_in_late", sa.Boolean, nullable=False),
        sa.Column("mode", sa.Text),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("finished_late", sa.Boolean, nullable=False),
        sa.Column("done", JSONB, nullable=False),
        sa.Column("objected", sa.Boolean, nullable=False),
        sa.Column("proposed", sa.Text),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
    )
    op.create_index("duties_by_department", "duties", ["department", "state"])
    op.create_index("duties_by_issue", "duties", ["issue"])
    op.create_table(
        "issues",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("community", sa.Text),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("public_title", sa.Text, nullable=False),
        sa.Column("whistle", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approval_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("approval_missed", sa.Boolean, nullable=False),
        sa.Column("caller", sa.Text),
        sa.Column("lead", sa.Text),
        sa.Column("support", JSONB, nullable=False),
        sa.Column("task", sa.Text),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("deadline_version", sa.Integer, nullable=False),
        sa.Column("runs_from", sa.DateTime(timezone=True)),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("ladder", JSONB, nullable=False),
        sa.Column("supervision", sa.Text),
        sa.Column("plan", JSONB, nullable=False),
        sa.Column("done", JSONB, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("result", sa.Text),
        sa.Column("scores", JSONB, nullable=False),
        sa.Column("whistle_evaluated_by", JSONB, nullable=False),
        sa.Column("reason", sa.Text),
    )
    op.create_index("issues_by_source", "issues", ["sources"], postgresql_using="gin")
    op.create_index("issues_by_state", "issues", ["state", "community"])
