"""Series

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "followings",
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("earlier_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_followings_earlier_id", "followings", ["earlier_id"])
    op.create_table(
        "fates",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "conclusion_id", sa.String(12), sa.ForeignKey("conclusions.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("note_lang", sa.String(35), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.UniqueConstraint("workshop_id", "conclusion_id"),
    )
    op.create_index("ix_fates_conclusion_id", "fates", ["conclusion_id"])
    op.create_table(
        "recognitions",
        sa.Column("theme_id", sa.String(12), sa.ForeignKey("themes.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("earlier_id", sa.String(12), sa.ForeignKey("themes.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_recognitions_earlier_id", "recognitions", ["earlier_id"])


def downgrade():
    op.drop_table("recognitions")
    op.drop_table("fates")
    op.drop_table("followings")
