"""Slides

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "decks",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "item_id", sa.Integer(), sa.ForeignKey("agenda_items.id", ondelete="CASCADE"), nullable=False, unique=True
        ),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
    )
    op.create_index("ix_decks_workshop_id", "decks", ["workshop_id"])


def downgrade():
    op.drop_table("decks")
