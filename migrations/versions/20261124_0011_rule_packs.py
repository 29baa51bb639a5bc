"""The tables of rule packs. A published version never changes: triggers refuse.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION rule_pack_version_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a published version of a rule pack never changes'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "rule_pack",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("title_en", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_rule_pack_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_pack")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_rule_pack_community_id_key")),
    )
    with op.batch_alter_table("rule_pack", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rule_pack_built_in_key",
            ["key"],
            unique=True,
            sqlite_where=sa.text("community_id IS NULL"),
            postgresql_where=sa.text("community_id IS NULL"),
        )

    op.create_table(
        "pack_choice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_pack_choice_community_id_community")),
        sa.ForeignKeyConstraint(["pack_id"], ["rule_pack.id"], name=op.f("fk_pack_choice_pack_id_rule_pack")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_choice")),
        sa.UniqueConstraint("community_id", "body", "from_on", name=op.f("uq_pack_choice_community_id_body_from_on")),
    )
    with op.batch_alter_table("pack_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_choice_pack_id"), ["pack_id"], unique=False)

    op.create_table(
        "rule_pack_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("citation", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("source_url", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("published_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_rule_pack_version_published_has_instant"),
        ),
        sa.CheckConstraint(
            "state = 'draft' OR (citation <> '' AND effective_from IS NOT NULL)",
            name=op.f("ck_rule_pack_version_published_is_cited"),
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_rule_pack_version_state_known")),
        sa.CheckConstraint(
            "effective_to IS NULL OR effective_to >= effective_from", name=op.f("ck_rule_pack_version_order")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_rule_pack_version_number_positive")),
        sa.ForeignKeyConstraint(["pack_id"], ["rule_pack.id"], name=op.f("fk_rule_pack_version_pack_id_rule_pack")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_pack_version")),
        sa.UniqueConstraint("pack_id", "number", name=op.f("uq_rule_pack_version_pack_id_number")),
    )
    with op.batch_alter_table("rule_pack_version", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rule_pack_version_draft",
            ["pack_id"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )

    _freeze_published()


def _freeze_published() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER rule_pack_version_frozen BEFORE UPDATE OR DELETE ON rule_pack_version "
            "FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION rule_pack_version_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER rule_pack_version_no_{verb.lower()} BEFORE {verb} ON rule_pack_version "
            "WHEN OLD.state = 'published' "
            "BEGIN SELECT RAISE(ABORT, 'a published version of a rule pack never changes'); END"
        )


def downgrade() -> None:
    op.drop_table("pack_choice")
    op.drop_table("rule_pack_version")
    op.drop_table("rule_pack")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION rule_pack_version_refuse()")
