"""Consultation meetings (社情民意恳谈会) and what residents said: opinions, their answers and every step between."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, new_id

_MASK = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}
_SECRET = {"info": {"audit": "secret"}}
_SKIP = {"info": {"audit": "skip"}}


class ConsultationState(StrEnum):
    """`planned -> held -> closed`, or `cancelled` before it was held."""

    planned = "planned"
    held = "held"
    closed = "closed"
    cancelled = "cancelled"


class Source(StrEnum):
    """How an opinion reached the community."""

    consultation = "consultation"
    visit = "visit"
    online = "online"
    phone = "phone"
    letter = "letter"


class Category(StrEnum):
    facilities = "facilities"
    environment = "environment"
    safety = "safety"
    property_service = "property_service"
    parking = "parking"
    neighbours = "neighbours"
    care = "care"
    culture = "culture"
    affairs = "affairs"
    other = "other"


class OpinionState(StrEnum):
    """`returned`: the speaker was not satisfied, so an answer is owed again."""

    received = "received"
    assigned = "assigned"
    answered = "answered"
    returned = "returned"
    followed_up = "followed_up"
    closed = "closed"


class Satisfaction(StrEnum):
    """What the speaker said to the answer; `unreachable` when nobody could be asked."""

    satisfied = "satisfied"
    partly = "partly"
    dissatisfied = "dissatisfied"
    unreachable = "unreachable"


class ClosedAs(StrEnum):
    """`settled` after an answer was followed up; the others end an opinion that needs no answer of its own."""

    settled = "settled"
    withdrawn = "withdrawn"
    duplicate = "duplicate"


class Consultation(Identified, table=True):
    """恳谈会: residents speak about a topic; nothing is voted on, every opinion is answered."""

    __tablename__ = "consultation"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("attendance IS NULL OR attendance >= 0", name="attendance_counts"),
        Index("ix_consultation_held", "community_id", "held_at", "id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=12, description="2026-0003")
    topic: str = Field(max_length=120)
    notice: str = Field(default="", sa_type=Text, description="what residents are told beforehand")
    held_at: datetime = Field(sa_type=UtcDateTime, description="planned for, and once held, when it was held")
    place: str = Field(max_length=120)
    host: str = Field(max_length=120)
    state: str = Field(default=ConsultationState.planned, max_length=12)
    attendance: int | None = None
    attendees: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT, description="names, where they were noted")
    summary: str = Field(default="", sa_type=Text)


class ConsultationEvent(SQLModel, table=True):
    """What happened to a consultation meeting; only ever added to."""

    __tablename__ = "consultation_event"
    __audit__ = False

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    consultation_id: UUID = Field(foreign_key="consultation.id", index=True)
    kind: str = Field(max_length=12)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    note: str = Field(default="", max_length=500)


class Opinion(Identified, table=True):
    """意见: what somebody said, who answers it by when, and what was answered.

    `promised_on` is the first day on which an answer was due: it never moves, and the rate of answers in time counts
    by it. `due_on` is the day that counts now. Who has the code of `code_mark` may follow it without signing in.
    """

    __tablename__ = "opinion"
    __table_args__ = (
        UniqueConstraint("community_id", "serial"),
        CheckConstraint("(state = 'closed') = (closed_as IS NOT NULL)", name="closed_says_how"),
        CheckConstraint("(assignee_id IS NULL) = (due_on IS NULL)", name="assigned_with_a_day"),
        CheckConstraint("NOT public OR answered_at IS NOT NULL", name="public_has_an_answer"),
        Index("ix_opinion_time", "community_id", "raised_at", "id"),
        Index("ix_opinion_due", "community_id", "state", "due_on"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    serial: str = Field(max_length=12, description="2026-0017")
    source: str = Field(max_length=14)
    consultation_id: UUID | None = Field(default=None, foreign_key="consultation.id", index=True)
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    grid_area_id: UUID | None = Field(default=None, foreign_key="grid_area.id", index=True)
    speaker: str = Field(default="", max_length=60, sa_column_kwargs=_MASK)
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    phone_index: str | None = Field(default=None, max_length=32, index=True, sa_column_kwargs=_SKIP)
    category: str = Field(max_length=20)
    text: str = Field(sa_type=Text, sa_column_kwargs=_TEXT)
    state: str = Field(default=OpinionState.received, max_length=12)
    raised_at: datetime = Field(sa_type=UtcDateTime)
    assignee_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    due_on: date | None = None
    promised_on: date | None = None
    answer: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime, description="the answer that stands")
    first_answered_on: date | None = None
    public: bool = False
    public_text: str = Field(default="", sa_type=Text, description="the opinion as everybody may read it")
    satisfaction: str | None = Field(default=None, max_length=12)
    closed_as: str | None = Field(default=None, max_length=10)
    code_mark: str = Field(max_length=32, unique=True, sa_column_kwargs=_SECRET)
    motion_id: UUID | None = Field(default=None, foreign_key="motion.id", index=True)
    need_id: UUID | None = Field(default=None, foreign_key="need.id", index=True)


class OpinionEvent(SQLModel, table=True):
    """One step of an opinion; only ever added to. `note` is for the office, never for the public."""

    __tablename__ = "opinion_event"
    __audit__ = False

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    opinion_id: UUID = Field(foreign_key="opinion.id", index=True)
    kind: str = Field(max_length=12)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    note: str = Field(default="", sa_type=Text)
