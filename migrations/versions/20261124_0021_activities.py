"""Activities: lines of work, venues, partners, bases, series, activities and what happened to them.

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

_TABLES = ("activity_event", "activity", "line_of_work", "culture_base", "venue", "partner", "activity_series")


def upgrade() -> None:
    op.create_table(
        "activity_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("line", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("lecturer_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("sign_up", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("sign_up_closes_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("certificate_share", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_activity_series_capacity_positive")),
        sa.CheckConstraint("certificate_share BETWEEN 0 AND 100", name=op.f("ck_activity_series_share_of_a_hundred")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_activity_series_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_series")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_activity_series_community_id_number")),
    )
    with op.batch_alter_table("activity_series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_series_lecturer_id"), ["lecturer_id"], unique=False)

    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("contact_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("contact_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_partner_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_partner_community_id_name")),
    )
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
        "culture_base",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("agreed_from", sa.Date(), nullable=False),
        sa.Column("agreed_to", sa.Date(), nullable=True),
        sa.Column("visits_per_year", sa.Integer(), nullable=False),
        sa.CheckConstraint("agreed_to IS NULL OR agreed_to >= agreed_from", name=op.f("ck_culture_base_order")),
        sa.CheckConstraint("visits_per_year >= 0", name=op.f("ck_culture_base_visits_not_negative")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_culture_base_community_id_community")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_culture_base_partner_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_culture_base")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_culture_base_community_id_name")),
    )
    with op.batch_alter_table("culture_base", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_culture_base_partner_id"), ["partner_id"], unique=False)

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
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("starts_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("base_id", sa.Uuid(), nullable=True),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("lecturer_id", sa.Uuid(), nullable=True),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("audience", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("sign_up", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("sign_up_opens_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sign_up_closes_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("cancelled_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("photo_consent", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state <> 'cancelled' OR cancelled_reason <> ''", name=op.f("ck_activity_cancelled_with_reason")
        ),
        sa.CheckConstraint("venue_id IS NULL OR place = ''", name=op.f("ck_activity_one_place")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_activity_capacity_positive")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activity_order")),
        sa.CheckConstraint("headcount IS NULL OR headcount >= 0", name=op.f("ck_activity_headcount_not_negative")),
        sa.ForeignKeyConstraint(["base_id"], ["culture_base.id"], name=op.f("fk_activity_base_id_culture_base")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_activity_branch_id_branch")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_activity_community_id_community")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_activity_created_by_user_account")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_activity_partner_id_partner")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["activity_series.id"], name=op.f("fk_activity_series_id_activity_series")
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_activity_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_activity_community_id_number")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_base_id"), ["base_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_lecturer_id"), ["lecturer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_schedule_id"), ["schedule_id"], unique=False)
        batch_op.create_index("ix_activity_series", ["series_id", "starts_at"], unique=False)
        batch_op.create_index("ix_activity_time", ["community_id", "starts_at", "id"], unique=False)
        batch_op.create_index("ix_activity_venue", ["venue_id", "starts_at"], unique=False)

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
        sa.Column("data", sa.JSON(), nullable=False),
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


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
