"""Indices of the list of complaints: by every order and every condition that people search by."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("drop index complaints_received")
    op.execute("create index complaints_received on complaints (received_at, id)")
    op.execute("create index complaints_state on complaints (state, received_at, id)")
    op.execute("create index complaints_due on complaints (coalesce(due_at, 'infinity'::timestamptz), id)")
    op.execute(
        "create index complaints_running on complaints (due_at) where due_at is not null and "
        "state in ('ACCEPTED', 'DISPATCHED', 'IN_PROGRESS', 'RECEIVED', 'RETURN_REQUESTED')"
    )
    for rare in ("supervised", "hard", "repeat", "confidential"):
        op.execute(f"create index complaints_{rare} on complaints (received_at, id) where {rare}")
    op.execute(
        "create index complaints_channel on complaints (channel, received_at, id) where channel <> 'HOTLINE_12345'"
    )
    op.execute("create index complaints_critical on complaints (received_at, id) where urgency = 'CRITICAL'")
    for few in ("support", "urges"):
        op.execute(f"create index complaints_{few} on complaints using gin ({few}) where {few} <> '[]'")
