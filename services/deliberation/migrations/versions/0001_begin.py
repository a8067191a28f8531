"""Begin: the plumbing's schema and the tables of deliberation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.plumbing.migrate import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing(op, "0001")
    op.create_table(
        "absences",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("parties", JSONB, nullable=False),
    )
    op.create_table(
        "assemblies",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("topic", sa.Uuid, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("public_title", sa.Text, nullable=False),
        sa.Column("forum", sa.Text, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("authorised", sa.Boolean, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("legal_check_due", sa.Boolean, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("venue", sa.Text),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("publish_by", sa.DateTime(timezone=True)),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("publication_overdue", sa.Boolean, nullable=False),
    )
    op.create_index("ix_assemblies_topic", "assemblies", ["topic"])
    op.create_table(
        "hotspot_topics",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("topic", sa.Uuid, nullable=False),
    )
    op.create_index("ix_hotspot_topics_topic", "hotspot_topics", ["topic"])
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("topics", JSONB, nullable=False),
        sa.Column("form", sa.Text),
        sa.Column("venue", sa.Text),
        sa.Column("moderator", sa.Text),
        sa.Column("recorder", sa.Text),
        sa.Column("participants", JSONB, nullable=False),
        sa.Column("notice_until", sa.DateTime(timezone=True)),
        sa.Column("invited", JSONB, nullable=False),
        sa.Column("applicants", JSONB, nullable=False),
        sa.Column("attendance", JSONB, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("problems", sa.Integer, nullable=False),
        sa.Column("statements", sa.Integer, nullable=False),
        sa.Column("positions", JSONB, nullable=False),
        sa.Column("unexcused", JSONB, nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("minutes_due_at", sa.DateTime(timezone=True)),
        sa.Column("minutes_overdue", sa.Boolean, nullable=False),
        sa.Column("minutes_version", sa.Integer, nullable=False),
        sa.Column("minutes_sha256", sa.Text),
    )
    op.create_index("meetings_of_community", "meetings", ["community", "starts_at"])
    op.create_table(
        "month_meetings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("meetings", sa.Integer, nullable=False),
    )
    op.create_table(
        "platforms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("community", sa.Text, nullable=False, unique=True),
        sa.Column("community_kind", sa.Text, nullable=False),
        sa.Column("rules_title", sa.Text, nullable=False),
        sa.Column("duty_month", sa.Date, nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned", sa.Boolean, nullable=False),
        sa.Column("convener", sa.Text),
        sa.Column("organisation", sa.Text),
        sa.Column("venue", sa.Text),
        sa.Column("seats", JSONB, nullable=False),
        sa.Column("members", JSONB, nullable=False),
        sa.Column("guidance", sa.Integer, nullable=False),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("public_title", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("people", sa.Integer),
        sa.Column("scope", sa.Text),
        sa.Column("background", sa.Boolean, nullable=False),
        sa.Column("meeting", sa.Uuid),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("deferrals", sa.Integer, nullable=False),
        sa.Column("conclusion", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("undertakings", JSONB, nullable=False),
        sa.Column("forum", sa.Text),
        sa.Column("matter", sa.Text),
        sa.Column("authorised", sa.Boolean, nullable=False),
        sa.Column("referrals", sa.Integer, nullable=False),
        sa.Column("review_on", sa.Date),
        sa.Column("review_due", sa.Boolean, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("merged_into", sa.Uuid),
        sa.Column("progressed", JSONB, nullable=False),
        sa.Column("reopened", sa.Integer, nullable=False),
    )
    op.create_index("topics_of_community", "topics", ["community", "state"])
    op.create_table(
        "undertakings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("topic", sa.Uuid, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned", JSONB, nullable=False),
        sa.Column("done", JSONB, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("overdue", sa.Boolean, nullable=False),
    )
    op.create_index("ix_undertakings_topic", "undertakings", ["topic"])
