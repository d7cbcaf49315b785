"""Signing deadline

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("minutes", sa.Column("sign_until", sa.BigInteger(), nullable=True))


def downgrade():
    op.drop_column("minutes", "sign_until")
