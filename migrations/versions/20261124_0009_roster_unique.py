"""Nobody is in the members' register twice at a time, whoever writes at once; and corrections that wait for a second
person.

Two entries that are one person are named and nothing is changed: which of them is right only the community knows.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
import sqlmodel
from alembic import op
from alembic.util import CommandError

import app.core.models

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OPEN = "to_on IS NULL"
_UNLINKED = "to_on IS NULL AND resident_id IS NULL"
_MOST_NAMED = 20


def upgrade() -> None:
    _refuse_doubles()
    _unique("uq_member_resident", ["community_id", "resident_id"], _OPEN)
    _unique("uq_member_name_phone", ["community_id", "name", "phone_index"], _UNLINKED)
    op.create_table(
        "round_correction_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_round_correction_draft_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["evaluation_round.id"], name=op.f("fk_round_correction_draft_round_id_evaluation_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_correction_draft")),
        sa.UniqueConstraint("round_id", name=op.f("uq_round_correction_draft_round_id")),
    )
    with op.batch_alter_table("round_correction_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_correction_draft_community_id"), ["community_id"], unique=False)


def downgrade() -> None:
    op.drop_table("round_correction_draft")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index("uq_member_name_phone")
        batch_op.drop_index("uq_member_resident")


def _unique(name: str, columns: list[str], where: str) -> None:
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(name, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _refuse_doubles() -> None:
    """Names the entries by their ids, which are no personal data."""
    same_resident = "SELECT a.id, b.id FROM member a JOIN member b ON a.community_id = b.community_id AND a.id < b.id"
    doubles = [
        *op.get_bind().execute(
            sa.text(
                f"{same_resident} AND a.resident_id = b.resident_id WHERE a.{_OPEN} AND b.{_OPEN} "
                f"ORDER BY a.id LIMIT {_MOST_NAMED}"
            )
        ),
        *op.get_bind().execute(
            sa.text(
                f"{same_resident} AND a.name = b.name AND a.phone_index = b.phone_index "
                f"WHERE a.{_OPEN} AND b.{_OPEN} AND a.resident_id IS NULL AND b.resident_id IS NULL "
                f"ORDER BY a.id LIMIT {_MOST_NAMED}"
            )
        ),
    ]
    if doubles:
        pairs = "; ".join(f"{UUID(str(one))} and {UUID(str(other))}" for one, other in doubles)
        raise CommandError(
            f"the members' register holds the same person twice: {pairs}. Nothing was changed. "
            "With the previous release, record for one of each pair that it left (or correct it), then migrate again."
        )
