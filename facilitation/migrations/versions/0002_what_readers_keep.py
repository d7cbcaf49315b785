"""What readers keep

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("streams") as table:
        table.add_column(sa.Column("meeting_seq", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("delegations") as table:
        table.add_column(sa.Column("contributors", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("people") as table:
        table.add_column(sa.Column("has_contributed", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("contributed_for", sa.Integer(), nullable=True))
    op.create_index("ix_contributions_delegation", "contributions", ["delegation_id"])
    op.execute(
        "UPDATE delegations SET contributors = (SELECT count(DISTINCT author_id) FROM contributions"
        " WHERE contributions.delegation_id = delegations.id)"
    )
    op.execute(
        "UPDATE people SET has_contributed = true, contributed_for = delegation_id"
        " WHERE id IN (SELECT author_id FROM contributions)"
    )


def downgrade():
    op.drop_index("ix_contributions_delegation", "contributions")
    with op.batch_alter_table("people") as table:
        table.drop_column("contributed_for")
        table.drop_column("has_contributed")
    with op.batch_alter_table("delegations") as table:
        table.drop_column("contributors")
    with op.batch_alter_table("streams") as table:
        table.drop_column("meeting_seq")
