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


def upgrade():
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, sa.String(35), nullable=True))
    op.add_column("notes", sa.Column("seq", sa.Integer(), nullable=True))


def downgrade():
    with op.batch_alter_table("notes") as batch:
        batch.drop_column("seq")
    for table, column in _COLUMNS:
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
