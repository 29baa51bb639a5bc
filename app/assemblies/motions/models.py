"""Motions, who proposed and seconded them, notes of the discussion, and everything that happened to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from app.core.models import Identified, UtcDateTime

_MASK = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}


class MotionState(StrEnum):
    """In the order in which a motion usually passes them; `states` has the graph."""

    draft = "draft"
    submitted = "submitted"
    returned = "returned"
    merged = "merged"
    admitted = "admitted"
    scheduled = "scheduled"
    debated = "debated"
    voting = "voting"
    carried = "carried"
    rejected = "rejected"
    adjourned = "adjourned"
    no_quorum = "no_quorum"
    withdrawn = "withdrawn"


class ProposerKind(StrEnum):
    """Who brings a motion."""

    representative = "representative"
    committee = "committee"
    residents = "residents"


class EventKind(StrEnum):
    """A step along the graph, or a correction, which two people answer for."""

    move = "move"
    correction = "correction"


class CorrectionState(StrEnum):
    """What became of a correction that somebody asked for."""

    asked = "asked"
    confirmed = "confirmed"
    refused = "refused"


class Motion(Identified, table=True):
    """议案. `assembly_id` and `opinion_id` name rows of higher rooms, whose tables come later: no foreign keys."""

    __tablename__ = "motion"
    __table_args__ = (
        UniqueConstraint("community_id", "year", "ordinal"),
        CheckConstraint("ordinal > 0", name="ordinal_positive"),
        CheckConstraint("id <> parent_id", name="not_its_own_parent"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into_another"),
        CheckConstraint("reach BETWEEN 0 AND 9", name="reach_known"),
        Index("ix_motion_state", "community_id", "state"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    year: int
    ordinal: int
    number: str = Field(max_length=20)
    title: str = Field(max_length=120)
    text: str = Field(default="", max_length=4000)
    matter: str = Field(max_length=20)
    proposer_kind: str = Field(max_length=20)
    proposer_names: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    state: str = Field(default=MotionState.draft, max_length=20)
    parent_id: UUID | None = Field(default=None, foreign_key="motion.id", index=True)
    reach: int = 0
    no_project: bool = Field(default=False, description="carried is done: nothing is built or bought")
    merged_into_id: UUID | None = Field(default=None, foreign_key="motion.id", index=True)
    opinion_id: UUID | None = Field(default=None, index=True)
    assembly_id: UUID | None = Field(default=None, index=True)
    vote_id: UUID | None = None
    created_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)


class MotionProposer(Identified, table=True):
    """A representative who brings the motion."""

    __tablename__ = "motion_proposer"
    __table_args__ = (UniqueConstraint("motion_id", "holder_id"),)

    community_id: UUID = Field(foreign_key="community.id")
    motion_id: UUID = Field(foreign_key="motion.id")
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)


class MotionSecond(Identified, table=True):
    """A representative who supports that the motion be dealt with."""

    __tablename__ = "motion_second"
    __table_args__ = (UniqueConstraint("motion_id", "holder_id"),)

    community_id: UUID = Field(foreign_key="community.id")
    motion_id: UUID = Field(foreign_key="motion.id")
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)


class MotionNote(Identified, table=True):
    """What somebody said about the motion. Never edited."""

    __tablename__ = "motion_note"
    __table_args__ = (Index("ix_motion_note_at", "motion_id", "at"),)

    community_id: UUID = Field(foreign_key="community.id")
    motion_id: UUID = Field(foreign_key="motion.id")
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    author_name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    text: str = Field(max_length=2000, sa_column_kwargs=_TEXT)
    at: datetime = Field(sa_type=UtcDateTime)


class MotionEvent(Identified, table=True):
    """One step of a motion. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "motion_event"
    __table_args__ = (
        UniqueConstraint("motion_id", "seq"),
        CheckConstraint("kind = 'move' OR (second_name <> '' AND reason <> '')", name="correction_by_two"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    motion_id: UUID = Field(foreign_key="motion.id")
    seq: int
    kind: str = Field(default=EventKind.move, max_length=12)
    from_state: str = Field(max_length=20)
    to_state: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    second_id: UUID | None = None
    second_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    reason: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    assembly_id: UUID | None = None
    vote_id: UUID | None = None


class MotionCorrection(Identified, table=True):
    """A correction of the state: one person asks, another one confirms or refuses. One at a time."""

    __tablename__ = "motion_correction"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_people"),
        Index(
            "uq_motion_correction_open",
            "motion_id",
            unique=True,
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
    )

    community_id: UUID = Field(foreign_key="community.id")
    motion_id: UUID = Field(foreign_key="motion.id", index=True)
    from_state: str = Field(max_length=20)
    to_state: str = Field(max_length=20)
    reason: str = Field(max_length=500, sa_column_kwargs=_TEXT)
    state: str = Field(default=CorrectionState.asked, max_length=12)
    asked_by: UUID
    asked_name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: UUID | None = None
    decided_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
