"""Promises as a list: every milestone whose day has come, those that were kept, those that were not, those overdue.

The conditions say in SQL what `core.promises.kept` says of one milestone; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlmodel import Session, col

from app.core.i18n import gettext as _
from app.core.pagination import Paging, paginate
from app.core.promises import Ratio
from app.projects import reading, states
from app.projects.models import Milestone, Project
from app.projects.schemas import PromiseRead
from app.projects.words import KEPT


class Which(StrEnum):
    """A choice of promises; `due` are on_time and broken together."""

    due = "due"
    on_time = "on_time"
    broken = "broken"
    overdue = "overdue"


def _on_time(day: date) -> ColumnElement[bool]:
    return and_(col(Milestone.promised_on) <= day, col(Milestone.done_on) <= col(Milestone.promised_on))


def _due(day: date) -> ColumnElement[bool]:
    stood = or_(col(Project.stopped_on).is_(None), col(Project.stopped_on) >= col(Milestone.promised_on))
    return or_(_on_time(day), and_(col(Milestone.promised_on) < day, stood))


def _overdue(day: date) -> ColumnElement[bool]:
    return and_(
        col(Milestone.due_on) < day, col(Milestone.done_on).is_(None), col(Project.state).in_(sorted(states.OPEN))
    )


def _that(which: Which, day: date) -> ColumnElement[bool]:
    if which is Which.on_time:
        return _on_time(day)
    if which is Which.broken:
        return and_(_due(day), or_(col(Milestone.done_on).is_(None), not_(_on_time(day))))
    return _due(day) if which is Which.due else _overdue(day)


def _chosen(scope: ColumnElement[bool], which: Which, day: date) -> Select[Any]:
    joined: Any = select(Milestone, Project).join(Project, col(Project.id) == col(Milestone.project_id))
    chosen: Select[Any] = joined.where(scope, _that(which, day))
    return chosen


def count(s: Session, scope: ColumnElement[bool], which: Which, day: date) -> int:
    """`scope` says of which projects."""
    return s.scalar(select(func.count()).select_from(_chosen(scope, which, day).subquery())) or 0


def on_time(s: Session, scope: ColumnElement[bool], day: date) -> Ratio:
    return Ratio(count(s, scope, Which.on_time, day), count(s, scope, Which.due, day))


def _read(step: Milestone, project: Project, day: date) -> PromiseRead:
    return PromiseRead(
        **step.model_dump(include={"id", "project_id", "title", "promised_on", "due_on", "done_on"}),
        project_number=project.number,
        project_title=project.title,
        owner=project.owner,
        kept=reading.kept(project, step, day),
        overdue_days=reading.overdue_days(project, step, day),
    )


def page(s: Session, scope: ColumnElement[bool], which: Which, day: date, paging: Paging) -> dict[str, Any]:
    """One page, the oldest promise first."""
    keys: list[Any] = [(col(Milestone.promised_on), date), (col(Milestone.id), UUID)]
    found = paginate(
        s,
        _chosen(scope, which, day),
        paging,
        keys,
        scalars=False,
        key_of=lambda row: [row[0].promised_on, row[0].id],
    )
    return {**found, "items": [_read(step, project, day) for step, project in found["items"]]}


def first(s: Session, scope: ColumnElement[bool], which: Which, day: date, most: int) -> list[PromiseRead]:
    wanted = _chosen(scope, which, day).order_by(col(Milestone.due_on), col(Milestone.id)).limit(most)
    return [_read(step, project, day) for step, project in s.execute(wanted)]


def columns() -> list[str]:
    return [
        _("项目编号"),
        _("项目"),
        _("责任人"),
        _("节点"),
        _("承诺日期"),
        _("现在的期限"),
        _("完成日期"),
        _("结果"),
        _("逾期天数"),
    ]


def rows(s: Session, scope: ColumnElement[bool], which: Which, day: date) -> Iterator[Sequence[Any]]:
    order = (col(Milestone.promised_on), col(Milestone.id))
    for step, project in s.execute(_chosen(scope, which, day).order_by(*order)):
        p = _read(step, project, day)
        yield [
            p.project_number, p.project_title, p.owner, p.title, p.promised_on, p.due_on, p.done_on,
            _(KEPT[p.kept]), p.overdue_days or None,
        ]  # fmt: skip
