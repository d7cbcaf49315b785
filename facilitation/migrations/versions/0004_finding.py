"""Finding

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_contributions_item", "contributions", ["item_id"])
    op.create_index("ix_contributions_theme", "contributions", ["theme_id"])
    op.create_table(
        "windows",
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("region", sa.String(16), primary_key=True),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("inside", sa.Integer(), nullable=False),
    )
    # With more than fit, all stay on the pages until as many new ones have come.
    for region in ("card", "handling"):
        op.execute(
            f"INSERT INTO windows (workshop_id, region, begins, inside) SELECT workshop_id, '{region}', 0, count(*)"
            " FROM contributions WHERE state IN ('shown', 'waiting', 'hidden') GROUP BY workshop_id"
        )
    op.create_table(
        "unlikes",
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("one", sa.String(12), primary_key=True),
        sa.Column("other", sa.String(12), primary_key=True),
    )


def downgrade():
    op.drop_table("unlikes")
    op.drop_table("windows")
    op.drop_index("ix_contributions_theme", "contributions")
    op.drop_index("ix_contributions_item", "contributions")
