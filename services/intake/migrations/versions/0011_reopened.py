"""When a complaint was reopened last: what is finished again was finished after that."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_REOPENED = """
update complaints c set reopened_at = r.at
from (select stream, max((data->>'reopened_at')::timestamptz) as at from journal
    where kind = 'complaint' and type = 'fiveplusn.intake.ComplaintReopened.v1' group by stream) r
where c.id = r.stream
"""


def upgrade() -> None:
    op.add_column("complaints", sa.Column("reopened_at", sa.DateTime(timezone=True)))
    op.execute(_REOPENED)
