"""The tables of instruments and schedules; a published version of an instrument refuses any change.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION instrument_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a published version of an instrument never changes';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("title_en", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("retired_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_instrument_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_instrument_community_id_key")),
    )
    with op.batch_alter_table("instrument", schema=None) as batch_op:
        batch_op.create_index(
            "uq_instrument_built_in_key",
            ["key"],
            unique=True,
            sqlite_where=sa.text("community_id IS NULL"),
            postgresql_where=sa.text("community_id IS NULL"),
        )

    op.create_table(
        "instrument_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("published_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_instrument_version_number_positive")),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_instrument_version_state_known")),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_instrument_version_published_has_instant"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_instrument_version_instrument_id_instrument")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_version")),
        sa.UniqueConstraint("instrument_id", "number", name=op.f("uq_instrument_version_instrument_id_number")),
    )
    with op.batch_alter_table("instrument_version", schema=None) as batch_op:
        batch_op.create_index(
            "uq_instrument_version_draft",
            ["instrument_id"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
    _freeze_published()

    op.create_table(
        "schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("cadence", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("opens_month", sa.Integer(), nullable=False),
        sa.Column("opens_day", sa.Integer(), nullable=False),
        sa.Column("opens_hour", sa.Integer(), nullable=False),
        sa.Column("open_days", sa.Integer(), nullable=False),
        sa.Column("reminder_days", sa.JSON(), nullable=False),
        sa.Column("panel", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("reserves", sa.Integer(), nullable=False),
        sa.Column("stratify", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("public_number", sa.Boolean(), nullable=False),
        sa.Column("public_number_source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("secrecy", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("subject_kinds", sa.JSON(), nullable=False),
        sa.Column("property_company", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("publish", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("catch_up", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cadence IN ('monthly', 'quarterly', 'halfyearly', 'yearly', 'once')",
            name=op.f("ck_schedule_cadence_known"),
        ),
        sa.CheckConstraint(
            "panel IN ('representatives', 'directly_managed', 'members', 'residents', 'staff')",
            name=op.f("ck_schedule_panel_known"),
        ),
        sa.CheckConstraint("method IN ('census', 'sample')", name=op.f("ck_schedule_method_known")),
        sa.CheckConstraint("stratify IN ('none', 'grid_area', 'tenure')", name=op.f("ck_schedule_stratify_known")),
        sa.CheckConstraint("secrecy IN ('named', 'confidential', 'secret')", name=op.f("ck_schedule_secrecy_known")),
        sa.CheckConstraint("publish IN ('auto', 'manual')", name=op.f("ck_schedule_publish_known")),
        sa.CheckConstraint(
            "opens_month BETWEEN 1 AND 12 AND opens_day BETWEEN 1 AND 31 AND opens_hour BETWEEN 0 AND 23",
            name=op.f("ck_schedule_opens_sensible"),
        ),
        sa.CheckConstraint("open_days BETWEEN 1 AND 60", name=op.f("ck_schedule_open_days_sensible")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_schedule_ends_after_start")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_schedule_community_id_community")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_schedule_instrument_id_instrument")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_instrument_id"), ["instrument_id"], unique=False)
        batch_op.create_index("ix_schedule_list", ["community_id", "title", "id"], unique=False)


def _freeze_published() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER instrument_version_frozen BEFORE UPDATE OR DELETE ON instrument_version "
            "FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION instrument_version_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER instrument_version_no_{verb.lower()} BEFORE {verb} ON instrument_version "
            "WHEN OLD.state = 'published' "
            "BEGIN SELECT RAISE(ABORT, 'a published version of an instrument never changes'); END"
        )


def downgrade() -> None:
    op.drop_table("schedule")
    op.drop_table("instrument_version")
    op.drop_table("instrument")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION instrument_version_refuse()")
