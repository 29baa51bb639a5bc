"""Plans as they are shown: a line of a list, a plan with its tasks, one task with its story, all lines of a year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.activities import lines
from app.activities.models import LineOfWork
from app.activities.plans import standing
from app.activities.plans.models import PlanTask, TaskEvent, YearPlan
from app.activities.plans.schemas import (
    CountedRead,
    PlanDetail,
    PlanFigures,
    PlanRead,
    TaskDetail,
    TaskEventRead,
    TaskRead,
)
from app.activities.plans.standing import Standing
from app.communities.models import Community
from app.core.clock import local_date
from app.core.promises import on_time, progress, ratio


class Names:
    """The lines of work of several communities, read once each."""

    def __init__(self, s: Session) -> None:
        self._s = s
        self._lines: dict[UUID, dict[str, LineOfWork]] = {}

    def line(self, plan: YearPlan) -> str:
        found = self._of(plan).get(plan.line)
        return found.name if found else plan.line

    def lead(self, plan: YearPlan) -> str:
        found = self._of(plan).get(plan.line)
        user = self._s.get(User, found.lead_user_id) if found and found.lead_user_id else None
        return user.display_name if user else ""

    def _of(self, plan: YearPlan) -> dict[str, LineOfWork]:
        if plan.community_id not in self._lines:
            self._lines[plan.community_id] = {line.key: line for line in lines.of(self._s, plan.community_id)}
        return self._lines[plan.community_id]


def task_read(plan: YearPlan, found: Standing, names: Names) -> TaskRead:
    return TaskRead(**_task_fields(plan, found, names))


def _task_fields(plan: YearPlan, found: Standing, names: Names) -> dict[str, Any]:
    task = found.task
    columns = {"id", "version", "plan_id", "title", "owner", "owner_user_id", "weight", "target", "target_kind"}
    return {
        **task.model_dump(include=columns | {"promised_on"}),
        "year": plan.year,
        "line": plan.line,
        "line_name": names.line(plan),
        "counted": found.counted,
        "due_on": found.due_on,
        "done_on": found.done_on,
        "progress": found.progress,
        "dropped_on": found.dropped_on,
        "dropped_reason": task.dropped_reason if found.dropped_on else "",
        "kept": found.kept,
        "overdue_days": found.overdue_days,
        "source": f"/plans/tasks/{task.id}",
    }


def _plan_fields(plan: YearPlan, tasks: Sequence[Standing], names: Names) -> dict[str, Any]:
    standing_tasks = [task for task in tasks if task.dropped_on is None]
    return {
        **plan.model_dump(include={"id", "version", "community_id", "year", "line", "published_on"}),
        "line_name": names.line(plan),
        "lead": names.lead(plan),
        "tasks": len(standing_tasks),
        "done": sum(task.done_on is not None for task in standing_tasks),
        "late": sum(task.overdue_days > 0 for task in standing_tasks),
        "progress": ratio(progress(standing_tasks)),
        "on_time": ratio(on_time(task.kept for task in tasks)),
        "source": f"/plans/{plan.id}",
    }


def briefs(s: Session, plans: Sequence[YearPlan], day: date) -> list[PlanRead]:
    names, found = Names(s), standing.of(s, plans, day)
    return [PlanRead(**_plan_fields(plan, found[plan.id], names)) for plan in plans]


def details(s: Session, plans: Sequence[YearPlan], day: date) -> list[PlanDetail]:
    """Plans with their tasks."""
    names, found = Names(s), standing.of(s, plans, day)
    return [
        PlanDetail(
            **_plan_fields(plan, found[plan.id], names),
            text=plan.text,
            items=[task_read(plan, task, names) for task in found[plan.id]],
        )
        for plan in plans
    ]


def detail(s: Session, plan: YearPlan, day: date) -> PlanDetail:
    return details(s, [plan], day)[0]


def task_detail(s: Session, plan: YearPlan, task: PlanTask, day: date) -> TaskDetail:
    """One task with what happened to it, newest first, and the activities that count."""
    found = next(one for one in standing.of(s, [plan], day)[plan.id] if one.task.id == task.id)
    history = select(TaskEvent).where(col(TaskEvent.task_id) == task.id).order_by(col(TaskEvent.seq).desc())
    counted = standing.counting(task, standing.held_of(s, plan, day)) if task.target else []
    return TaskDetail(
        **_task_fields(plan, found, Names(s)),
        published=plan.published_on is not None,
        history=[TaskEventRead.model_validate(event) for event in s.scalars(history)],
        activities=[
            CountedRead(id=row.id, number=row.number, title=row.title, on_day=local_date(row.starts_at))
            for row in counted
        ],
    )


def figures(s: Session, community: Community, year: int, day: date, *, published: bool) -> PlanFigures:
    """Every line of a community in a year, as of a day; each figure is the sum of the tasks listed beneath."""
    wanted = select(YearPlan).where(col(YearPlan.community_id) == community.id, col(YearPlan.year) == year)
    if published:
        wanted = wanted.where(col(YearPlan.published_on) <= day)
    order = {line.key: at for at, line in enumerate(lines.of(s, community.id))}
    plans = sorted(s.scalars(wanted), key=lambda plan: (order.get(plan.line, len(order)), plan.line))
    told, found = details(s, plans, day), standing.of(s, plans, day)
    tasks = [task for listed in found.values() for task in listed]
    return PlanFigures(
        community_id=community.id,
        community_name=community.name,
        community_code=community.code,
        year=year,
        as_of=day,
        tasks=sum(plan.tasks for plan in told),
        done=sum(plan.done for plan in told),
        late=sum(plan.late for plan in told),
        progress=ratio(progress([task for task in tasks if task.dropped_on is None])),
        on_time=ratio(on_time(task.kept for task in tasks)),
        source=f"/plans/tasks?year={year}",
        lines=told,
    )


def chosen(s: Session, plans: Select[YearPlan], day: date, *, late: bool) -> list[tuple[YearPlan, Standing]]:
    """Tasks of plans by the day on which they are due; `late` only those that are overdue."""
    found = list(s.scalars(plans))
    by_id = {plan.id: plan for plan in found}
    pairs = [(by_id[plan_id], task) for plan_id, listed in standing.of(s, found, day).items() for task in listed]
    pairs = [pair for pair in pairs if not late or pair[1].overdue_days > 0]
    return sorted(pairs, key=lambda pair: (pair[1].due_on, pair[1].task.id))


def rows(s: Session, pairs: Sequence[tuple[YearPlan, Standing]]) -> Iterator[TaskRead]:
    names = Names(s)
    for plan, found in pairs:
        yield task_read(plan, found, names)


def within(year: int | None, line: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if year is not None:
        conditions.append(col(YearPlan.year) == year)
    if line:
        conditions.append(col(YearPlan.line) == line)
    return conditions
