"""The months that a platform missed, as the journal tells them; and why, once somebody says so."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("platforms", sa.Column("missed", JSONB, nullable=False, server_default=sa.text("'{}'")))
    op.execute(
        """
        update platforms p set missed = said.months
        from (
            select stream, jsonb_object_agg(data->>'month', null) as months from journal
            where kind = 'platform' and split_part(type, '.', 3) = 'MonthlyMeetingMissed' group by stream
        ) said
        where said.stream = p.id
        """
    )
