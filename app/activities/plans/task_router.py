"""The tasks of a plan: listed, promised, reported on, delayed, dropped."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import Session, col, or_, select

from app.accounts.permissions import ActivitiesRead, PlansReport, PlansWrite, Principal
from app.activities.plans import reading, service
from app.activities.plans.models import PlanTask
from app.activities.plans.schemas import (
    PlanDetail,
    TaskCreate,
    TaskDelay,
    TaskDetail,
    TaskDrop,
    TaskRead,
    TaskReport,
    TaskUpdate,
)
from app.activities.plans.words import words
from app.core.apart import database
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/plans", tags=["plans"])
YearQuery = Annotated[Choice[int], Query(ge=1990, le=2200)]
LineQuery = Annotated[Search, Query(description="key of a line of work")]
LateQuery = Annotated[bool, Query(description="only those whose day has passed")]
_KEYS: list[Any] = [(col(PlanTask.due_on), date), (col(PlanTask.id), UUID)]


def _wanted(who: Principal, year: int | None, line: str) -> Any:
    return service.visible(who).where(*reading.within(year, line))


@router.get("/tasks")
@html("plans/tasks.html", extra=words)
def list_plan_tasks(
    s: SessionDep,
    who: ActivitiesRead,
    paging: PagingDep,
    q: Annotated[Search, Query(description="words of the task or its owner")] = "",
    year: YearQuery = None,
    line: LineQuery = "",
    late: LateQuery = False,
) -> Page[TaskRead]:
    """Tasks within reach by the day on which they are due; the records behind every figure of the plans."""
    pairs = {
        task.task.id: (plan, task) for plan, task in reading.chosen(s, _wanted(who, year, line), today(), late=late)
    }
    statement = select(PlanTask).where(col(PlanTask.id).in_(list(pairs)))
    if q:
        found = (col(PlanTask.title), col(PlanTask.owner))
        statement = statement.where(or_(*(column.icontains(q, autoescape=True) for column in found)))
    page = paginate(s, statement, paging, _KEYS)
    items = list(reading.rows(s, [pairs[task.id] for task in page["items"]]))
    return Page[TaskRead](items=items, next=page["next"], total=page["total"])


@router.get("/tasks/export", response_class=Response)
def export_plan_tasks(
    s: SessionDep,
    who: ActivitiesRead,
    request: Request,
    q: Annotated[Search, Query(description="words of the task or its owner")] = "",
    year: YearQuery = None,
    line: LineQuery = "",
    late: LateQuery = False,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    pairs = reading.chosen(s, _wanted(who, year, line), today(), late=late)
    kept = words()["kept_words"]
    listed = [t for t in reading.rows(s, pairs) if q in t.title or q in t.owner]
    rows = [
        [t.year, t.line_name, t.title, t.owner, t.weight, t.promised_on, t.due_on, t.done_on, t.progress, kept[t.kept],
         t.overdue_days or None, t.dropped_on, t.dropped_reason]
        for t in listed
    ]  # fmt: skip
    columns = [
        _("年度"), _("条线"), _("任务"), _("责任人"), _("权重"), _("最初承诺"), _("现在的期限"), _("完成"),
        _("进度（%%)") % (), _("结果"), _("逾期天数"), _("取消日期"), _("取消原因"),
    ]  # fmt: skip
    answer = table_response(format, _("计划任务"), columns, rows)
    note_export(database(request), who, "plan_task", who.community_id, format, request.query_params.keys())
    return answer


def _plan(view: View) -> PlanDetail:
    return reading.detail(view.s, service.find(view.s, view.who, view.param("plan_id")), today())


def _task_form(view: View) -> dict[str, Any]:
    plan = service.find(view.s, view.who, view.param("plan_id"))
    return {**words(view), "owners": service.owners(view.s, plan.community_id)}


@router.get("/{plan_id}/tasks/new")
@html("plans/task_form.html", extra=_task_form)
def show_plan_task_form(s: SessionDep, who: PlansWrite, plan_id: UUID) -> PlanDetail:
    """The form for a new task."""
    return reading.detail(s, service.find(s, who, plan_id), today())


@router.post("/{plan_id}/tasks", status_code=201)
@html(
    form="plans/task_form.html",
    extra=_task_form,
    current=_plan,
    then=lambda _data, request: f"/plans/{request.path_params['plan_id']}",
    done=N_("任务已写入计划。"),
)
def create_plan_task(
    s: SessionDep,
    who: PlansWrite,
    plan_id: UUID,
    data: TaskCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> TaskDetail:
    """Promises a task by a day of the plan's year."""
    task = service.add_task(s, who, plan_id, data, now())
    response.headers["Location"] = f"/plans/tasks/{task.id}"
    return _detail(s, who, task)


def _detail(s: Session, who: Principal, task: PlanTask) -> TaskDetail:
    return reading.task_detail(s, service.find(s, who, task.plan_id), task, today())


def _current(view: View) -> TaskDetail:
    plan, task = service.find_task(view.s, view.who, view.param("task_id"))
    return reading.task_detail(view.s, plan, task, today())


def _task_extra(view: View) -> dict[str, Any]:
    """What the reader may do with the task."""
    plan, task = service.find_task(view.s, view.who, view.param("task_id"))
    own = view.who.community_id == plan.community_id and task.dropped_on is None
    return {
        **words(view),
        "reports": own and view.who.may("plans:report"),
        "writes": own and view.who.may("plans:write"),
        "owners": service.owners(view.s, plan.community_id),
    }


def _here(_data: Any, request: Request) -> str:
    return f"/plans/tasks/{request.path_params['task_id']}"


@router.get("/tasks/{task_id}")
@html("plans/task.html", extra=_task_extra)
def read_plan_task(s: SessionDep, who: ActivitiesRead, task_id: UUID) -> TaskDetail:
    """One task: what was promised, what happened, and the activities that count for it."""
    plan, task = service.find_task(s, who, task_id)
    return reading.task_detail(s, plan, task, today())


@router.patch("/tasks/{task_id}")
@html(form="plans/task.html", extra=_task_extra, current=_current, then=_here, done=N_("已保存。"))
def update_plan_task(s: SessionDep, who: PlansWrite, task_id: UUID, data: TaskUpdate, if_match: IfMatch) -> TaskDetail:
    """Changes a task; its day and weight only until the plan is published."""
    return _detail(s, who, service.update_task(s, who, task_id, data, if_match))


@router.post("/tasks/{task_id}/progress")
@html(form="plans/task.html", extra=_task_extra, current=_current, then=_here, done=N_("进度已登记。"))
def report_plan_task(s: SessionDep, who: PlansReport, task_id: UUID, data: TaskReport) -> TaskDetail:
    """Says how far a task is; at 100 per cent it is done."""
    return _detail(s, who, service.report(s, who, task_id, data, now()))


@router.post("/tasks/{task_id}/delays")
@html(
    form="plans/task.html", extra=_task_extra, current=_current, then=_here, done=N_("延期已登记，原来的承诺仍然保留。")
)
def delay_plan_task(s: SessionDep, who: PlansReport, task_id: UUID, data: TaskDelay) -> TaskDetail:
    """Names a later day with its reason; the first promise stays and decides whether the task was on time."""
    return _detail(s, who, service.delay(s, who, task_id, data, now()))


@router.post("/tasks/{task_id}/drop")
@html(form="plans/task.html", extra=_task_extra, current=_current, then=_here, done=N_("任务已取消，原因会一直公开。"))
def drop_plan_task(s: SessionDep, who: PlansWrite, task_id: UUID, data: TaskDrop) -> TaskDetail:
    """Ends a task that will not be done; it stays in the plan with its reason."""
    return _detail(s, who, service.drop(s, who, task_id, data, now()))
