"""The tables of projects: what happened, what it cost, delays and acceptances are only ever added, triggers refuse.

A schedule of evaluations learns to ask the residents of some grid areas only.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ONLY_ADDED = ("project_event", "project_cost", "milestone_delay", "project_acceptance", "project_acceptance_signer")


def upgrade() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("motion_id", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=True),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("owner_user_id", sa.Uuid(), nullable=True),
        sa.Column("contractor", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("budget_source", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("evaluated_on", sa.Date(), nullable=True),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("stopped_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("evaluation_panel", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("evaluation_sample", sa.Integer(), nullable=False),
        sa.Column("grid_area_ids", sa.JSON(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'stopped') = (stopped_on IS NOT NULL)", name=op.f("ck_project_stopped_with_day")),
        sa.CheckConstraint("state <> 'stopped' OR stopped_reason <> ''", name=op.f("ck_project_stopped_with_reason")),
        sa.CheckConstraint(
            "state IN ('planned', 'funded', 'contracted', 'works', 'accepted', 'evaluated', 'stopped')",
            name=op.f("ck_project_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'evaluated') OR accepted_on IS NOT NULL",
            name=op.f("ck_project_accepted_with_day"),
        ),
        sa.CheckConstraint("budget_fen >= 0", name=op.f("ck_project_budget_not_negative")),
        sa.CheckConstraint("evaluation_sample >= 0", name=op.f("ck_project_sample_not_negative")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_project_community_id_community")),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_project_motion_id_motion")),
        sa.ForeignKeyConstraint(
            ["owner_user_id"], ["user_account.id"], name=op.f("fk_project_owner_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_project_schedule_id_schedule")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_project_vote_id_vote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_project_community_id_number")),
        sa.UniqueConstraint("motion_id", name=op.f("uq_project_motion_id")),
        sa.UniqueConstraint("schedule_id", name=op.f("uq_project_schedule_id")),
        sa.UniqueConstraint("vote_id", name=op.f("uq_project_vote_id")),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index("ix_project_list", ["community_id", "state", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_owner_user_id"), ["owner_user_id"], unique=False)

    op.create_table(
        "project_acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("defects", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "result <> 'rejected' OR defects <> ''", name=op.f("ck_project_acceptance_rejected_with_defects")
        ),
        sa.CheckConstraint("result IN ('accepted', 'rejected')", name=op.f("ck_project_acceptance_result_known")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_project_acceptance_community_id_community")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_acceptance_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_acceptance")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_project_acceptance_project_id_number")),
    )
    op.create_table(
        "project_cost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("payee", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.CheckConstraint(
            "(amount_fen < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_project_cost_negative_only_reverses")
        ),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_project_cost_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_project_cost_community_id_community")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_cost_project_id_project")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["project_cost.id"], name=op.f("fk_project_cost_reverses_id_project_cost")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_cost")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_project_cost_reverses_id")),
    )
    with op.batch_alter_table("project_cost", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_cost_project_id"), ["project_id"], unique=False)

    op.create_table(
        "project_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("from_state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("to_state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user_account.id"], name=op.f("fk_project_event_by_user_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_project_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_event_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_event")),
        sa.UniqueConstraint("project_id", "seq", name=op.f("uq_project_event_project_id_seq")),
    )
    op.create_table(
        "project_milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(done_on IS NOT NULL) = (progress = 100)", name=op.f("ck_project_milestone_done_means_whole")
        ),
        sa.CheckConstraint("due_on >= promised_on", name=op.f("ck_project_milestone_due_not_before_promise")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_project_milestone_progress_percent")),
        sa.CheckConstraint("weight > 0", name=op.f("ck_project_milestone_weight_positive")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_project_milestone_community_id_community")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_milestone_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_milestone")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_project_milestone_project_id_position")),
    )
    with op.batch_alter_table("project_milestone", schema=None) as batch_op:
        batch_op.create_index("ix_project_milestone_promise", ["community_id", "promised_on", "id"], unique=False)

    op.create_table(
        "milestone_delay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("new_due_on", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.CheckConstraint("new_due_on > from_on", name=op.f("ck_milestone_delay_later")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_milestone_delay_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["project_milestone.id"], name=op.f("fk_milestone_delay_milestone_id_project_milestone")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_milestone_delay_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_delay")),
    )
    with op.batch_alter_table("milestone_delay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_milestone_delay_milestone_id"), ["milestone_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_milestone_delay_project_id"), ["project_id"], unique=False)

    op.create_table(
        "project_acceptance_signer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["acceptance_id"],
            ["project_acceptance.id"],
            name=op.f("fk_project_acceptance_signer_acceptance_id_project_acceptance"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_project_acceptance_signer_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["seat_holder.id"], name=op.f("fk_project_acceptance_signer_holder_id_seat_holder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_acceptance_signer")),
        sa.UniqueConstraint(
            "acceptance_id", "holder_id", name=op.f("uq_project_acceptance_signer_acceptance_id_holder_id")
        ),
    )
    with op.batch_alter_table("project_acceptance_signer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_acceptance_signer_holder_id"), ["holder_id"], unique=False)

    op.add_column("schedule", sa.Column("grid_area_ids", sa.JSON(), nullable=False, server_default="[]"))
    for table in _ONLY_ADDED:
        _refuse_changes(table)


def _refuse_changes(table: str) -> None:
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
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.drop_column("grid_area_ids")
    for table in (
        "project_acceptance_signer",
        "project_acceptance",
        "project_cost",
        "milestone_delay",
        "project_milestone",
        "project_event",
        "project",
    ):
        op.drop_table(table)
        if table in _ONLY_ADDED and op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_refuse()")
