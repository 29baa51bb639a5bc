"""Transfers of the party relationship: in, out, and between branches of the community."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from app.core.models import Identified, UtcDateTime

_MASK = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}


class Direction(StrEnum):
    incoming = "incoming"
    outgoing = "outgoing"
    within = "within"


class MemberTransfer(Identified, table=True):
    """A transfer on a day: from that day on the new place holds; `was_…` is where the person belonged before it.

    `leaves` is that the person left the register with it; that day is then the last one. `stage` and `probation_until`
    go along, so that the other organisation knows where somebody stands who moves in mid-probation.
    """

    __tablename__ = "member_transfer"
    __table_args__ = (
        CheckConstraint("direction IN ('incoming', 'outgoing', 'within')", name="direction_known"),
        CheckConstraint("direction = 'within' OR organisation <> ''", name="names_the_other"),
        CheckConstraint("NOT leaves OR direction = 'outgoing'", name="only_outgoing_leaves"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason = '')", name="undone_with_a_reason"),
        Index("ix_member_transfer_member", "member_id", "on_day"),
        Index("ix_member_transfer_day", "community_id", "on_day"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    member_id: UUID = Field(foreign_key="member.id")
    direction: str = Field(max_length=10)
    organisation: str = Field(default="", max_length=120)
    on_day: date
    paper_number: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    leaves: bool = False
    changed: bool = True
    was_affiliation: str = Field(max_length=10)
    was_branch_id: UUID | None = Field(default=None, foreign_key="branch.id")
    was_home_branch: str = Field(default="", max_length=120)
    stage: str = Field(default="", max_length=20)
    probation_until: date | None = None
    by_user_id: UUID | None = None
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    undone_reason: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
