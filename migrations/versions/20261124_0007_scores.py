"""The tables of satisfaction scores; published ones refuse UPDATE and DELETE in the database itself.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION score_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'score is append-only';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_key", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("subject_key", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("subject_kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("subject_ref", sa.Uuid(), nullable=True),
        sa.Column("subject_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("period", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("census", sa.Boolean(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("valid", sa.Integer(), nullable=True),
        sa.Column("satisfied", sa.Integer(), nullable=True),
        sa.Column("strict", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("strict_rate", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("mean", sa.Integer(), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("smallest_cell", sa.Integer(), nullable=False),
        sa.Column("suppressed", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("published_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("audit_head", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_score_community_id_community")),
        sa.ForeignKeyConstraint(["round_id"], ["evaluation_round.id"], name=op.f("fk_score_round_id_evaluation_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("round_id", "subject_key", "revision", name=op.f("uq_score_round_id_subject_key_revision")),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index("ix_score_feed", ["published_at", "id"], unique=False)
        batch_op.create_index("ix_score_community_feed", ["community_id", "published_at", "id"], unique=False)

    op.create_table(
        "score_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("last_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_feed")),
    )
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER score_append_only BEFORE UPDATE OR DELETE ON score "
            "FOR EACH ROW EXECUTE FUNCTION score_refuse()"
        )
        op.execute(
            "CREATE TRIGGER score_no_truncate BEFORE TRUNCATE ON score "
            "FOR EACH STATEMENT EXECUTE FUNCTION score_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER score_no_{verb.lower()} BEFORE {verb} ON score "
            "BEGIN SELECT RAISE(ABORT, 'score is append-only'); END"
        )


def downgrade() -> None:
    op.drop_table("score_feed")
    op.drop_table("score")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION score_refuse()")
