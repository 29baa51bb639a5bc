"""Visits, the needs heard at them, the policy of intervals, and when each household is due."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, new_id

_TEXT = {"info": {"audit": "text"}}


class Tier(StrEnum):
    """How closely a household is followed: weekly, monthly, quarterly, half-yearly by default."""

    high = "high"
    key = "key"
    general = "general"
    routine = "routine"


class Unit(StrEnum):
    day = "day"
    week = "week"
    month = "month"


class Purpose(StrEnum):
    routine = "routine"
    care = "care"
    event = "event"
    festival = "festival"
    request = "request"
    follow_up = "follow_up"


class Outcome(StrEnum):
    """What came of it. `not_home` (未遇) does not reset the clock and comes back in some days."""

    fine = "fine"
    helped = "helped"
    need_raised = "need_raised"
    refused = "refused"
    not_home = "not_home"


class NeedCategory(StrEnum):
    health = "health"
    daily_life = "daily_life"
    income = "income"
    housing = "housing"
    property_service = "property_service"
    safety = "safety"
    employment = "employment"
    education = "education"
    dispute = "dispute"
    policy = "policy"
    other = "other"


class NeedState(StrEnum):
    """`open` until a case takes it up; `withdrawn` when a correction of its visit leaves it out."""

    open = "open"
    withdrawn = "withdrawn"


class EventKind(StrEnum):
    """A major change that calls for a visit within hours."""

    bereavement = "bereavement"
    hospital = "hospital"
    accident = "accident"
    hardship = "hardship"
    dispute = "dispute"
    new_resident = "new_resident"
    child_harm = "child_harm"
    other = "other"


class VisitPolicy(Identified, table=True):
    """A community's interval for a tier, and which people put a household into it.

    A household is in the first tier (high, key, general) of which one of its people meets a condition, else routine.
    `conditions`: list of {"categories": [any of], "all_of": [all of], "min_age": n}; `source` cites its origin.
    """

    __tablename__ = "visit_policy"
    __table_args__ = (
        UniqueConstraint("community_id", "tier"),
        CheckConstraint("every > 0", name="every_positive"),
        CheckConstraint("retry_days > 0", name="retry_positive"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    tier: str = Field(max_length=10)
    every: int
    unit: str = Field(max_length=5)
    retry_days: int = 3
    event_hours: int = 24
    conditions: list[dict[str, object]] = Field(default_factory=list, sa_type=JSON)
    source: str = Field(default="", max_length=500)


class Visit(Identified, table=True):
    """走访 as it now stands; `VisitRevision` holds every earlier wording. The id is the tablet's choice."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_household", "household_id", "visited_at"),
        Index("ix_visit_time", "community_id", "visited_at", "id"),
        Index("ix_visit_worker", "worker_id", "visited_at"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    household_id: UUID = Field(foreign_key="household.id")
    worker_id: UUID = Field(foreign_key="user_account.id")
    visited_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    purpose: str = Field(max_length=20)
    outcome: str = Field(max_length=20)
    note: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    next_due_on: date | None = None
    people_met: list[str] = Field(default_factory=list, sa_type=JSON, description="resident ids as text")
    content_hash: str = Field(max_length=64, sa_column_kwargs={"info": {"audit": "skip"}})


class VisitRevision(SQLModel, table=True):
    """A wording of a visit that was later corrected, and who corrected it."""

    __tablename__ = "visit_revision"
    __audit__ = False
    __table_args__ = (UniqueConstraint("visit_id", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    visit_id: UUID = Field(foreign_key="visit.id")
    version: int
    content: dict[str, object] = Field(sa_type=JSON)
    replaced_at: datetime = Field(sa_type=UtcDateTime)
    replaced_by: UUID = Field(foreign_key="user_account.id")


class Need(Identified, table=True):
    """需求: raised at a visit, or elsewhere (`visit_id` none); state `open` until a case takes it up."""

    __tablename__ = "need"
    __table_args__ = (UniqueConstraint("community_id", "serial"), Index("ix_need_open", "community_id", "state"))

    community_id: UUID = Field(foreign_key="community.id")
    household_id: UUID = Field(foreign_key="household.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    serial: str = Field(max_length=12, description="2026-0017")
    category: str = Field(max_length=20)
    detail: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    urgent: bool = False
    state: str = Field(default=NeedState.open, max_length=12)
    raised_at: datetime = Field(sa_type=UtcDateTime)


class VisitEvent(Identified, table=True):
    """A major change in a household that calls for a visit by `due_at`; done when a visit was paid."""

    __tablename__ = "visit_event"
    __table_args__ = (Index("ix_visit_event_open", "community_id", "done_visit_id", "due_at"),)

    community_id: UUID = Field(foreign_key="community.id")
    household_id: UUID = Field(foreign_key="household.id", index=True)
    kind: str = Field(max_length=20)
    detail: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    happened_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    done_visit_id: UUID | None = Field(default=None, foreign_key="visit.id")


class VisitDue(SQLModel, table=True):
    """When a household is next due: derived from its people, the policy and its visits, rebuilt when one changes.

    `owed_on` is the day by the clock of the policy; `due_on` the day to go, later after an attempt with nobody home.
    `start_on` and `tier_since` are kept so that a visit moves the day without looking at the people again.
    """

    __tablename__ = "visit_due"
    __audit__ = False
    __table_args__ = (
        Index("ix_visit_due_day", "community_id", "due_on"),
        Index("ix_visit_due_area", "grid_area_id", "due_on"),
        Index("ix_visit_due_refresh", "refresh_on"),
    )

    household_id: UUID = Field(primary_key=True, foreign_key="household.id", ondelete="CASCADE")
    community_id: UUID = Field(foreign_key="community.id")
    grid_area_id: UUID = Field(foreign_key="grid_area.id")
    tier: str = Field(max_length=10)
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    start_on: date
    tier_since: date | None = None
    last_visit_id: UUID | None = None
    last_visit_on: date | None = None
    last_attempt_on: date | None = Field(default=None, description="nobody home, after the last completed visit")
    owed_on: date
    due_on: date
    refresh_on: date | None = Field(default=None, description="the first day on which age or dates may change the tier")
