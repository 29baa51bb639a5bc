"""The tables of elections.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("election_event", "election_bundle")
_REFUSE = """
CREATE FUNCTION election_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this record of an election is append-only';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "election",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("electorate", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("building_ids", sa.JSON(), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=True),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("pack_version_id", sa.Uuid(), nullable=True),
        sa.Column("pack", sa.JSON(), nullable=True),
        sa.Column("pack_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("electors_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("listed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("objections_until", sa.Date(), nullable=True),
        sa.Column("nominated_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("box_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("declared_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("declared_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("method IN ('paper', 'pass')", name=op.f("ck_election_method_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'list_frozen', 'nominated', 'open', 'counted', 'declared', 'void')",
            name=op.f("ck_election_state_known"),
        ),
        sa.CheckConstraint("round BETWEEN 1 AND 9", name=op.f("ck_election_round_known")),
        sa.ForeignKeyConstraint(["assembly_id"], ["assembly.id"], name=op.f("fk_election_assembly_id_assembly")),
        sa.ForeignKeyConstraint(["box_id"], ["ballot_box.id"], name=op.f("fk_election_box_id_ballot_box")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_election_community_id_community")),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["user_account.id"], name=op.f("fk_election_declared_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["residents_group.id"], name=op.f("fk_election_group_id_residents_group")
        ),
        sa.ForeignKeyConstraint(
            ["pack_version_id"], ["rule_pack_version.id"], name=op.f("fk_election_pack_version_id_rule_pack_version")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["election.id"], name=op.f("fk_election_parent_id_election")),
        sa.ForeignKeyConstraint(["term_id"], ["body_term.id"], name=op.f("fk_election_term_id_body_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_election")),
        sa.UniqueConstraint("box_id", name=op.f("uq_election_box_id")),
        sa.UniqueConstraint("parent_id", name=op.f("uq_election_parent_id")),
    )
    with op.batch_alter_table("election", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_election_assembly_id"), ["assembly_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_election_group_id"), ["group_id"], unique=False)
        batch_op.create_index("ix_election_list", ["community_id", "held_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_election_pack_version_id"), ["pack_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_election_term_id"), ["term_id"], unique=False)

    op.create_table(
        "election_bundle",
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_election_bundle_election_id_election")),
        sa.PrimaryKeyConstraint("election_id", name=op.f("pk_election_bundle")),
    )
    op.create_table(
        "election_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("unreturned", sa.Integer(), nullable=False),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("tellers", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> entered_by", name=op.f("ck_election_count_two_people")
        ),
        sa.CheckConstraint("issued = returned + unreturned", name=op.f("ck_election_count_reconciled")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_election_count_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["user_account.id"], name=op.f("fk_election_count_confirmed_by_user_account")
        ),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_election_count_election_id_election")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user_account.id"], name=op.f("fk_election_count_entered_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_election_count")),
        sa.UniqueConstraint("election_id", "revision", name=op.f("uq_election_count_election_id_revision")),
    )
    op.create_table(
        "election_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_election_event_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_election_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_election_event_election_id_election")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_election_event")),
        sa.UniqueConstraint("election_id", "seq", name=op.f("uq_election_event_election_id_seq")),
    )
    op.create_table(
        "election_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("post", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_election_post_seats_positive")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_election_post_community_id_community")
        ),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_election_post_election_id_election")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_election_post")),
        sa.UniqueConstraint("election_id", "post", name=op.f("uq_election_post_election_id_post")),
    )
    op.create_table(
        "elector",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("voter_kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("struck", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_elector_community_id_community")),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_elector_election_id_election")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elector")),
        sa.UniqueConstraint("election_id", "number", name=op.f("uq_elector_election_id_number")),
        sa.UniqueConstraint("election_id", "voter_id", name=op.f("uq_elector_election_id_voter_id")),
    )
    with op.batch_alter_table("elector", schema=None) as batch_op:
        batch_op.create_index("ix_elector_order", ["election_id", "sort_key", "id"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("sort_key", app.core.models.Ascii(), nullable=False),
        sa.Column("sex", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("about", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("nominated_by", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("consent", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("withdrawn_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.CheckConstraint("consent IN ('asked', 'accepted', 'declined')", name=op.f("ck_candidate_consent_known")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_candidate_community_id_community")),
        sa.ForeignKeyConstraint(["election_id"], ["election.id"], name=op.f("fk_candidate_election_id_election")),
        sa.ForeignKeyConstraint(["holder_id"], ["seat_holder.id"], name=op.f("fk_candidate_holder_id_seat_holder")),
        sa.ForeignKeyConstraint(["post_id"], ["election_post.id"], name=op.f("fk_candidate_post_id_election_post")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_candidate_resident_id_resident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_holder_id"), ["holder_id"], unique=False)
        batch_op.create_index("ix_candidate_list", ["election_id", "post_id", "sort_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "elector_objection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("election_id", sa.Uuid(), nullable=False),
        sa.Column("raised_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("raised_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("elector_id", sa.Uuid(), nullable=True),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("ruling", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("ruled_at", app.core.models.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ruled_by", sa.Uuid(), nullable=True),
        sa.Column("grounds", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_elector_objection_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["election_id"], ["election.id"], name=op.f("fk_elector_objection_election_id_election")
        ),
        sa.ForeignKeyConstraint(["elector_id"], ["elector.id"], name=op.f("fk_elector_objection_elector_id_elector")),
        sa.ForeignKeyConstraint(
            ["ruled_by"], ["user_account.id"], name=op.f("fk_elector_objection_ruled_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elector_objection")),
    )
    with op.batch_alter_table("elector_objection", schema=None) as batch_op:
        batch_op.create_index("ix_elector_objection_list", ["election_id", "raised_at"], unique=False)
    _refuse_changes()


def _refuse_changes() -> None:
    """The history of an election and its published file are only ever added to."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute(_REFUSE)
    for table in _APPEND_ONLY:
        if on_postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION election_refuse()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    op.drop_table("elector_objection")
    op.drop_table("candidate")
    op.drop_table("elector")
    op.drop_table("election_post")
    op.drop_table("election_event")
    op.drop_table("election_count")
    op.drop_table("election_bundle")
    op.drop_table("election")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION election_refuse()")
