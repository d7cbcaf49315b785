"""In which languages reasons and answers are written, and which notes say the same

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("agenda_items", "skip_lang"),
    ("corrections", "answer_lang"),
    ("record_versions", "reason_lang"),
    ("signatures", "reason_lang"),
)


_WORDED = ("notes",)


def upgrade():
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, sa.String(35), nullable=True))
    for table in _WORDED:
        op.add_column(table, sa.Column("wording", sa.Integer(), nullable=True))


def downgrade():
    for table in _WORDED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("wording")
    for table, column in _COLUMNS:
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
