"""The tables of assemblies, their agenda and who was present.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = (
    "calendar_feed",
    "attendance",
    "notice_recipient",
    "call_signer",
    "agenda_item",
    "assembly_event",
    "assembly",
)
_REFUSE = """
CREATE FUNCTION assembly_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'assembly_event is append-only';
END $$
"""


def _identified() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(length=length), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, app.core.models.UtcDateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _of_assembly(table: str) -> list[sa.ForeignKeyConstraint]:
    return [_foreign(table, "community_id", "community"), _foreign(table, "assembly_id", "assembly")]


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def upgrade() -> None:
    op.create_table(
        "assembly",
        *_identified(),
        _id("community_id"),
        _text("body", 30),
        _text("kind", 15),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("title", 120),
        _instant("scheduled_at"),
        _text("place", 200),
        _id("pack_version_id", nullable=True),
        _text("called_by", 20),
        _text("ground", 500),
        _text("state", 20),
        _instant("noticed_at", nullable=True),
        _text("notice_channel", 10),
        sa.Column("notice_number", sa.Integer(), nullable=False),
        _instant("opened_at", nullable=True),
        _instant("closed_at", nullable=True),
        _text("suspended_reason", 500),
        _text("cancelled_reason", 500),
        _id("merged_into_id", nullable=True),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("pulse", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'regular') = (quarter IS NOT NULL)", name=op.f("ck_assembly_quarter_of_regular")),
        sa.CheckConstraint("quarter IS NULL OR quarter BETWEEN 1 AND 4", name=op.f("ck_assembly_quarter_known")),
        _foreign("assembly", "community_id", "community"),
        _foreign("assembly", "merged_into_id", "assembly"),
        _foreign("assembly", "pack_version_id", "rule_pack_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assembly")),
        sa.UniqueConstraint(
            "community_id", "body", "year", "number", name=op.f("uq_assembly_community_id_body_year_number")
        ),
    )
    op.create_index("ix_assembly_list", "assembly", ["community_id", "scheduled_at", "id"], unique=False)
    _index("assembly", "merged_into_id", "pack_version_id", "state")

    op.create_table(
        "assembly_event",
        _id("id"),
        _id("community_id"),
        _id("assembly_id"),
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("kind", 20),
        _instant("at"),
        _instant("stored_at"),
        _id("actor_id", nullable=True),
        _text("actor_name", 120),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_of_assembly("assembly_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assembly_event")),
        sa.UniqueConstraint("assembly_id", "seq", name=op.f("uq_assembly_event_assembly_id_seq")),
    )
    _index("assembly_event", "community_id")

    op.create_table(
        "agenda_item",
        *_identified(),
        _id("community_id"),
        _id("assembly_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("kind", 10),
        _text("title", 200),
        sa.Column("text", sa.Text(), nullable=False),
        _id("motion_id", nullable=True),
        _text("state", 10),
        _text("late_reason", 500),
        _instant("taken_up_at", nullable=True),
        _instant("ended_at", nullable=True),
        *_of_assembly("agenda_item"),
        _foreign("agenda_item", "motion_id", "motion"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint("assembly_id", "position", name=op.f("uq_agenda_item_assembly_id_position")),
    )
    _index("agenda_item", "community_id", "motion_id")
    current = sa.text("state = 'current'")
    op.create_index(
        "uq_agenda_item_current",
        "agenda_item",
        ["assembly_id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )

    op.create_table(
        "call_signer",
        *_identified(),
        _id("community_id"),
        _id("assembly_id"),
        _id("holder_id"),
        *_of_assembly("call_signer"),
        _foreign("call_signer", "holder_id", "seat_holder"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_signer")),
        sa.UniqueConstraint("assembly_id", "holder_id", name=op.f("uq_call_signer_assembly_id_holder_id")),
    )
    _index("call_signer", "community_id", "holder_id")

    op.create_table(
        "notice_recipient",
        *_identified(),
        _id("community_id"),
        _id("assembly_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _id("holder_id"),
        _text("channel", 10),
        _instant("notified_at"),
        *_of_assembly("notice_recipient"),
        _foreign("notice_recipient", "holder_id", "seat_holder"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_recipient")),
        sa.UniqueConstraint(
            "assembly_id", "number", "holder_id", name=op.f("uq_notice_recipient_assembly_id_number_holder_id")
        ),
    )
    _index("notice_recipient", "community_id", "holder_id")

    op.create_table(
        "attendance",
        *_identified(),
        _id("community_id"),
        _id("assembly_id"),
        _id("holder_id"),
        _id("proxy_for_id", nullable=True),
        _id("seat_of_id"),
        _instant("in_at"),
        _instant("out_at", nullable=True),
        _text("channel", 10),
        sa.Column("mistaken", sa.Boolean(), nullable=False),
        sa.CheckConstraint("out_at IS NULL OR out_at >= in_at", name=op.f("ck_attendance_order")),
        sa.CheckConstraint(
            "proxy_for_id IS NULL OR proxy_for_id <> holder_id", name=op.f("ck_attendance_proxy_of_another")
        ),
        *_of_assembly("attendance"),
        _foreign("attendance", "holder_id", "seat_holder"),
        _foreign("attendance", "proxy_for_id", "seat_holder"),
        _foreign("attendance", "seat_of_id", "seat_holder"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_assembly", "attendance", ["assembly_id", "in_at"], unique=False)
    _index("attendance", "community_id", "holder_id", "proxy_for_id", "seat_of_id")
    sitting_there = sa.text("out_at IS NULL")
    op.create_index(
        "uq_attendance_open",
        "attendance",
        ["assembly_id", "seat_of_id"],
        unique=True,
        sqlite_where=sitting_there,
        postgresql_where=sitting_there,
    )

    op.create_table(
        "calendar_feed",
        *_identified(),
        _id("community_id"),
        _id("user_id", nullable=True),
        _text("token_hash", 64),
        _text("token_hint", 8),
        _text("label", 120),
        _id("created_by"),
        _instant("revoked_at", nullable=True),
        _foreign("calendar_feed", "community_id", "community"),
        _foreign("calendar_feed", "created_by", "user_account"),
        _foreign("calendar_feed", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    _index("calendar_feed", "community_id", "user_id")
    _refuse_changes()


def _refuse_changes() -> None:
    """What happened in an assembly is only ever added to."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER assembly_event_append_only BEFORE UPDATE OR DELETE ON assembly_event "
            "FOR EACH ROW EXECUTE FUNCTION assembly_event_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER assembly_event_no_{verb.lower()} BEFORE {verb} ON assembly_event "
            "BEGIN SELECT RAISE(ABORT, 'assembly_event is append-only'); END"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION assembly_event_refuse()")
