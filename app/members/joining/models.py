"""What happened on the way to joining beside the stages themselves, and what waits for a second person."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, new_id

_MASK = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}
_OPEN = text("state = 'asked'")


class Fact(StrEnum):
    """What a stage asks for, in the order in which it falls due."""

    talk = "talk"
    review = "review"
    training = "training"
    political_review = "political_review"
    approval = "approval"
    extension = "extension"


class EventKind(StrEnum):
    """A fact, a fact taken back, or a change of the stages that two people answer for."""

    fact = "fact"
    strike = "strike"
    override = "override"
    correction = "correction"
    removal = "removal"


class RequestKind(StrEnum):
    override = "override"
    correction = "correction"
    removal = "removal"


class RequestState(StrEnum):
    asked = "asked"
    confirmed = "confirmed"
    refused = "refused"


class JoiningEvent(SQLModel, table=True):
    """Only ever appended: triggers refuse to change it. `what` is a fact or the stage that is meant.

    `against` keeps which rules an override or a correction went against, as codes (`rules.Obstacle`).
    """

    __tablename__ = "joining_event"
    __table_args__ = (
        UniqueConstraint("member_id", "seq"),
        CheckConstraint("kind IN ('fact', 'strike', 'override', 'correction', 'removal')", name="kind_known"),
        CheckConstraint("(months IS NOT NULL) = (kind = 'fact' AND what = 'extension')", name="months_of_extension"),
        CheckConstraint("months IS NULL OR months BETWEEN 6 AND 12", name="half_a_year_to_one"),
        CheckConstraint("(kind = 'strike') = (event_id IS NOT NULL)", name="strike_names_its_fact"),
        CheckConstraint("kind IN ('fact', 'strike') OR second_name <> ''", name="confirmed"),
        CheckConstraint("second_id IS NULL OR second_id <> by_user_id", name="two_people"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    member_id: UUID = Field(foreign_key="member.id")
    seq: int
    kind: str = Field(max_length=12)
    what: str = Field(max_length=20)
    on_day: date
    months: int | None = None
    was_stage: str = Field(default="", max_length=20)
    was_on: date | None = None
    event_id: UUID | None = Field(default=None, unique=True)
    against: str = Field(default="", max_length=300)
    text: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    by_user_id: UUID | None = None
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    second_id: UUID | None = None
    second_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    at: datetime = Field(sa_type=UtcDateTime)


class JoiningRequest(Identified, table=True):
    """A stage against the rules, or a correction of one: somebody asks, somebody else decides. One at a time.

    `stage` and `on_day` are what shall stand; `stage_id`, `was_stage`, `was_on` what stands now, where it is corrected.
    """

    __tablename__ = "joining_request"
    __table_args__ = (
        CheckConstraint("kind IN ('override', 'correction', 'removal')", name="kind_known"),
        CheckConstraint("state IN ('asked', 'confirmed', 'refused')", name="state_known"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_people"),
        CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decided_by_somebody"),
        Index("uq_joining_request_open", "member_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    member_id: UUID = Field(foreign_key="member.id", index=True)
    kind: str = Field(max_length=12)
    stage: str = Field(max_length=20)
    on_day: date
    stage_id: UUID | None = None
    was_stage: str = Field(default="", max_length=20)
    was_on: date | None = None
    against: str = Field(default="", max_length=300)
    reason: str = Field(max_length=500, sa_column_kwargs=_TEXT)
    state: str = Field(default=RequestState.asked, max_length=12)
    asked_by: UUID
    asked_name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: UUID | None = None
    decided_name: str = Field(default="", max_length=120, sa_column_kwargs=_MASK)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
