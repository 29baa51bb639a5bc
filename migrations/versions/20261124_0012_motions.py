"""The tables of motions. What happened to a motion is only ever appended: triggers refuse.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION motion_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what happened to a motion is never changed'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "motion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.Column("matter", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("proposer_kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("proposer_names", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("no_project", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("opinion_id", sa.Uuid(), nullable=True),
        sa.Column("assembly_id", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_motion_merged_into_another")
        ),
        sa.CheckConstraint("id <> parent_id", name=op.f("ck_motion_not_its_own_parent")),
        sa.CheckConstraint("ordinal > 0", name=op.f("ck_motion_ordinal_positive")),
        sa.CheckConstraint("reach BETWEEN 0 AND 9", name=op.f("ck_motion_reach_known")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_motion_community_id_community")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_motion_created_by_user_account")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["motion.id"], name=op.f("fk_motion_merged_into_id_motion")),
        sa.ForeignKeyConstraint(["parent_id"], ["motion.id"], name=op.f("fk_motion_parent_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion")),
        sa.UniqueConstraint("community_id", "year", "ordinal", name=op.f("uq_motion_community_id_year_ordinal")),
    )
    with op.batch_alter_table("motion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_motion_assembly_id"), ["assembly_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_motion_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_motion_opinion_id"), ["opinion_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_motion_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_motion_state", ["community_id", "state"], unique=False)

    op.create_table(
        "motion_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("to_state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("asked_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("decided_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_motion_correction_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_motion_correction_community_id_community")
        ),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_motion_correction_motion_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion_correction")),
    )
    with op.batch_alter_table("motion_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_motion_correction_motion_id"), ["motion_id"], unique=False)
        batch_op.create_index(
            "uq_motion_correction_open",
            ["motion_id"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.create_table(
        "motion_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("from_state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("to_state", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=True),
        sa.Column("second_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind = 'move' OR (second_name <> '' AND reason <> '')", name=op.f("ck_motion_event_correction_by_two")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_motion_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_motion_event_motion_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion_event")),
        sa.UniqueConstraint("motion_id", "seq", name=op.f("uq_motion_event_motion_id_seq")),
    )
    op.create_table(
        "motion_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_motion_note_author_id_user_account")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_motion_note_community_id_community")),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_motion_note_motion_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion_note")),
    )
    with op.batch_alter_table("motion_note", schema=None) as batch_op:
        batch_op.create_index("ix_motion_note_at", ["motion_id", "at"], unique=False)

    op.create_table(
        "motion_proposer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_motion_proposer_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["seat_holder.id"], name=op.f("fk_motion_proposer_holder_id_seat_holder")
        ),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_motion_proposer_motion_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion_proposer")),
        sa.UniqueConstraint("motion_id", "holder_id", name=op.f("uq_motion_proposer_motion_id_holder_id")),
    )
    with op.batch_alter_table("motion_proposer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_motion_proposer_holder_id"), ["holder_id"], unique=False)

    op.create_table(
        "motion_second",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_motion_second_community_id_community")
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["seat_holder.id"], name=op.f("fk_motion_second_holder_id_seat_holder")),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_motion_second_motion_id_motion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motion_second")),
        sa.UniqueConstraint("motion_id", "holder_id", name=op.f("uq_motion_second_motion_id_holder_id")),
    )
    with op.batch_alter_table("motion_second", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_motion_second_holder_id"), ["holder_id"], unique=False)

    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER motion_event_append_only BEFORE UPDATE OR DELETE ON motion_event "
            "FOR EACH ROW EXECUTE FUNCTION motion_event_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER motion_event_no_{verb.lower()} BEFORE {verb} ON motion_event "
            "BEGIN SELECT RAISE(ABORT, 'what happened to a motion is never changed'); END"
        )


def downgrade() -> None:
    for table in ("motion_second", "motion_proposer", "motion_note", "motion_event", "motion_correction", "motion"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION motion_event_refuse()")
