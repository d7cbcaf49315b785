"""Library; revision 0019 enters the records that there are

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE record_search USING fts5(workshop_id UNINDEXED, lang UNINDEXED, stems)")
    else:
        op.execute(
            "CREATE TABLE record_search (workshop_id integer REFERENCES workshops ON DELETE CASCADE, lang text, stems tsvector)"
        )
        op.execute("CREATE INDEX ix_record_search_stems ON record_search USING gin (stems)")


def downgrade():
    op.drop_table("record_search")
