"""The tables of consultations and opinions; a need may be heard elsewhere than at a visit.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HISTORIES = ("consultation_event", "opinion_event")


def upgrade() -> None:
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.alter_column("visit_id", existing_type=sa.Uuid(), nullable=True)

    op.create_table(
        "consultation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("held_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("attendance", sa.Integer(), nullable=True),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.CheckConstraint("attendance IS NULL OR attendance >= 0", name=op.f("ck_consultation_attendance_counts")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_consultation_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_consultation_community_id_number")),
    )
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_index("ix_consultation_held", ["community_id", "held_at", "id"], unique=False)

    op.create_table(
        "consultation_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_consultation_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_event_consultation_id_consultation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_event")),
    )
    with op.batch_alter_table("consultation_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_event_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_event_consultation_id"), ["consultation_id"], unique=False)

    op.create_table(
        "opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=14), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("grid_area_id", sa.Uuid(), nullable=True),
        sa.Column("speaker", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("raised_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("first_answered_on", sa.Date(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("public_text", sa.Text(), nullable=False),
        sa.Column("satisfaction", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=True),
        sa.Column("closed_as", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
        sa.Column("code_mark", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=True),
        sa.Column("need_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_as IS NOT NULL)", name=op.f("ck_opinion_closed_says_how")),
        sa.CheckConstraint("(assignee_id IS NULL) = (due_on IS NULL)", name=op.f("ck_opinion_assigned_with_a_day")),
        sa.CheckConstraint("NOT public OR answered_at IS NOT NULL", name=op.f("ck_opinion_public_has_an_answer")),
        sa.ForeignKeyConstraint(["assignee_id"], ["user_account.id"], name=op.f("fk_opinion_assignee_id_user_account")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_opinion_community_id_community")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_opinion_consultation_id_consultation")
        ),
        sa.ForeignKeyConstraint(["grid_area_id"], ["grid_area.id"], name=op.f("fk_opinion_grid_area_id_grid_area")),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_opinion_motion_id_motion")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_opinion_need_id_need")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_opinion_resident_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("code_mark", name=op.f("uq_opinion_code_mark")),
        sa.UniqueConstraint("community_id", "serial", name=op.f("uq_opinion_community_id_serial")),
    )
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_consultation_id"), ["consultation_id"], unique=False)
        batch_op.create_index("ix_opinion_due", ["community_id", "state", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_grid_area_id"), ["grid_area_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_motion_id"), ["motion_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index("ix_opinion_time", ["community_id", "raised_at", "id"], unique=False)

    op.create_table(
        "opinion_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("opinion_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_opinion_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_opinion_event_opinion_id_opinion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_event")),
    )
    with op.batch_alter_table("opinion_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_event_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_event_opinion_id"), ["opinion_id"], unique=False)
    for table in HISTORIES:
        _refuse_changes(table)


def _refuse_changes(table: str) -> None:
    """What happened is only ever added to."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Needs that were not heard at a visit go with the opinions that they came from."""
    for table in ("opinion_event", "opinion", "consultation_event", "consultation"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in HISTORIES:
            op.execute(f"DROP FUNCTION {table}_refuse()")
    op.execute("DELETE FROM need WHERE visit_id IS NULL")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.alter_column("visit_id", existing_type=sa.Uuid(), nullable=False)
