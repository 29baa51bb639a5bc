"""责任制: what each line of work promises to do in a year, who answers for it, and how far it is.

A task's row says how it stands now; its events say how it stood on any earlier day and are only ever added.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from app.core.models import Identified, instant

_NAME = {"info": {"audit": "name"}}


class TaskEventKind(StrEnum):
    """What happened to a task."""

    created = "created"
    progress = "progress"
    delayed = "delayed"
    dropped = "dropped"


class YearPlan(Identified, table=True):
    """The tasks of one line of work in one year. Shown to everybody from `published_on` on."""

    __tablename__ = "year_plan"
    __table_args__ = (UniqueConstraint("community_id", "year", "line"),)

    community_id: UUID = Field(foreign_key="community.id")
    year: int
    line: str = Field(max_length=40)
    text: str = Field(default="", sa_type=Text)
    published_on: date | None = None


class PlanTask(Identified, table=True):
    """A promised task. With a `target` it is counted from the activities of its line, else reported by hand.

    `promised_on` is the first day named and decides whether it was on time; `due_on` holds now.
    """

    __tablename__ = "plan_task"
    __table_args__ = (
        CheckConstraint("weight > 0", name="weight_positive"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_percent"),
        CheckConstraint("(done_on IS NOT NULL) = (progress = 100)", name="done_means_whole"),
        CheckConstraint("due_on >= promised_on", name="due_not_before_promise"),
        CheckConstraint("target IS NULL OR target > 0", name="target_positive"),
        CheckConstraint("(dropped_on IS NULL) = (dropped_reason = '')", name="dropped_with_reason"),
        UniqueConstraint("plan_id", "position"),
        Index("ix_plan_task_due", "community_id", "due_on", "id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    plan_id: UUID = Field(foreign_key="year_plan.id")
    position: int
    title: str = Field(max_length=120)
    owner: str = Field(max_length=120)
    owner_user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    weight: int = 1
    target: int | None = None
    target_kind: str = Field(default="", max_length=20)
    promised_on: date
    due_on: date
    done_on: date | None = None
    progress: int = 0
    dropped_on: date | None = None
    dropped_reason: str = Field(default="", max_length=500)
    events: int = 0


class TaskEvent(Identified, table=True):
    """What happened to a task, in order; `on_day` is the day that it is true from."""

    __tablename__ = "plan_task_event"
    __table_args__ = (UniqueConstraint("task_id", "seq"), Index("ix_plan_task_event_day", "task_id", "on_day"))

    community_id: UUID = Field(foreign_key="community.id", index=True)
    task_id: UUID = Field(foreign_key="plan_task.id")
    seq: int
    kind: str = Field(max_length=10)
    on_day: date
    progress: int | None = None
    from_on: date | None = None
    new_due_on: date | None = None
    text: str = Field(default="", max_length=500)
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
