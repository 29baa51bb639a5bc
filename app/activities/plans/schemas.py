"""What is sent and shown about year plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.activities.models import Kind
from app.activities.plans.models import TaskEventKind
from app.core.pagination import Page
from app.core.promises import Kept, RatioRead
from app.core.schemas import AnyDate, Body, Line, LineOrEmpty, LongLine, LongLineOrEmpty, PastDate, Prose, Read
from app.households.scope import Choice

Year = Annotated[int, Field(ge=1990, le=2200)]
Target = Annotated[int, Field(ge=1, le=10_000)]


class PlanCreate(Body):
    """A plan of a line of work for a year, empty or with the tasks of the year before."""

    year: Year
    line: Line
    text: Prose = ""
    copy_last: bool = Field(default=False, description="take over the tasks of the year before, a year later")
    community_id: UUID | None = Field(default=None, description="one's own where none is named")


class PlanUpdate(Body):
    """The words above a plan's tasks."""

    text: Prose


class TaskCreate(Body):
    """A promise: what, who answers for it, and by when. With a target it is counted from activities."""

    title: Line
    owner: LineOrEmpty = Field(default="", description="needed where no account is named")
    owner_user_id: Choice[UUID] = None
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    promised_on: AnyDate
    target: Choice[Target] = Field(default=None, description="how many activities of the line are promised")
    target_kind: Choice[Kind] = Field(default=None, description="only those of this kind")


class TaskUpdate(Body):
    """A task's words and owner; its day, weight and target only while the plan is not published."""

    title: Line | None = None
    owner: LineOrEmpty | None = None
    owner_user_id: Choice[UUID] = None
    weight: Annotated[int, Field(ge=1, le=100)] | None = None
    promised_on: AnyDate | None = None


class TaskReport(Body):
    """How far a task is. At 100 it is done, on the day named (today by default)."""

    progress: Annotated[int, Field(ge=0, le=100)]
    on: PastDate | None = None
    text: LongLineOrEmpty = ""


class TaskDelay(Body):
    """A day that will not be kept, with the reason that everybody reads."""

    new_due_on: AnyDate
    reason: LongLine


class TaskDrop(Body):
    """Ends a task that will not be done; the reason is public."""

    reason: LongLine


class PlanRead(Read):
    """A plan in a list. `progress` is Σ weight·percent of Σ weight·100 over the tasks that stand."""

    id: UUID
    version: int
    community_id: UUID
    year: int
    line: str
    line_name: str
    lead: str
    published_on: date | None
    tasks: int
    done: int
    late: int
    progress: RatioRead
    on_time: RatioRead
    source: str


class TaskEventRead(Read):
    """What happened to a task."""

    kind: TaskEventKind
    on_day: date
    progress: int | None
    from_on: date | None
    new_due_on: date | None
    text: str
    at: datetime
    by_name: str


class TaskRead(Read):
    """A task as of a day. `counted` of `target` are the activities that count for it."""

    id: UUID
    version: int
    plan_id: UUID
    year: int
    line: str
    line_name: str
    title: str
    owner: str
    owner_user_id: UUID | None
    weight: int
    target: int | None
    target_kind: str
    counted: int | None
    promised_on: date
    due_on: date
    done_on: date | None
    progress: int
    dropped_on: date | None
    dropped_reason: str
    kept: Kept
    overdue_days: int
    source: str


class CountedRead(Read):
    """An activity that counts for a task."""

    id: UUID
    number: str
    title: str
    on_day: date


class TaskDetail(TaskRead):
    """A task with everything that happened to it, and the activities that count."""

    published: bool
    history: list[TaskEventRead]
    activities: list[CountedRead]


class PlanDetail(PlanRead):
    """A plan with its tasks."""

    text: str
    items: list[TaskRead]


class PlanFigures(Read):
    """All lines of a community in a year, as of a day."""

    community_id: UUID
    community_name: str
    community_code: str
    year: int
    as_of: date
    tasks: int
    done: int
    late: int
    progress: RatioRead
    on_time: RatioRead
    source: str
    lines: list[PlanDetail]


TaskPage = Page[TaskRead]
