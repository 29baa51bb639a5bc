"""How a task stands as of a day: from its events, or from the activities that count for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select
from sqlmodel import Session, col

from app.activities.models import Activity, State
from app.activities.plans.models import PlanTask, TaskEvent, TaskEventKind, YearPlan
from app.core.clock import day_start, local_date
from app.core.promises import Kept, kept, overdue_days

_TOOK_PLACE = (State.held, State.closed)
Happened = Row[tuple[UUID, str, str, str, datetime]]  # id, number, title, kind, beginning


@dataclass(frozen=True)
class Standing:
    """A step as `core.promises` counts it, and what it was counted from."""

    task: PlanTask
    progress: int
    due_on: date
    done_on: date | None
    dropped_on: date | None
    counted: int | None
    kept: Kept
    overdue_days: int

    @property
    def weight(self) -> int:
        return self.task.weight

    @property
    def promised_on(self) -> date:
        return self.task.promised_on


@dataclass
class _Step:
    weight: int
    progress: int
    promised_on: date
    due_on: date
    done_on: date | None


def of(s: Session, plans: Sequence[YearPlan], day: date) -> dict[UUID, list[Standing]]:
    """The tasks of these plans that were promised by a day, in their order, by plan."""
    ids = [plan.id for plan in plans]
    tasks = s.scalars(
        select(PlanTask).where(col(PlanTask.plan_id).in_(ids)).order_by(col(PlanTask.plan_id), col(PlanTask.position))
    ).all()
    events = _events(s, [task.id for task in tasks], day)
    held = {plan.id: held_of(s, plan, day) for plan in plans if any(t.plan_id == plan.id and t.target for t in tasks)}
    found: dict[UUID, list[Standing]] = {plan_id: [] for plan_id in ids}
    for task in tasks:
        if task.id in events:
            found[task.plan_id].append(stand(task, events[task.id], held.get(task.plan_id, []), day))
    return found


def _events(s: Session, ids: Sequence[UUID], day: date) -> dict[UUID, list[TaskEvent]]:
    wanted = select(TaskEvent).where(col(TaskEvent.task_id).in_(ids), col(TaskEvent.on_day) <= day)
    found: dict[UUID, list[TaskEvent]] = defaultdict(list)
    for event in s.scalars(wanted.order_by(col(TaskEvent.on_day), col(TaskEvent.seq))):
        found[event.task_id].append(event)
    return found


def held_of(s: Session, plan: YearPlan, day: date) -> list[Happened]:
    """Activities of the plan's line and year that took place by the end of a day, in their order."""
    until = min(day + timedelta(days=1), date(plan.year + 1, 1, 1))
    columns = (Activity.id, Activity.number, Activity.title, Activity.kind, Activity.starts_at)
    wanted = select(*map(col, columns)).where(
        col(Activity.community_id) == plan.community_id,
        col(Activity.line) == plan.line,
        col(Activity.state).in_(_TOOK_PLACE),
        col(Activity.starts_at) >= day_start(date(plan.year, 1, 1)),
        col(Activity.starts_at) < day_start(until),
    )
    return list(s.execute(wanted.order_by(col(Activity.starts_at), col(Activity.id))))


def counting(task: PlanTask, held: Iterable[Happened]) -> list[Happened]:
    return [row for row in held if not task.target_kind or row.kind == task.target_kind]


def stand(
    task: PlanTask,
    events: Sequence[TaskEvent],
    held: Iterable[Happened],
    day: date,
) -> Standing:
    """Pure: `events` are those until the day, in order; `held` the activities of the line until then."""
    step = _Step(task.weight, 0, task.promised_on, task.promised_on, None)
    dropped: date | None = None
    for event in events:
        if event.kind == TaskEventKind.progress and event.progress is not None:
            step.progress = event.progress
            step.done_on = event.on_day if event.progress == 100 else None
        elif event.kind == TaskEventKind.delayed and event.new_due_on is not None:
            step.due_on = event.new_due_on
        elif event.kind == TaskEventKind.dropped:
            dropped = event.on_day
    counted: int | None = None
    if task.target:
        days = [local_date(row.starts_at) for row in counting(task, held)]
        counted = len(days)
        step.progress = min(100, 100 * counted // task.target)
        step.done_on = days[task.target - 1] if counted >= task.target else None
    owed = 0 if dropped else overdue_days(step, day)
    return Standing(task, step.progress, step.due_on, step.done_on, dropped, counted, kept(step, day, dropped), owed)
