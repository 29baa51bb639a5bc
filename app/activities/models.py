"""Everything that a community organises, on one model: lines of work, places, partners, series, activities.

A session of a course is an activity of its series; so is a meeting of a branch. Who takes part is `attendance`'s.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from app.core.models import Identified, UtcDateTime, instant

_NAME = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}
_SECRET = {"info": {"audit": "secret"}}


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
    """Whom it is for. Of the first three the expected people are known, so who was missing is known too."""

    branch = "branch"
    direct_members = "direct_members"
    all_members = "all_members"
    residents = "residents"
    families = "families"
    children = "children"
    elders = "elders"
    staff = "staff"


class SignUpBy(StrEnum):
    """Who may put a name down: nobody, the workers, or residents themselves by phone and QR."""

    nobody = "nobody"
    workers = "workers"
    residents = "residents"


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


class Partner(Identified, table=True):
    """共建单位: an organisation that the community works with."""

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    community_id: UUID = Field(foreign_key="community.id")
    name: str = Field(max_length=120)
    kind: str = Field(default="other", max_length=20)
    address: str = Field(default="", max_length=200)
    contact_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
    contact_phone_sealed: bytes | None = Field(default=None, sa_column_kwargs=_SECRET)
    note: str = Field(default="", max_length=1000)
    ended_on: date | None = None


class CultureBase(Identified, table=True):
    """廉洁文化基地, 党员服务基地: what is run with a partner under an agreement, from–to (both days included)."""

    __tablename__ = "culture_base"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        CheckConstraint("agreed_to IS NULL OR agreed_to >= agreed_from", name="order"),
        CheckConstraint("visits_per_year >= 0", name="visits_not_negative"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    name: str = Field(max_length=120)
    kind: str = Field(default="culture", max_length=20)
    partner_id: UUID | None = Field(default=None, foreign_key="partner.id", index=True)
    place: str = Field(default="", max_length=200)
    purpose: str = Field(default="", max_length=1000)
    agreed_from: date
    agreed_to: date | None = None
    visits_per_year: int = 1


class Series(Identified, table=True):
    """A course or a series: its sessions are activities. A certificate needs `certificate_share` percent of them."""

    __tablename__ = "activity_series"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        CheckConstraint("certificate_share BETWEEN 0 AND 100", name="share_of_a_hundred"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    title: str = Field(max_length=120)
    text: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    line: str = Field(max_length=40)
    platform: str = Field(default="", max_length=20)  # citizen_school | moral_lecture_hall | ""
    lecturer_id: UUID | None = Field(default=None, index=True)  # education's
    audience: str = Field(default=Audience.residents, max_length=20)
    capacity: int | None = None
    sign_up: str = Field(default=SignUpBy.residents, max_length=10)
    sign_up_closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    certificate_share: int = 0
    closed_on: date | None = None


class Activity(Identified, table=True):
    """活动: what takes place once, at one time, somewhere. Expected people and places are those of its day."""

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
        Index("ix_activity_series", "series_id", "starts_at"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    title: str = Field(max_length=120)
    kind: str = Field(max_length=20)
    line: str = Field(max_length=40)
    text: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    topics: list[str] = Field(default_factory=list, sa_type=JSON)
    series_id: UUID | None = Field(default=None, foreign_key="activity_series.id")
    platform: str = Field(default="", max_length=20)
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    venue_id: UUID | None = Field(default=None, foreign_key="venue.id")
    place: str = Field(default="", max_length=200)
    partner_id: UUID | None = Field(default=None, foreign_key="partner.id", index=True)
    base_id: UUID | None = Field(default=None, foreign_key="culture_base.id", index=True)
    branch_id: UUID | None = Field(default=None, foreign_key="branch.id", index=True)
    lecturer_id: UUID | None = Field(default=None, index=True)  # education's
    host: str = Field(default="", max_length=120)
    audience: str = Field(default=Audience.residents, max_length=20)
    capacity: int | None = None
    sign_up: str = Field(default=SignUpBy.nobody, max_length=10)
    sign_up_opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sign_up_closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    public: bool = True
    state: str = Field(default=State.draft, max_length=10)
    cancelled_reason: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    headcount: int | None = None  # counted by eye where no list was kept; people on the list are never in it
    summary: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    photo_consent: str = Field(default="", max_length=500)
    schedule_id: UUID | None = Field(default=None, index=True)  # the evaluation of it: surveys'
    created_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class ActivityEvent(Identified, table=True):
    """What happened to an activity, only ever appended: moved, postponed, cancelled, corrected."""

    __tablename__ = "activity_event"
    __table_args__ = (UniqueConstraint("activity_id", "seq"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    activity_id: UUID = Field(foreign_key="activity.id")
    seq: int
    kind: str = Field(max_length=20)
    from_state: str = Field(default="", max_length=10)
    to_state: str = Field(default="", max_length=10)
    text: str = Field(default="", max_length=1000, sa_column_kwargs=_TEXT)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
