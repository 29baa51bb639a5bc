"""The list of projects: its filters, one page of it, and all of it as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, or_
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.i18n import gettext as _
from app.core.money import shown
from app.core.pagination import Paging, paginate
from app.core.schemas import Search
from app.households.scope import Choice
from app.projects import ledger, reading, states
from app.projects.models import Project, State
from app.projects.schemas import ProjectRead

_AT_ONCE = 200
KEYS: list[Any] = [(col(Project.number), str), (col(Project.id), UUID)]


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to."""

    q: str = ""
    state: State | None = None
    community_id: UUID | None = None


async def _filters(
    q: Annotated[Search, Query(description="number, or words of the title, the owner or the contractor")] = "",
    state: Annotated[Choice[State], Query()] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> Filters:
    return Filters(q, state, community_id)


FiltersDep = Annotated[Filters, Depends(_filters)]


def _statement(who: Principal, filters: Filters) -> Select[Project]:
    statement = ledger.visible(who)
    if filters.q:
        columns = (Project.number, Project.title, Project.owner, Project.contractor)
        statement = statement.where(or_(*(col(column).icontains(filters.q, autoescape=True) for column in columns)))
    if filters.state is not None:
        statement = statement.where(col(Project.state) == filters.state)
    if filters.community_id is not None:
        statement = statement.where(col(Project.community_id) == filters.community_id)
    return statement


def page(s: Session, who: Principal, filters: Filters, paging: Paging, day: date) -> dict[str, Any]:
    """Projects, the newest number first."""
    found = paginate(s, _statement(who, filters), paging, KEYS, descending=True)
    return {**found, "items": reading.briefs(s, found["items"], day)}


def columns() -> list[str]:
    return [
        _("编号"), _("项目"), _("状态"), _("责任人"), _("承诺完成"), _("现在的期限"), _("验收日期"),
        _("进度"), _("按期节点"), _("到期节点"), _("逾期节点"), _("预算（元）"), _("费用（元）"),
    ]  # fmt: skip


def rows(s: Session, who: Principal, filters: Filters, day: date) -> Iterator[Sequence[Any]]:
    projects = s.scalars(_statement(who, filters).order_by(col(Project.number).desc(), col(Project.id).desc())).all()
    for at in range(0, len(projects), _AT_ONCE):
        for p in reading.briefs(s, projects[at : at + _AT_ONCE], day):
            yield _row(p)


def _row(p: ProjectRead) -> list[Any]:
    share = p.progress.share
    return [
        p.number, p.title, states.label(p.state), p.owner, p.promised_on, p.due_on, p.accepted_on,
        "" if share is None else f"{share:.1%}", p.on_time.numerator, p.on_time.denominator, p.overdue,
        shown(p.budget_fen), shown(p.cost_fen),
    ]  # fmt: skip
