"""Activities and the year plans that count them. What happened to either is only ever added: triggers refuse.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TABLES = ("plan_task_event", "activity_event", "plan_task", "line_of_work", "activity", "year_plan", "venue")
_APPEND_ONLY = ("activity_event", "plan_task_event")
_REFUSE = """
CREATE FUNCTION activities_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what happened is never changed'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_venue_capacity_positive")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_venue_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_venue_community_id_name")),
    )
    op.create_table(
        "year_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("line", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_year_plan_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_plan")),
        sa.UniqueConstraint("community_id", "year", "line", name=op.f("uq_year_plan_community_id_year_line")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("line", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("audience", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("cancelled_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state <> 'cancelled' OR cancelled_reason <> ''", name=op.f("ck_activity_cancelled_with_reason")
        ),
        sa.CheckConstraint("venue_id IS NULL OR place = ''", name=op.f("ck_activity_one_place")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_activity_capacity_positive")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activity_order")),
        sa.CheckConstraint("headcount IS NULL OR headcount >= 0", name=op.f("ck_activity_headcount_not_negative")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_activity_branch_id_branch")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_activity_community_id_community")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_activity_created_by_user_account")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_activity_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_activity_community_id_number")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index("ix_activity_time", ["community_id", "starts_at", "id"], unique=False)
        batch_op.create_index("ix_activity_venue", ["venue_id", "starts_at"], unique=False)

    op.create_table(
        "line_of_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lead_user_id", sa.Uuid(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_line_of_work_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["lead_user_id"], ["user_account.id"], name=op.f("fk_line_of_work_lead_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_of_work")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_line_of_work_community_id_key")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_line_of_work_community_id_name")),
    )
    op.create_table(
        "plan_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("owner_user_id", sa.Uuid(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("target_kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("dropped_on", sa.Date(), nullable=True),
        sa.Column("dropped_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(dropped_on IS NULL) = (dropped_reason = '')", name=op.f("ck_plan_task_dropped_with_reason")
        ),
        sa.CheckConstraint("(done_on IS NOT NULL) = (progress = 100)", name=op.f("ck_plan_task_done_means_whole")),
        sa.CheckConstraint("due_on >= promised_on", name=op.f("ck_plan_task_due_not_before_promise")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_plan_task_progress_percent")),
        sa.CheckConstraint("target IS NULL OR target > 0", name=op.f("ck_plan_task_target_positive")),
        sa.CheckConstraint("weight > 0", name=op.f("ck_plan_task_weight_positive")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_plan_task_community_id_community")),
        sa.ForeignKeyConstraint(
            ["owner_user_id"], ["user_account.id"], name=op.f("fk_plan_task_owner_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["year_plan.id"], name=op.f("fk_plan_task_plan_id_year_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_task")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_plan_task_plan_id_position")),
    )
    with op.batch_alter_table("plan_task", schema=None) as batch_op:
        batch_op.create_index("ix_plan_task_due", ["community_id", "due_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_task_owner_user_id"), ["owner_user_id"], unique=False)

    op.create_table(
        "activity_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("from_state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("to_state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_event_activity_id_activity")),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_activity_event_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_activity_event_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_event")),
        sa.UniqueConstraint("activity_id", "seq", name=op.f("uq_activity_event_activity_id_seq")),
    )
    with op.batch_alter_table("activity_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_event_community_id"), ["community_id"], unique=False)

    op.create_table(
        "plan_task_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("new_due_on", sa.Date(), nullable=True),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_plan_task_event_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_plan_task_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["plan_task.id"], name=op.f("fk_plan_task_event_task_id_plan_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_task_event")),
        sa.UniqueConstraint("task_id", "seq", name=op.f("uq_plan_task_event_task_id_seq")),
    )
    with op.batch_alter_table("plan_task_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_task_event_community_id"), ["community_id"], unique=False)
        batch_op.create_index("ix_plan_task_event_day", ["task_id", "on_day"], unique=False)
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION activities_refuse()"
            )
        return
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'what happened is never changed'); END"
            )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION activities_refuse()")
