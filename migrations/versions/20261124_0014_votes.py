"""The tables of votes.

What was frozen when a vote opened, what was counted and what was published never changes: triggers refuse.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION vote_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was frozen, counted or published of a vote never changes';
END $$
"""
# What of each table never changes once it is written; "" is the whole row.
_FIXED = {
    "vote_elector": "vote_id, kind, voter_id, seat_id, position, name, user_id, present, proxy_id, area",
    "vote_count": (
        "vote_id, revision, issued, returned, unreturned, valid, invalid, votes_for, votes_against, abstain, "
        "area_participating, area_for, counted_at, entered_by, reason"
    ),
    "vote_bundle": "",
}


def _events(fixed: str) -> tuple[str, str]:
    return f"UPDATE OF {fixed}" if fixed else "UPDATE", "DELETE"


def upgrade() -> None:
    op.create_table(
        "vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=True),
        sa.Column("agenda_item_id", sa.Uuid(), nullable=True),
        sa.Column("motion_id", sa.Uuid(), nullable=True),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("matter", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=14), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("pack_version_id", sa.Uuid(), nullable=True),
        sa.Column("pack", sa.JSON(), nullable=False),
        sa.Column("pack_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("entitled", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("area_entitled", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("declared_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("declared_by", sa.Uuid(), nullable=True),
        sa.Column("voided_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("resolution_number", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("resolution_text", sa.Text(), nullable=False),
        sa.CheckConstraint("(assembly_id IS NULL) = (method = 'owners')", name=op.f("ck_vote_assembly")),
        sa.CheckConstraint(
            "method IN ('hands', 'roll_call', 'secret_paper', 'secret_pass', 'owners')", name=op.f("ck_vote_method")
        ),
        sa.CheckConstraint("state <> 'void' OR void_reason <> ''", name=op.f("ck_vote_void_has_reason")),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'declared', 'void')", name=op.f("ck_vote_state")),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"], ["agenda_item.id"], name=op.f("fk_vote_agenda_item_id_agenda_item")
        ),
        sa.ForeignKeyConstraint(["assembly_id"], ["assembly.id"], name=op.f("fk_vote_assembly_id_assembly")),
        sa.ForeignKeyConstraint(["box_id"], ["ballot_box.id"], name=op.f("fk_vote_box_id_ballot_box")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_vote_closed_by_user_account")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_vote_community_id_community")),
        sa.ForeignKeyConstraint(["declared_by"], ["user_account.id"], name=op.f("fk_vote_declared_by_user_account")),
        sa.ForeignKeyConstraint(["motion_id"], ["motion.id"], name=op.f("fk_vote_motion_id_motion")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_vote_opened_by_user_account")),
        sa.ForeignKeyConstraint(
            ["pack_version_id"], ["rule_pack_version.id"], name=op.f("fk_vote_pack_version_id_rule_pack_version")
        ),
        sa.ForeignKeyConstraint(["voided_by"], ["user_account.id"], name=op.f("fk_vote_voided_by_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("box_id", name=op.f("uq_vote_box_id")),
        sa.UniqueConstraint("community_id", "resolution_number", name=op.f("uq_vote_community_id_resolution_number")),
    )
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vote_agenda_item_id"), ["agenda_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vote_assembly_id"), ["assembly_id"], unique=False)
        batch_op.create_index("ix_vote_list", ["community_id", "created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vote_motion_id"), ["motion_id"], unique=False)
        batch_op.create_index(
            "uq_vote_motion_live",
            ["motion_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('draft', 'open', 'closed')"),
            postgresql_where=sa.text("state IN ('draft', 'open', 'closed')"),
        )

    op.create_table(
        "vote_bundle",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_bundle_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", name=op.f("pk_vote_bundle")),
    )
    op.create_table(
        "vote_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("unreturned", sa.Integer(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("votes_for", sa.Integer(), nullable=False),
        sa.Column("votes_against", sa.Integer(), nullable=False),
        sa.Column("abstain", sa.Integer(), nullable=False),
        sa.Column("area_participating", sa.BigInteger(), nullable=False),
        sa.Column("area_for", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("revision = 1 OR reason <> ''", name=op.f("ck_vote_count_recount_has_reason")),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> entered_by", name=op.f("ck_vote_count_two_people")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_vote_count_community_id_community")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["user_account.id"], name=op.f("fk_vote_count_confirmed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_vote_count_entered_by_user_account")
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_count_vote_id_vote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_count")),
        sa.UniqueConstraint("vote_id", "revision", name=op.f("uq_vote_count_vote_id_revision")),
    )
    with op.batch_alter_table("vote_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vote_count_community_id"), ["community_id"], unique=False)

    op.create_table(
        "vote_elector",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("proxy_id", sa.Uuid(), nullable=True),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.Column("choice", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(length=6), nullable=False),
        sa.Column("cast_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cast_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "choice IS NULL OR choice IN ('for', 'against', 'abstain')", name=op.f("ck_vote_elector_choice")
        ),
        sa.CheckConstraint("(choice IS NULL) = (cast_at IS NULL)", name=op.f("ck_vote_elector_cast")),
        sa.CheckConstraint("choice IS NULL OR present", name=op.f("ck_vote_elector_only_present_vote")),
        sa.ForeignKeyConstraint(["cast_by"], ["user_account.id"], name=op.f("fk_vote_elector_cast_by_user_account")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_vote_elector_community_id_community")
        ),
        sa.ForeignKeyConstraint(["proxy_id"], ["seat_holder.id"], name=op.f("fk_vote_elector_proxy_id_seat_holder")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_vote_elector_user_id_user_account")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_elector_vote_id_vote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_elector")),
        sa.UniqueConstraint("vote_id", "kind", "voter_id", name=op.f("uq_vote_elector_vote_id_kind_voter_id")),
        sa.UniqueConstraint("vote_id", "seat_id", name=op.f("uq_vote_elector_vote_id_seat_id")),
    )
    with op.batch_alter_table("vote_elector", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vote_elector_community_id"), ["community_id"], unique=False)
        batch_op.create_index("ix_vote_elector_user", ["user_id", "vote_id"], unique=False)
    _add_triggers()


def _add_triggers() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for table, fixed in _FIXED.items():
            op.execute(
                f"CREATE TRIGGER {table}_fixed BEFORE {' OR '.join(_events(fixed))} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION vote_refuse()"
            )
        return
    for table, fixed in _FIXED.items():
        for event in _events(fixed):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.split()[0].lower()} BEFORE {event} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'what was frozen, counted or published of a vote never changes'); END"
            )


def downgrade() -> None:
    for table in ("vote_elector", "vote_count", "vote_bundle", "vote"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION vote_refuse()")
