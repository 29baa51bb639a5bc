"""The tables of evaluation rounds and their frames and draws.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import app.core.models

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _instant() -> app.core.models.UtcDateTime:
    return app.core.models.UtcDateTime(timezone=True)


def _identified() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _rounds()
    _frames()
    _draws()
    _courses()


def _rounds() -> None:
    name = "evaluation_round"
    op.create_table(
        name,
        *_identified(),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_key", _text(60), nullable=False),
        sa.Column("period", _text(10), nullable=False),
        sa.Column("title", _text(120), nullable=False),
        sa.Column("state", _text(10), nullable=False),
        sa.Column("opens_at", _instant(), nullable=False),
        sa.Column("closes_at", _instant(), nullable=False),
        sa.Column("opened_at", _instant(), nullable=True),
        sa.Column("closed_at", _instant(), nullable=True),
        sa.Column("published_at", _instant(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("panel", _text(20), nullable=False),
        sa.Column("method", _text(10), nullable=False),
        sa.Column("secrecy", _text(12), nullable=False),
        sa.Column("publish", _text(10), nullable=False),
        sa.Column("blocked", _text(20), nullable=False),
        sa.Column("void_reason", _text(500), nullable=False),
        sa.Column("extension_reason", _text(500), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=True),
        sa.Column("framed_at", _instant(), nullable=True),
        sa.Column("framed_by", sa.Uuid(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("frame_hash", _text(64), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("on_paper", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f(f"ck_{name}_closes_after_opening")),
        _of(name, "community_id", "community"),
        _of(name, "schedule_id", "schedule"),
        _of(name, "instrument_id", "instrument"),
        _of(name, "version_id", "instrument_version"),
        _of(name, "box_id", "ballot_box"),
        _of(name, "framed_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("box_id", name=op.f(f"uq_{name}_box_id")),
        sa.UniqueConstraint("schedule_id", "period", name=op.f(f"uq_{name}_schedule_id_period")),
    )
    with op.batch_alter_table(name, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{name}_instrument_id"), ["instrument_id"], unique=False)
        batch_op.create_index(f"ix_{name}_list", ["community_id", "opens_at", "id"], unique=False)
        batch_op.create_index(f"ix_{name}_due", ["state", "closes_at"], unique=False)
    name = "round_subject"
    op.create_table(
        name,
        *_identified(),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("key", _text(60), nullable=False),
        sa.Column("kind", _text(20), nullable=False),
        sa.Column("name", _text(120), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        _of(name, "community_id", "community"),
        _of(name, "round_id", "evaluation_round"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("round_id", "key", name=op.f(f"uq_{name}_round_id_key")),
    )


def _frames() -> None:
    name = "frame_entry"
    op.create_table(
        name,
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", _text(20), nullable=False),
        sa.Column("person_kind", _text(20), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cluster", _text(20), nullable=False),
        sa.Column("stratum", _text(60), nullable=False),
        _of(name, "round_id", "evaluation_round"),
        sa.PrimaryKeyConstraint("round_id", "public_id", name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _draws() -> None:
    name = "round_draw"
    op.create_table(
        name,
        *_identified(),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("algorithm", _text(20), nullable=False),
        sa.Column("frame_hash", _text(64), nullable=False),
        sa.Column("table_hash", _text(64), nullable=False),
        sa.Column("commit", _text(64), nullable=False),
        sa.Column("committed_at", _instant(), nullable=False),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("seed", _text(64), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("source_text", _text(500), nullable=False),
        sa.Column("announced_at", _instant(), nullable=True),
        sa.Column("announced_by", sa.Uuid(), nullable=True),
        sa.Column("public_number", _text(200), nullable=False),
        sa.Column("entered_at", _instant(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("drawn_at", _instant(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reserves", sa.Integer(), nullable=False),
        sa.Column("allocation", sa.JSON(), nullable=False),
        sa.Column("voided_at", _instant(), nullable=True),
        sa.Column("void_reason", _text(500), nullable=False),
        _of(name, "community_id", "community"),
        _of(name, "round_id", "evaluation_round"),
        _of(name, "announced_by", "user_account"),
        _of(name, "entered_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("round_id", "number", name=op.f(f"uq_{name}_round_id_number")),
    )
    name = "draw_pick"
    op.create_table(
        name,
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", _text(20), nullable=False),
        sa.Column("stratum", _text(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", _text(12), nullable=False),
        sa.Column("replaces", _text(20), nullable=False),
        sa.Column("reason", _text(10), nullable=False),
        _of(name, "draw_id", "round_draw"),
        sa.PrimaryKeyConstraint("draw_id", "public_id", name=op.f(f"pk_{name}")),
    )


def _courses() -> None:
    name = "round_reminder"
    op.create_table(
        name,
        *_identified(),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", _instant(), nullable=False),
        sa.Column("sent_at", _instant(), nullable=True),
        sa.Column("audience", sa.Integer(), nullable=False),
        _of(name, "community_id", "community"),
        _of(name, "round_id", "evaluation_round"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("round_id", "number", name=op.f(f"uq_{name}_round_id_number")),
    )
    name = "round_correction"
    op.create_table(
        name,
        *_identified(),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", _text(500), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        _of(name, "community_id", "community"),
        _of(name, "round_id", "evaluation_round"),
        _of(name, "made_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("round_id", "revision", name=op.f(f"uq_{name}_round_id_revision")),
    )
    name = "round_bundle"
    op.create_table(
        name,
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", _text(64), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        _of(name, "round_id", "evaluation_round"),
        sa.PrimaryKeyConstraint("round_id", "revision", name=op.f(f"pk_{name}")),
    )


def downgrade() -> None:
    for name in (
        "round_bundle",
        "round_correction",
        "round_reminder",
        "draw_pick",
        "round_draw",
        "frame_entry",
        "round_subject",
        "evaluation_round",
    ):
        op.drop_table(name)
