"""Library

Revision ID: 0010
Revises: 0009
"""

import json

import sqlalchemy as sa
from alembic import op

from facilitation.activities.finding import entered_of

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE record_search USING fts5(workshop_id UNINDEXED, lang UNINDEXED, stems)")
        stems = ":stems"
    else:
        op.execute(
            "CREATE TABLE record_search (workshop_id integer REFERENCES workshops ON DELETE CASCADE, lang text, stems tsvector)"
        )
        op.execute("CREATE INDEX ix_record_search_stems ON record_search USING gin (stems)")
        stems = "to_tsvector('simple', :stems)"
    connection = op.get_bind()
    latest = "SELECT max(version) FROM record_versions AS other WHERE other.workshop_id = record_versions.workshop_id"
    rows = sa.text(f"SELECT workshop_id, document FROM record_versions WHERE version = ({latest})")
    insert = sa.text(f"INSERT INTO record_search (workshop_id, lang, stems) VALUES (:workshop, :lang, {stems})")
    for workshop_id, document in connection.execute(rows).all():
        for lang, content in json.loads(document)["documents"].items():
            said = " ".join(entered_of(" ".join(_texts(content)), lang))
            connection.execute(insert, {"workshop": workshop_id, "lang": lang, "stems": said})


def _texts(value):
    """The texts of a sealed document."""
    if isinstance(value, dict) and "sha256" in value:
        yield value["text"] or ""
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def downgrade():
    op.drop_table("record_search")
