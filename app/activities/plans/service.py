"""Making a plan, promising tasks, reporting on them, naming a later day, dropping one. Published, a promise stays.

Every function takes the instant `at` at which it happens; only the operations know what time it is.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import ROLES, Principal
from app.activities import lines
from app.activities.models import Kind
from app.activities.plans.models import PlanTask, TaskEvent, TaskEventKind, YearPlan
from app.activities.plans.schemas import (
    PlanCreate,
    PlanUpdate,
    TaskCreate,
    TaskDelay,
    TaskDrop,
    TaskReport,
    TaskUpdate,
)
from app.core.clock import local_date
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.scope import communities_of
from app.surveys.instruments.service import home_of

MOST = 100


def visible(who: Principal) -> Select[YearPlan]:
    """Plans within reach; one that is not published is for those who work on it."""
    found: Select[YearPlan] = select(YearPlan).where(communities_of(who, col(YearPlan.community_id)))
    return found if who.may("plans:report") else found.where(col(YearPlan.published_on).is_not(None))


def find(s: Session, who: Principal, plan_id: UUID) -> YearPlan:
    plan = s.scalars(visible(who).where(col(YearPlan.id) == plan_id)).one_or_none()
    if plan is None:
        raise NotFound()
    return plan


def find_task(s: Session, who: Principal, task_id: UUID) -> tuple[YearPlan, PlanTask]:
    task = s.get(PlanTask, task_id)
    if task is None:
        raise NotFound()
    return find(s, who, task.plan_id), task


def held(s: Session, who: Principal, task_id: UUID) -> tuple[YearPlan, PlanTask]:
    """The task with its row held: whatever changes it takes its turn here."""
    plan, _task = find_task(s, who, task_id)
    locked: PlanTask | None = lock_row(s, PlanTask, task_id)
    if locked is None:
        raise NotFound()
    return plan, locked


def create(s: Session, who: Principal, data: PlanCreate, at: datetime) -> YearPlan:
    """A plan of a line for a year; there is one for each."""
    community_id = home_of(s, who, data.community_id)
    if data.line not in lines.names(s, community_id):
        raise Invalid(_("本社区没有这条条线。"), code="no_such_line", field="line")
    plan = YearPlan(community_id=community_id, year=data.year, line=data.line, text=data.text)
    s.add(plan)
    flush_or(s, Conflict(_("这条条线这一年已经有计划。"), code="plan_exists", field="line"))
    if data.copy_last:
        _copy_last(s, who, plan, at)
    return plan


def _copy_last(s: Session, who: Principal, plan: YearPlan, at: datetime) -> None:
    """The standing tasks of the year before, each promised for the same day a year later."""
    wanted = (
        select(PlanTask)
        .join(YearPlan, col(YearPlan.id) == col(PlanTask.plan_id))
        .where(
            col(YearPlan.community_id) == plan.community_id,
            col(YearPlan.line) == plan.line,
            col(YearPlan.year) == plan.year - 1,
            col(PlanTask.dropped_on).is_(None),
        )
        .order_by(col(PlanTask.position))
    )
    for task in s.scalars(wanted).all():
        again = TaskCreate(
            title=task.title,
            owner=task.owner,
            owner_user_id=task.owner_user_id,
            weight=task.weight,
            promised_on=_year_later(task.promised_on),
            target=task.target,
            target_kind=Kind(task.target_kind) if task.target_kind else None,
        )
        _promise(s, who, plan, again, at)


def _year_later(day: date) -> date:
    return date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def update(s: Session, who: Principal, plan_id: UUID, data: PlanUpdate, version: int | None) -> YearPlan:
    plan = find(s, who, plan_id)
    check_version(plan, version)
    plan.text = data.text
    return _kept(s, plan)


def publish(s: Session, who: Principal, plan_id: UUID, at: datetime) -> YearPlan:
    """From now on residents see the plan, and what it promises stays."""
    find(s, who, plan_id)
    plan: YearPlan | None = lock_row(s, YearPlan, plan_id)
    if plan is None:
        raise NotFound()
    if plan.published_on is not None:
        raise Conflict(_("这份计划已经公开。"), code="already_published")
    if not s.scalar(select(func.count()).where(col(PlanTask.plan_id) == plan.id)):
        raise Conflict(_("计划里还没有任务，不能公开。"), code="plan_empty")
    plan.published_on = local_date(at)
    return _kept(s, plan)


def _kept(s: Session, plan: YearPlan) -> YearPlan:
    touch(plan)
    s.add(plan)
    s.flush()
    return plan


def add_task(s: Session, who: Principal, plan_id: UUID, data: TaskCreate, at: datetime) -> PlanTask:
    """A task may be promised at any time; it weighs from then on."""
    return _promise(s, who, find(s, who, plan_id), data, at)


def _promise(s: Session, who: Principal, plan: YearPlan, data: TaskCreate, at: datetime) -> PlanTask:
    lock_row(s, YearPlan, plan.id)
    last = s.scalar(select(func.max(col(PlanTask.position))).where(col(PlanTask.plan_id) == plan.id)) or 0
    if last >= MOST:
        raise Conflict(_("一份计划最多 %(n)s 项任务。", n=MOST), code="too_many_tasks")
    _of_the_year(plan, data.promised_on)
    task = PlanTask(
        community_id=plan.community_id,
        plan_id=plan.id,
        position=last + 1,
        title=data.title,
        owner=_owner(s, plan.community_id, data.owner, data.owner_user_id),
        owner_user_id=data.owner_user_id,
        weight=data.weight,
        target=data.target,
        target_kind=data.target_kind or "" if data.target else "",
        promised_on=data.promised_on,
        due_on=data.promised_on,
    )
    add_event(s, task, who, TaskEventKind.created, local_date(at), at)
    return task


def _of_the_year(plan: YearPlan, promised_on: date) -> None:
    if promised_on.year != plan.year:
        raise Invalid(_("期限要在 %(year)s 年之内。", year=str(plan.year)), code="other_year", field="promised_on")


def _owner(s: Session, community_id: UUID, name: str, user_id: UUID | None) -> str:
    """Whoever answers for a task is named; an account is one of the community."""
    if user_id is None:
        if not name:
            raise Invalid(_("请写明责任人，或选择责任人的账户。"), code="no_owner", field="owner")
        return name
    user = s.get(User, user_id)
    if user is None or user.community_id != community_id:
        raise Invalid(_("本社区没有这位工作人员。"), code="no_such_user", field="owner_user_id")
    return name or user.display_name


def add_event(
    s: Session,
    task: PlanTask,
    who: Principal | None,
    kind: TaskEventKind,
    on_day: date,
    at: datetime,
    text: str = "",
    *,
    progress: int | None = None,
    from_on: date | None = None,
    new_due_on: date | None = None,
) -> None:
    """Writes down what happened. `who` None is the software itself."""
    task.events += 1
    touch(task)
    s.add(task)
    s.flush()
    s.add(
        TaskEvent(
            community_id=task.community_id,
            task_id=task.id,
            seq=task.events,
            kind=kind,
            on_day=on_day,
            progress=progress,
            from_on=from_on,
            new_due_on=new_due_on,
            text=text,
            at=at,
            by_user_id=who.id if who is not None and who.kind == "user" else None,
            by_name=who.name if who is not None else "",
        )
    )
    s.flush()


def update_task(s: Session, who: Principal, task_id: UUID, data: TaskUpdate, version: int | None) -> PlanTask:
    """What is promised may change until the plan is published; later only its words and its owner."""
    plan, task = held(s, who, task_id)
    check_version(task, version)
    _refuse_dropped(task)
    changes = {key: value for key, value in data.model_dump(exclude_unset=True).items() if value is not None}
    settled = [key for key in ("weight", "promised_on") if changes.get(key, getattr(task, key)) != getattr(task, key)]
    if settled and (plan.published_on is not None or task.due_on != task.promised_on):
        text = _("计划已经公开，承诺的日期和权重不能再改；不能按期完成请登记延期。")
        raise Conflict(text, code="settled", field=settled[0])
    if "promised_on" in settled:
        _of_the_year(plan, changes["promised_on"])
        changes["due_on"] = changes["promised_on"]
    if "owner" in changes or "owner_user_id" in changes:
        changes["owner"] = _owner(
            s, plan.community_id, changes.get("owner", ""), changes.get("owner_user_id", task.owner_user_id)
        )
    task.sqlmodel_update(changes)
    touch(task)
    s.add(task)
    s.flush()
    return task


def _refuse_dropped(task: PlanTask) -> None:
    if task.dropped_on is not None:
        raise Conflict(_("这项任务已经取消。"), code="task_dropped")


def report(s: Session, who: Principal, task_id: UUID, data: TaskReport, at: datetime) -> PlanTask:
    """How far a task is. One that is counted from activities reports itself."""
    _plan, task = held(s, who, task_id)
    _refuse_dropped(task)
    if task.target is not None:
        raise Conflict(_("这项任务按开展的活动计数，不用登记进度。"), code="task_counted")
    on = data.on or local_date(at)
    _not_before_last(s, task, on)
    task.progress, task.done_on = data.progress, on if data.progress == 100 else None
    add_event(s, task, who, TaskEventKind.progress, on, at, data.text, progress=data.progress)
    return task


def _not_before_last(s: Session, task: PlanTask, on: date) -> None:
    """Reports follow one another, so that what the row says is what the last event says."""
    reports = (col(TaskEvent.task_id) == task.id, col(TaskEvent.kind) == TaskEventKind.progress)
    last = s.scalar(select(func.max(col(TaskEvent.on_day))).where(*reports))
    if last is not None and on < last:
        raise Invalid(_("日期不能早于上一次登记。"), code="date_order", field="on")


def delay(s: Session, who: Principal, task_id: UUID, data: TaskDelay, at: datetime) -> PlanTask:
    """Names a later day with the reason. The first promise stays and decides whether the task was on time."""
    _plan, task = held(s, who, task_id)
    _refuse_dropped(task)
    if task.done_on is not None:
        raise Conflict(_("这项任务已经完成，不用延期。"), code="task_done")
    if data.new_due_on <= task.due_on:
        raise Invalid(_("新的日期须晚于现在的期限。"), code="date_order", field="new_due_on")
    before, task.due_on = task.due_on, data.new_due_on
    add_event(
        s, task, who, TaskEventKind.delayed, local_date(at), at, data.reason, from_on=before, new_due_on=task.due_on
    )
    return task


def drop(s: Session, who: Principal, task_id: UUID, data: TaskDrop, at: datetime) -> PlanTask:
    """Ends a task that will not be done; it stays in the plan with its reason."""
    _plan, task = held(s, who, task_id)
    _refuse_dropped(task)
    if task.done_on is not None:
        raise Conflict(_("这项任务已经完成，不能取消。"), code="task_done")
    task.dropped_on, task.dropped_reason = local_date(at), data.reason
    add_event(s, task, who, TaskEventKind.dropped, local_date(at), at, data.reason)
    return task


def owners(s: Session, community_id: UUID) -> list[tuple[UUID, str]]:
    """Accounts of the community that may answer for a task: those who may report on it."""
    wanted = select(User).where(
        col(User.community_id) == community_id, col(User.is_active), col(User.role).in_(ROLES["plans:report"])
    )
    return [(user.id, user.display_name) for user in s.scalars(wanted.order_by(col(User.display_name)))]
