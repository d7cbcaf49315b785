"""Sign-ins with an account end by themselves; wrong codes are counted

Revision ID: 0018
Revises: 0017
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    # Without values, so that the previous release goes on signing people in.
    op.add_column("sign_ins", sa.Column("made_at", sa.BigInteger(), nullable=True))
    op.add_column("sign_ins", sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("codes_refused_until", sa.BigInteger(), nullable=True))
    now = time.time_ns() // 1_000_000
    op.execute(f"UPDATE sign_ins SET made_at = {now}, seen_at = {now} WHERE account_id IS NOT NULL")


def downgrade():
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("codes_refused_until")
        batch.drop_column("wrong_codes")
    with op.batch_alter_table("sign_ins") as batch:
        batch.drop_column("seen_at")
        batch.drop_column("made_at")
