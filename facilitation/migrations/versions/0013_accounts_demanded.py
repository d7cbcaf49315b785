"""Meetings that demand an account of their organisers

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    # With a default of the database's, so that the previous release goes on making meetings.
    op.add_column("workshops", sa.Column("accounts_demanded", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    with op.batch_alter_table("workshops") as batch:
        batch.drop_column("accounts_demanded")
