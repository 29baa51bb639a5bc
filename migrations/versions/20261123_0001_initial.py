"""The tables of core, accounts, communities, households and visits.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("object_type", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("request_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("previous_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_object_id"), ["object_id"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("signed_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("signature", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "district",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("code", name=op.f("uq_district_code")),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("mark", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_failed_sign_in")),
    )
    op.create_table(
        "idempotent_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("started_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("location", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_request")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_idempotent_request_owner_key")),
    )
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("began_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "community",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("subdistrict", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_community_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("code", name=op.f("uq_community_code")),
    )
    with op.batch_alter_table("community", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_community_district_id"), ["district_id"], unique=False)

    op.create_table(
        "api_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("token_hint", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_api_client_community_id_community")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_api_client_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_client_token_hash")),
    )
    with op.batch_alter_table("api_client", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_client_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_api_client_district_id"), ["district_id"], unique=False)

    op.create_table(
        "grid_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_grid_area_number_positive")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_grid_area_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_area")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_grid_area_community_id_number")),
    )
    with op.batch_alter_table("grid_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_area_community_id"), ["community_id"], unique=False)

    op.create_table(
        "reported_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_reported_figure_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_figure")),
        sa.UniqueConstraint("community_id", "key", "as_of", name=op.f("uq_reported_figure_community_id_key_as_of")),
    )
    with op.batch_alter_table("reported_figure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reported_figure_community_id"), ["community_id"], unique=False)

    op.create_table(
        "resident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("sex", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("education", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("phone_ending_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_resident_community_id_community")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["resident.id"], name=op.f("fk_resident_merged_into_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
    )
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resident_birth_on"), ["birth_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_resident_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index("ix_resident_order", ["community_id", "sort_key", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_resident_phone_ending_index"), ["phone_ending_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_resident_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index("ix_resident_same_person", ["community_id", "name", "birth_on"], unique=False)
        batch_op.create_index(
            "uq_resident_id_number",
            ["community_id", "id_number_index"],
            unique=True,
            sqlite_where=sa.text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
            postgresql_where=sa.text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
        )

    op.create_table(
        "serial_counter",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_serial_counter_community_id_community")
        ),
        sa.PrimaryKeyConstraint("community_id", "series", "year", name=op.f("pk_serial_counter")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("username", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("display_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("locale", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("last_sign_in_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role <> 'supervisor' OR district_id IS NOT NULL", name=op.f("ck_user_account_supervisor_has_district")
        ),
        sa.CheckConstraint(
            "role IN ('supervisor', 'admin') OR community_id IS NOT NULL",
            name=op.f("ck_user_account_role_has_community"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_user_account_community_id_community")
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_user_account_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_account_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_account_district_id"), ["district_id"], unique=False)

    op.create_table(
        "visit_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False),
        sa.Column("retry_days", sa.Integer(), nullable=False),
        sa.Column("event_hours", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("every > 0", name=op.f("ck_visit_policy_every_positive")),
        sa.CheckConstraint("retry_days > 0", name=op.f("ck_visit_policy_retry_positive")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_visit_policy_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_policy")),
        sa.UniqueConstraint("community_id", "tier", name=op.f("uq_visit_policy_community_id_tier")),
    )
    op.create_table(
        "building",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("grid_area_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("walk_order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_building_community_id_community")),
        sa.ForeignKeyConstraint(["grid_area_id"], ["grid_area.id"], name=op.f("fk_building_grid_area_id_grid_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_building_community_id_number")),
    )
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_building_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_building_grid_area_id"), ["grid_area_id"], unique=False)

    op.create_table(
        "care_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("disability_type", sa.Integer(), nullable=True),
        sa.Column("disability_level", sa.Integer(), nullable=True),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "disability_level IS NULL OR disability_level BETWEEN 1 AND 4",
            name=op.f("ck_care_record_disability_level_known"),
        ),
        sa.CheckConstraint(
            "disability_type IS NULL OR disability_type BETWEEN 1 AND 7",
            name=op.f("ck_care_record_disability_type_known"),
        ),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_care_record_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_care_record_community_id_community")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_care_record_resident_id_resident")),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["user_account.id"], name=op.f("fk_care_record_reviewed_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_record")),
    )
    with op.batch_alter_table("care_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_record_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_care_record_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(
            "uq_care_record_open",
            ["resident_id", "category"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.create_table(
        "grid_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("grid_area_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_grid_assignment_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["grid_area_id"],
            ["grid_area.id"],
            name=op.f("fk_grid_assignment_grid_area_id_grid_area"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_grid_assignment_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_assignment")),
    )
    with op.batch_alter_table("grid_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_assignment_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grid_assignment_grid_area_id"), ["grid_area_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grid_assignment_user_id"), ["user_id"], unique=False)

    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("filename", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(length=4), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("fates", sa.JSON(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("unknown_columns", sa.JSON(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("allow_partial", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("committed_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("written_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("lease_until", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'running', 'done', 'failed')",
            name=op.f("ck_import_job_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["committed_by"], ["user_account.id"], name=op.f("fk_import_job_committed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_import_job_community_id_community")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_import_job_requested_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.create_index("ix_import_job_list", ["community_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_import_job_open", ["state", "lease_until"], unique=False)

    op.create_table(
        "resident_term",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("term", app.core.models.Ascii(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_resident_term_resident_id_resident"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "term", "resident_id", name=op.f("pk_resident_term")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("resident_term", schema=None) as batch_op:
        batch_op.create_index("ix_resident_term_resident", ["resident_id"], unique=False)

    op.create_table(
        "user_grid_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("grid_area_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grid_area_id"],
            ["grid_area.id"],
            name=op.f("fk_user_grid_area_grid_area_id_grid_area"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_grid_area_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_grid_area")),
    )
    with op.batch_alter_table("user_grid_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_grid_area_grid_area_id"), ["grid_area_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_grid_area_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("device", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=False),
        sa.Column("grid_area_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("room", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("label", app.core.models.Ascii(), nullable=False),
        sa.Column("walk_key", app.core.models.Ascii(), nullable=False),
        sa.Column("tenure", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("floor_area_cm2", sa.Integer(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("tenure IN ('vacant', 'owner_occupied', 'rented')", name=op.f("ck_household_tenure_known")),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_household_building_id_building")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_household_community_id_community")),
        sa.ForeignKeyConstraint(["grid_area_id"], ["grid_area.id"], name=op.f("fk_household_grid_area_id_grid_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("community_id", "label", name=op.f("uq_household_community_id_label")),
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_household_grid_area_id"), ["grid_area_id"], unique=False)
        batch_op.create_index("ix_household_walk", ["community_id", "walk_key"], unique=False)

    op.create_table(
        "import_part",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["import_job.id"], name=op.f("fk_import_part_job_id_import_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "kind", "seq", name=op.f("pk_import_part")),
    )
    op.create_table(
        "household_tenure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("tenure", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_household_tenure_order")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_household_tenure_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_household_tenure_household_id_household"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_tenure")),
        sa.UniqueConstraint("household_id", "from_on", name=op.f("uq_household_tenure_household_id_from_on")),
    )
    with op.batch_alter_table("household_tenure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_tenure_community_id"), ["community_id"], unique=False)
        batch_op.create_index(
            "uq_household_tenure_open",
            ["household_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.create_table(
        "residency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_residency_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_residency_community_id_community")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_residency_household_id_household")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_residency_resident_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residency")),
    )
    with op.batch_alter_table("residency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_residency_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_residency_period", ["community_id", "from_on", "to_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_residency_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(
            "uq_residency_open",
            ["resident_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("visited_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("people_met", sa.JSON(), nullable=False),
        sa.Column("content_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_visit_community_id_community")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_visit_household_id_household")),
        sa.ForeignKeyConstraint(["worker_id"], ["user_account.id"], name=op.f("fk_visit_worker_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_household", ["household_id", "visited_at"], unique=False)
        batch_op.create_index("ix_visit_time", ["community_id", "visited_at", "id"], unique=False)
        batch_op.create_index("ix_visit_worker", ["worker_id", "visited_at"], unique=False)

    op.create_table(
        "visit_due",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("grid_area_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("tier_since", sa.Date(), nullable=True),
        sa.Column("last_visit_id", sa.Uuid(), nullable=True),
        sa.Column("last_visit_on", sa.Date(), nullable=True),
        sa.Column("last_attempt_on", sa.Date(), nullable=True),
        sa.Column("owed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("refresh_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_visit_due_community_id_community")),
        sa.ForeignKeyConstraint(["grid_area_id"], ["grid_area.id"], name=op.f("fk_visit_due_grid_area_id_grid_area")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_visit_due_household_id_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_visit_due")),
    )
    with op.batch_alter_table("visit_due", schema=None) as batch_op:
        batch_op.create_index("ix_visit_due_area", ["grid_area_id", "due_on"], unique=False)
        batch_op.create_index("ix_visit_due_day", ["community_id", "due_on"], unique=False)
        batch_op.create_index("ix_visit_due_refresh", ["refresh_on"], unique=False)

    op.create_table(
        "need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("raised_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_need_community_id_community")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_need_household_id_household")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_need_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("community_id", "serial", name=op.f("uq_need_community_id_serial")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_need_open", ["community_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_need_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "visit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("happened_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_visit_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_visit_event_community_id_community")),
        sa.ForeignKeyConstraint(["done_visit_id"], ["visit.id"], name=op.f("fk_visit_event_done_visit_id_visit")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_visit_event_household_id_household")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_event")),
    )
    with op.batch_alter_table("visit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_event_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_visit_event_open", ["community_id", "done_visit_id", "due_at"], unique=False)

    op.create_table(
        "visit_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("replaced_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_visit_revision_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["user_account.id"], name=op.f("fk_visit_revision_replaced_by_user_account")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_revision_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_revision")),
        sa.UniqueConstraint("visit_id", "version", name=op.f("uq_visit_revision_visit_id_version")),
    )
    with op.batch_alter_table("visit_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_revision_community_id"), ["community_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("visit_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_revision_community_id"))

    op.drop_table("visit_revision")
    with op.batch_alter_table("visit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_event_open")
        batch_op.drop_index(batch_op.f("ix_visit_event_household_id"))

    op.drop_table("visit_event")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_visit_id"))
        batch_op.drop_index("ix_need_open")
        batch_op.drop_index(batch_op.f("ix_need_household_id"))

    op.drop_table("need")
    with op.batch_alter_table("visit_due", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_due_refresh")
        batch_op.drop_index("ix_visit_due_day")
        batch_op.drop_index("ix_visit_due_area")

    op.drop_table("visit_due")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_worker")
        batch_op.drop_index("ix_visit_time")
        batch_op.drop_index("ix_visit_household")

    op.drop_table("visit")
    with op.batch_alter_table("residency", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_residency_open", sqlite_where=sa.text("to_on IS NULL"), postgresql_where=sa.text("to_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_residency_resident_id"))
        batch_op.drop_index("ix_residency_period")
        batch_op.drop_index(batch_op.f("ix_residency_household_id"))

    op.drop_table("residency")
    with op.batch_alter_table("household_tenure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_household_tenure_open", sqlite_where=sa.text("to_on IS NULL"), postgresql_where=sa.text("to_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_household_tenure_community_id"))

    op.drop_table("household_tenure")
    op.drop_table("import_part")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_index("ix_household_walk")
        batch_op.drop_index(batch_op.f("ix_household_grid_area_id"))
        batch_op.drop_index(batch_op.f("ix_household_building_id"))

    op.drop_table("household")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("user_grid_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_grid_area_user_id"))
        batch_op.drop_index(batch_op.f("ix_user_grid_area_grid_area_id"))

    op.drop_table("user_grid_area")
    with op.batch_alter_table("resident_term", schema=None) as batch_op:
        batch_op.drop_index("ix_resident_term_resident")

    op.drop_table("resident_term")
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.drop_index("ix_import_job_open")
        batch_op.drop_index("ix_import_job_list")

    op.drop_table("import_job")
    with op.batch_alter_table("grid_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_assignment_user_id"))
        batch_op.drop_index(batch_op.f("ix_grid_assignment_grid_area_id"))
        batch_op.drop_index(batch_op.f("ix_grid_assignment_community_id"))

    op.drop_table("grid_assignment")
    with op.batch_alter_table("care_record", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_care_record_open", sqlite_where=sa.text("to_on IS NULL"), postgresql_where=sa.text("to_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_care_record_resident_id"))
        batch_op.drop_index(batch_op.f("ix_care_record_community_id"))

    op.drop_table("care_record")
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_building_grid_area_id"))
        batch_op.drop_index(batch_op.f("ix_building_community_id"))

    op.drop_table("building")
    op.drop_table("visit_policy")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_account_district_id"))
        batch_op.drop_index(batch_op.f("ix_user_account_community_id"))

    op.drop_table("user_account")
    op.drop_table("serial_counter")
    with op.batch_alter_table("resident", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_resident_id_number",
            sqlite_where=sa.text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
            postgresql_where=sa.text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
        )
        batch_op.drop_index("ix_resident_same_person")
        batch_op.drop_index(batch_op.f("ix_resident_phone_index"))
        batch_op.drop_index(batch_op.f("ix_resident_phone_ending_index"))
        batch_op.drop_index("ix_resident_order")
        batch_op.drop_index(batch_op.f("ix_resident_merged_into_id"))
        batch_op.drop_index(batch_op.f("ix_resident_birth_on"))

    op.drop_table("resident")
    with op.batch_alter_table("reported_figure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reported_figure_community_id"))

    op.drop_table("reported_figure")
    with op.batch_alter_table("grid_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_area_community_id"))

    op.drop_table("grid_area")
    with op.batch_alter_table("api_client", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_client_district_id"))
        batch_op.drop_index(batch_op.f("ix_api_client_community_id"))

    op.drop_table("api_client")
    with op.batch_alter_table("community", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_district_id"))

    op.drop_table("community")
    op.drop_table("instance")
    op.drop_table("idempotent_request")
    op.drop_table("failed_sign_in")
    op.drop_table("district")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_object_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_community_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))

    op.drop_table("audit_entry")
