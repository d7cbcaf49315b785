"""Whom an admission became, earlier spellings of names, a notice for each meeting; attendance names nobody in the journal

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    # With defaults of the database's, so that the previous release goes on making meetings and people.
    op.add_column("workshops", sa.Column("notice", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("people", sa.Column("former_names", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    with op.batch_alter_table("admissions") as batch:
        batch.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_admissions_person", "people", ["person_id"], ["id"], ondelete="SET NULL")
    # Who attended stands in a table of its own. In the journal it told who wrote the anonymous contribution beside it.
    op.execute("UPDATE entries SET name = 'attendance_noted', actor_id = NULL WHERE name = 'person_attended'")


def downgrade():
    with op.batch_alter_table("admissions") as batch:
        batch.drop_constraint("fk_admissions_person", type_="foreignkey")
        batch.drop_column("person_id")
    op.drop_column("people", "former_names")
    op.drop_column("workshops", "notice")
