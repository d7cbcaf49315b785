"""Versions of titles, and translations that a machine suggested

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TITLED = ("themes", "framework_elements", "programmes")


def upgrade():
    # With defaults of the database's, so that the previous release goes on writing such rows.
    for table in TITLED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("translations", sa.Column("machine", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    with op.batch_alter_table("translations") as batch:
        batch.drop_column("machine")
    for table in TITLED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
