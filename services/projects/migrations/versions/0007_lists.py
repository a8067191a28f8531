"""What is listed, counted and shown to everybody: projects of a batch, of a place, suggestions by state."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("projects_by_batch", "projects", ["batch"])
    op.create_index("projects_by_finish", "projects", ["finish_on"])
    op.create_index("suggestions_by_state", "suggestions", ["state", "community"])
