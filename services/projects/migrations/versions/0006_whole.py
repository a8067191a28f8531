"""What a project started from, and which assemblies have decided."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ORIGIN = """
update projects p set origin = case
    when exists (select from jsonb_array_elements_text(p.own_sources) s where s like 'suggestion/%') then
        coalesce((
            select case g.origin when 'ROUTE' then 'COMPLAINT' else g.origin end
            from suggestions g where 'suggestion/' || g.id = p.own_sources ->> 0
        ), 'COMPLAINT')
    when exists (select from jsonb_array_elements_text(p.own_sources) s where s like 'topic/%') then 'DELIBERATION'
    when exists (select from jsonb_array_elements_text(p.own_sources) s where s like 'hotspot/%') then 'ANALYSIS'
    when exists (select from jsonb_array_elements_text(p.own_sources) s where s like 'inspection/%') then 'INSPECTION'
    else 'COMPLAINT'
end
"""


def upgrade() -> None:
    op.add_column("projects", sa.Column("origin", sa.Text))
    op.execute(_ORIGIN)
    op.alter_column("projects", "origin", nullable=False)
    op.create_table(
        "assembly_decisions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("forum", sa.Text, nullable=False),
        sa.Column("matter", sa.Text, nullable=False),
        sa.Column("adopted", sa.Boolean),
    )
