"""Everything that a community organises, on one model: lines of work, venues, activities and what happened to them.

A meeting of a branch is an activity like any other.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from app.core.models import Identified, instant

_NAME = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}


class Kind(StrEnum):
    """What an activity is. The first six are branch life (三会一课 and 主题党日)."""

    members_meeting = "members_meeting"
    committee_meeting = "committee_meeting"
    group_meeting = "group_meeting"
    party_lecture = "party_lecture"
    theme_day = "theme_day"
    study_session = "study_session"
    lecture = "lecture"
    course = "course"
    contest = "contest"
    tour = "tour"
    exhibition = "exhibition"
    performance = "performance"
    volunteering = "volunteering"
    festival = "festival"
    meeting = "meeting"
    other = "other"


BRANCH_LIFE = (
    Kind.members_meeting,
    Kind.committee_meeting,
    Kind.group_meeting,
    Kind.party_lecture,
    Kind.theme_day,
    Kind.study_session,
)


class State(StrEnum):
    """`held` once it has taken place, `closed` once its summary is written; `cancelled` with a reason."""

    draft = "draft"
    announced = "announced"
    held = "held"
    closed = "closed"
    cancelled = "cancelled"


class Audience(StrEnum):
    """Whom it is for."""

    branch = "branch"
    direct_members = "direct_members"
    all_members = "all_members"
    residents = "residents"
    families = "families"
    children = "children"
    elders = "elders"
    staff = "staff"


class LineOfWork(Identified, table=True):
    """条线: 党建, 妇联, 劳动社会保障, 文明创建 … of a community; `key` is what activities and tasks name."""

    __tablename__ = "line_of_work"
    __table_args__ = (UniqueConstraint("community_id", "key"), UniqueConstraint("community_id", "name"))

    community_id: UUID = Field(foreign_key="community.id")
    key: str = Field(max_length=40)
    name: str = Field(max_length=60)
    position: int = 0
    lead_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    ended_on: date | None = None


class Venue(Identified, table=True):
    """A room or square of the community. Of an `exclusive` one no two activities may hold the same hour."""

    __tablename__ = "venue"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    name: str = Field(max_length=120)
    address: str = Field(default="", max_length=200)
    capacity: int | None = None
    exclusive: bool = True
    closed_on: date | None = None


class Activity(Identified, table=True):
    """活动: what takes place once, at one time, somewhere."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        CheckConstraint("headcount IS NULL OR headcount >= 0", name="headcount_not_negative"),
        CheckConstraint("state <> 'cancelled' OR cancelled_reason <> ''", name="cancelled_with_reason"),
        CheckConstraint("venue_id IS NULL OR place = ''", name="one_place"),
        Index("ix_activity_time", "community_id", "starts_at", "id"),
        Index("ix_activity_venue", "venue_id", "starts_at"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    title: str = Field(max_length=120)
    kind: str = Field(max_length=20)
    line: str = Field(max_length=40)
    text: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    venue_id: UUID | None = Field(default=None, foreign_key="venue.id")
    place: str = Field(default="", max_length=200)
    branch_id: UUID | None = Field(default=None, foreign_key="branch.id", index=True)
    host: str = Field(default="", max_length=120)
    audience: str = Field(default=Audience.residents, max_length=20)
    capacity: int | None = None
    public: bool = True
    state: str = Field(default=State.draft, max_length=10)
    cancelled_reason: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    headcount: int | None = None
    summary: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    created_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ActivityEvent(Identified, table=True):
    """What happened to an activity, only ever added: triggers refuse a change."""

    __tablename__ = "activity_event"
    __table_args__ = (UniqueConstraint("activity_id", "seq"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    activity_id: UUID = Field(foreign_key="activity.id")
    seq: int
    kind: str = Field(max_length=20)
    from_state: str = Field(default="", max_length=10)
    to_state: str = Field(default="", max_length=10)
    text: str = Field(default="", max_length=1000, sa_column_kwargs=_TEXT)
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
