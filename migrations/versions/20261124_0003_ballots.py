"""The tables of ballots.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ballot_box",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("secrecy", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=True),
        sa.Column("returned", sa.Integer(), nullable=True),
        sa.Column("on_paper", sa.Integer(), nullable=True),
        sa.Column("closed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("swept", sa.Boolean(), nullable=False),
        sa.CheckConstraint("purpose IN ('round', 'vote', 'election')", name=op.f("ck_ballot_box_purpose_known")),
        sa.CheckConstraint("secrecy IN ('named', 'confidential', 'secret')", name=op.f("ck_ballot_box_secrecy_known")),
        sa.CheckConstraint("state IN ('prepared', 'open', 'closed', 'void')", name=op.f("ck_ballot_box_state_known")),
        sa.CheckConstraint(
            "state IN ('prepared', 'open') OR key_sealed IS NULL", name=op.f("ck_ballot_box_key_destroyed")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_ballot_box_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_box")),
    )
    with op.batch_alter_table("ballot_box", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ballot_box_community_id"), ["community_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("voter_kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("voter_name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("stratum", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("serial", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('invited', 'ineligible')", name=op.f("ck_invitation_state_known")),
        sa.ForeignKeyConstraint(["box_id"], ["ballot_box.id"], name=op.f("fk_invitation_box_id_ballot_box")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_invitation_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("box_id", "serial", name=op.f("uq_invitation_box_id_serial")),
        sa.UniqueConstraint("box_id", "voter_kind", "voter_id", name=op.f("uq_invitation_box_id_voter_kind_voter_id")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_community_id"), ["community_id"], unique=False)

    op.create_table(
        "named_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["ballot_box.id"], name=op.f("fk_named_sheet_box_id_ballot_box")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_named_sheet_invitation_id_invitation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_sheet")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_named_sheet_invitation_id")),
    )
    with op.batch_alter_table("named_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_named_sheet_box_id"), ["box_id"], unique=False)

    _sealed_tables()


def _sealed_tables() -> None:
    """Without a row number on SQLite: it would keep the order of arrival."""
    op.create_table(
        "ballot_pass",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("serial_hash", sa.LargeBinary(), nullable=False),
        sa.Column("stratum", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.CheckConstraint("spent IN (0, 1, 2)", name=op.f("ck_ballot_pass_spent_known")),
        sa.ForeignKeyConstraint(["box_id"], ["ballot_box.id"], name=op.f("fk_ballot_pass_box_id_ballot_box")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_ballot_pass")),
        sa.UniqueConstraint("box_id", "serial_hash", name=op.f("uq_ballot_pass_box_id_serial_hash")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealed_sheet",
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("rid", sa.LargeBinary(), nullable=False),
        sa.Column("stratum", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "rid", name=op.f("pk_sealed_sheet")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealed_text",
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("rid", sa.LargeBinary(), nullable=False),
        sa.Column("field", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "rid", name=op.f("pk_sealed_text")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot_receipt",
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "code", name=op.f("pk_ballot_receipt")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ballot_receipt_code"), "ballot_receipt", ["code"], unique=False)
    op.create_table(
        "answer_draft",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_answer_draft")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_answer_draft_box_id"), "answer_draft", ["box_id"], unique=False)
    _keep_no_statistics()


def _keep_no_statistics() -> None:
    """PostgreSQL's planner keeps samples of columns, which would be copies of ballots outside the ballot tables."""
    if op.get_bind().dialect.name != "postgresql":
        return
    secret = {
        "ballot_pass": ("token_hash", "serial_hash"),
        "sealed_sheet": ("rid", "answers"),
        "sealed_text": ("rid", "text"),
        "ballot_receipt": ("code",),
        "answer_draft": ("token_hash", "sealed"),
    }
    for table, columns in secret.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def downgrade() -> None:
    for table in ("answer_draft", "ballot_receipt", "sealed_text", "sealed_sheet", "ballot_pass"):
        op.drop_table(table)
    for table in ("named_sheet", "invitation", "ballot_box"):
        op.drop_table(table)
