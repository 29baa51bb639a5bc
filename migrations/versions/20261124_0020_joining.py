"""Joining: what happens beside the stages, what waits for a second person; transfers; why somebody left.

What happened is only ever appended: triggers refuse.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION joining_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what happened on the way to joining is never changed'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "joining_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("was_stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("was_on", sa.Date(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("against", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=True),
        sa.Column("second_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'strike') = (event_id IS NOT NULL)", name=op.f("ck_joining_event_strike_names_its_fact")
        ),
        sa.CheckConstraint(
            "(months IS NOT NULL) = (kind = 'fact' AND what = 'extension')",
            name=op.f("ck_joining_event_months_of_extension"),
        ),
        sa.CheckConstraint("kind IN ('fact', 'strike') OR second_name <> ''", name=op.f("ck_joining_event_confirmed")),
        sa.CheckConstraint(
            "kind IN ('fact', 'strike', 'override', 'correction', 'removal')", name=op.f("ck_joining_event_kind_known")
        ),
        sa.CheckConstraint(
            "months IS NULL OR months BETWEEN 6 AND 12", name=op.f("ck_joining_event_half_a_year_to_one")
        ),
        sa.CheckConstraint("second_id IS NULL OR second_id <> by_user_id", name=op.f("ck_joining_event_two_people")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_joining_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_joining_event_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joining_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_joining_event_event_id")),
        sa.UniqueConstraint("member_id", "seq", name=op.f("uq_joining_event_member_id_seq")),
    )
    with op.batch_alter_table("joining_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_joining_event_community_id"), ["community_id"], unique=False)

    op.create_table(
        "joining_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=True),
        sa.Column("was_stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("was_on", sa.Date(), nullable=True),
        sa.Column("against", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("asked_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("decided_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_by IS NULL)", name=op.f("ck_joining_request_decided_by_somebody")
        ),
        sa.CheckConstraint("kind IN ('override', 'correction', 'removal')", name=op.f("ck_joining_request_kind_known")),
        sa.CheckConstraint("state IN ('asked', 'confirmed', 'refused')", name=op.f("ck_joining_request_state_known")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_joining_request_two_people")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_joining_request_community_id_community")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_joining_request_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joining_request")),
    )
    with op.batch_alter_table("joining_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_joining_request_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_joining_request_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "uq_joining_request_open",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.create_table(
        "member_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("organisation", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("paper_number", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("leaves", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("was_affiliation", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("was_branch_id", sa.Uuid(), nullable=True),
        sa.Column("was_home_branch", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("probation_until", sa.Date(), nullable=True),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("undone_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("undone_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_reason = '')", name=op.f("ck_member_transfer_undone_with_a_reason")
        ),
        sa.CheckConstraint(
            "direction = 'within' OR organisation <> ''", name=op.f("ck_member_transfer_names_the_other")
        ),
        sa.CheckConstraint(
            "direction IN ('incoming', 'outgoing', 'within')", name=op.f("ck_member_transfer_direction_known")
        ),
        sa.CheckConstraint(
            "NOT leaves OR direction = 'outgoing'", name=op.f("ck_member_transfer_only_outgoing_leaves")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_member_transfer_community_id_community")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_transfer_member_id_member")),
        sa.ForeignKeyConstraint(["was_branch_id"], ["branch.id"], name=op.f("fk_member_transfer_was_branch_id_branch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_transfer")),
    )
    with op.batch_alter_table("member_transfer", schema=None) as batch_op:
        batch_op.create_index("ix_member_transfer_day", ["community_id", "on_day"], unique=False)
        batch_op.create_index("ix_member_transfer_member", ["member_id", "on_day"], unique=False)

    op.add_column("member", sa.Column("to_kind", sa.String(length=24), nullable=False, server_default=""))
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER joining_event_append_only BEFORE UPDATE OR DELETE ON joining_event "
            "FOR EACH ROW EXECUTE FUNCTION joining_event_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER joining_event_no_{verb.lower()} BEFORE {verb} ON joining_event "
            "BEGIN SELECT RAISE(ABORT, 'what happened on the way to joining is never changed'); END"
        )


def downgrade() -> None:
    op.drop_column("member", "to_kind")
    for table in ("member_transfer", "joining_request", "joining_event"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION joining_event_refuse()")
