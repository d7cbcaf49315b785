"""Stems: records are entered into the library anew, with endings cut off by language

Revision ID: 0019
Revises: 0018
"""

import json

import sqlalchemy as sa
from alembic import op

from facilitation.activities.finding import entered_of

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    connection = op.get_bind()
    stems = ":stems" if connection.dialect.name == "sqlite" else "to_tsvector('simple', :stems)"
    latest = "SELECT max(version) FROM record_versions AS other WHERE other.workshop_id = record_versions.workshop_id"
    rows = sa.text(f"SELECT workshop_id, document FROM record_versions WHERE version = ({latest})")
    insert = sa.text(f"INSERT INTO record_search (workshop_id, lang, stems) VALUES (:workshop, :lang, {stems})")
    connection.execute(sa.text("DELETE FROM record_search"))
    for workshop_id, document in connection.execute(rows).all():
        for lang, content in json.loads(document)["documents"].items():
            values = {"workshop": workshop_id, "lang": lang, "stems": " ".join(entered_of(" ".join(_texts(content)), lang))}
            connection.execute(insert, values)


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
    pass
