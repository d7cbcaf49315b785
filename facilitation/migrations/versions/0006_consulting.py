"""Consulting

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "advices",
        sa.Column(
            "conclusion_id", sa.String(12), sa.ForeignKey("conclusions.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("stance", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_lang", sa.String(35), nullable=False),
        sa.Column("of_version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
    )


def downgrade():
    op.drop_table("advices")
