"""The tables of members and of assemblies' rosters.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "body_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_body_term_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_body_term_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body_term")),
        sa.UniqueConstraint("community_id", "body", "starts_on", name=op.f("uq_body_term_community_id_body_starts_on")),
    )
    with op.batch_alter_table("body_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_body_term_community_id"), ["community_id"], unique=False)

    op.create_table(
        "branch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("dissolved_on", sa.Date(), nullable=True),
        sa.CheckConstraint("dissolved_on IS NULL OR dissolved_on >= founded_on", name=op.f("ck_branch_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_branch_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_branch_community_id_name")),
    )
    with op.batch_alter_table("branch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_branch_community_id"), ["community_id"], unique=False)

    op.create_table(
        "residents_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("buildings", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_residents_group_number_positive")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_residents_group_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents_group")),
        sa.UniqueConstraint("community_id", "number", name=op.f("uq_residents_group_community_id_number")),
    )
    with op.batch_alter_table("residents_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_residents_group_community_id"), ["community_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("initials", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sex", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("education", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("affiliation", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("home_branch", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("to_reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("affiliation = 'direct' OR branch_id IS NULL", name=op.f("ck_member_branch_of_direct")),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_member_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_member_branch_id_branch")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_member_community_id_community")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_member_resident_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index("ix_member_order", ["community_id", "sort_key", "id"], unique=False)
        batch_op.create_index("ix_member_period", ["community_id", "from_on", "to_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "roster_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("committed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("fates", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_roster_upload_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_roster_upload_requested_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_upload")),
    )
    with op.batch_alter_table("roster_upload", schema=None) as batch_op:
        batch_op.create_index("ix_roster_upload_list", ["community_id", "kind", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_roster_upload_target_id"), ["target_id"], unique=False)

    op.create_table(
        "seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("post", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_seat_number_positive")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_seat_community_id_community")),
        sa.ForeignKeyConstraint(["group_id"], ["residents_group.id"], name=op.f("fk_seat_group_id_residents_group")),
        sa.ForeignKeyConstraint(["term_id"], ["body_term.id"], name=op.f("fk_seat_term_id_body_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("term_id", "number", name=op.f("uq_seat_term_id_number")),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_group_id"), ["group_id"], unique=False)

    op.create_table(
        "staff_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("position", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_staff_post_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_staff_post_community_id_community")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_staff_post_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_post")),
    )
    with op.batch_alter_table("staff_post", schema=None) as batch_op:
        batch_op.create_index("ix_staff_post_period", ["community_id", "from_on", "to_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_post_user_id"), ["user_id"], unique=False)

    op.create_table(
        "member_stage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_member_stage_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_stage_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_stage")),
        sa.UniqueConstraint("member_id", "from_on", name=op.f("uq_member_stage_member_id_from_on")),
    )
    with op.batch_alter_table("member_stage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_stage_community_id"), ["community_id"], unique=False)

    op.create_table(
        "seat_holder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("sex", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("how", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("end_reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name=op.f("ck_seat_holder_order")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_seat_holder_community_id_community")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_seat_holder_resident_id_resident")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_seat_holder_seat_id_seat")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_seat_holder_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_holder")),
        sa.UniqueConstraint("seat_id", "from_on", name=op.f("uq_seat_holder_seat_id_from_on")),
    )
    with op.batch_alter_table("seat_holder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_holder_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_holder_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_holder_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_holder_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_seat_holder_open",
            ["seat_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("seat_holder", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_seat_holder_open", sqlite_where=sa.text("to_on IS NULL"), postgresql_where=sa.text("to_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_seat_holder_user_id"))
        batch_op.drop_index(batch_op.f("ix_seat_holder_resident_id"))
        batch_op.drop_index(batch_op.f("ix_seat_holder_phone_index"))
        batch_op.drop_index(batch_op.f("ix_seat_holder_community_id"))

    op.drop_table("seat_holder")
    with op.batch_alter_table("member_stage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_stage_community_id"))

    op.drop_table("member_stage")
    with op.batch_alter_table("staff_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_post_user_id"))
        batch_op.drop_index("ix_staff_post_period")

    op.drop_table("staff_post")
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_group_id"))
        batch_op.drop_index(batch_op.f("ix_seat_community_id"))

    op.drop_table("seat")
    with op.batch_alter_table("roster_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_upload_target_id"))
        batch_op.drop_index("ix_roster_upload_list")

    op.drop_table("roster_upload")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_resident_id"))
        batch_op.drop_index(batch_op.f("ix_member_phone_index"))
        batch_op.drop_index("ix_member_period")
        batch_op.drop_index("ix_member_order")
        batch_op.drop_index(batch_op.f("ix_member_branch_id"))

    op.drop_table("member")
    with op.batch_alter_table("residents_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_residents_group_community_id"))

    op.drop_table("residents_group")
    with op.batch_alter_table("branch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_branch_community_id"))

    op.drop_table("branch")
    with op.batch_alter_table("body_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_body_term_community_id"))

    op.drop_table("body_term")
