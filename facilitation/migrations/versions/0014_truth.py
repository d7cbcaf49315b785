"""What minutes and record need to stay true: when circulated text changed, what edits rest on, earlier wordings, amendments

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = (
    ("minutes", "text_changed_at", sa.BigInteger),
    ("minutes", "erased", sa.JSON),
    ("minutes_edits", "replaced", lambda: sa.String(64)),
    ("minutes_edits", "seq", sa.Integer),
    ("conclusion_wordings", "was_put", sa.Boolean),
    ("positions", "at", sa.BigInteger),
)


def upgrade():
    for table, column, kind in COLUMNS:
        op.add_column(table, sa.Column(column, kind(), nullable=True))
    op.create_table(
        "record_amendments",
        sa.Column("workshop_id", sa.Integer(), sa.ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("paragraph", sa.String(160), primary_key=True),
        sa.Column("lang", sa.String(35), primary_key=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("replaced", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
    )


def downgrade():
    op.drop_table("record_amendments")
    for table, column, _ in reversed(COLUMNS):
        op.drop_column(table, column)
