"""Begin: the plumbing's schema, complaints, routes, hotspots, demand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.plumbing.migrate import plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    plumbing(op, "0001")
    op.create_table(
        "complaints",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("number", sa.Text()),
        sa.Column("community", sa.Text()),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("possible_repeat", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead", sa.Text()),
        sa.Column("first_handler", sa.Text()),
        sa.Column("support", postgresql.JSONB(), nullable=False),
        sa.Column("dispatches", sa.Integer(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.Column("accept_by", sa.DateTime(timezone=True)),
        sa.Column("contact_by", sa.DateTime(timezone=True)),
        sa.Column("first_contact_at", sa.DateTime(timezone=True)),
        sa.Column("clock_from", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("rest_seconds", sa.Integer(), nullable=False),
        sa.Column("deadline_version", sa.Integer(), nullable=False),
        sa.Column("near", sa.Integer(), nullable=False),
        sa.Column("missed", postgresql.JSONB(), nullable=False),
        sa.Column("returned_by", postgresql.JSONB(), nullable=False),
        sa.Column("return_reason", sa.Text()),
        sa.Column("return_decide_by", sa.DateTime(timezone=True)),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("extension_until", sa.DateTime(timezone=True)),
        sa.Column("extension_decide_by", sa.DateTime(timezone=True)),
        sa.Column("listing", sa.Text()),
        sa.Column("listing_reviews", sa.Integer(), nullable=False),
        sa.Column("listing_review_by", sa.DateTime(timezone=True)),
        sa.Column("listing_ends_by", sa.DateTime(timezone=True)),
        sa.Column("finishes", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("callback_by", sa.DateTime(timezone=True)),
        sa.Column("callback_tries", postgresql.JSONB(), nullable=False),
        sa.Column("callback", postgresql.JSONB()),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("exception", sa.Text()),
        sa.Column("closed", sa.Text()),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("urges", postgresql.JSONB(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
    )
    op.create_index("complaints_community", "complaints", ["community", "received_at"])
    op.create_index("complaints_lead", "complaints", ["lead", "state"])
    op.create_index("complaints_place", "complaints", ["place"])
    op.create_index("complaints_received", "complaints", ["received_at"])
    op.create_index("complaints_spot", "complaints", ["category", "place", "received_at"])
    op.create_table(
        "routes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("complaint", sa.Uuid(), nullable=False),
        sa.Column("community", sa.Text()),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("target", sa.Text()),
        sa.Column("hotspot", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("concluded_by", sa.Text()),
    )
    op.create_index("routes_complaint", "routes", ["complaint"])
    op.create_index("routes_hotspot", "routes", ["hotspot"])
    op.create_index("routes_target", "routes", ["target"])
    op.create_table(
        "hotspots",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text()),
    )
    op.create_index("hotspots_topic", "hotspots", ["topic"])
    op.create_table(
        "demands",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
    )
