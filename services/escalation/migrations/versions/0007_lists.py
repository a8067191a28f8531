"""What is listed, counted and looked up before: who led in a category, whom the board names, what is due."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("issues_by_category", "issues", ["category", "requested_at"])
    op.create_index("duties_by_call", "duties", ["called_at"])
