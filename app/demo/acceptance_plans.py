"""The year plans of the acceptance data: one published (a task by hand, one counted, one delayed), one a draft."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.activities.models import Kind
from app.activities.plans import service
from app.activities.plans.models import PlanTask, YearPlan
from app.activities.plans.schemas import PlanCreate, TaskCreate, TaskDelay, TaskReport
from app.core.clock import now, today
from app.demo.acceptance_place import Place


def add_plans(s: Session, place: Place, director: User) -> None:
    who, at, year = principal_for(s, director), now(), today().year
    plan = service.create(s, who, PlanCreate(year=year, line="party", text="抓学习，办实事。"), at)
    due = date(year, 12, 31)
    named = service.add_task(s, who, plan.id, TaskCreate(title="慰问困难家庭", owner="王主任", promised_on=due), at)
    counted = TaskCreate(title="党课四次", owner="王主任", promised_on=due, target=4, target_kind=Kind.party_lecture)
    service.add_task(s, who, plan.id, counted, at)
    early = TaskCreate(title="整理党员档案", owner="王主任", promised_on=date(year, 1, 15), weight=3)
    late = service.add_task(s, who, plan.id, early, at)
    service.report(s, who, named.id, TaskReport(progress=40, text="走访八户"), at)
    service.delay(s, who, late.id, TaskDelay(new_due_on=due, reason="档案室搬迁"), at)
    service.publish(s, who, plan.id, at)
    service.create(s, who, PlanCreate(year=year, line="women"), at)


def _plan(s: Session, place: Place) -> YearPlan:
    wanted = select(YearPlan).where(
        col(YearPlan.community_id) == place.community.id, col(YearPlan.published_on).is_not(None)
    )
    return s.exec(wanted).one()


def _task(s: Session, place: Place) -> Any:
    wanted = select(PlanTask).where(col(PlanTask.plan_id) == _plan(s, place).id).order_by(col(PlanTask.position))
    found = s.exec(wanted).first()
    return found and found.id


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "plan_id": lambda s, p: _plan(s, p).id,
    "task_id": _task,
    "year": lambda _s, _p: today().year,
}
